"""Small chains for the node's tests: real headers, real tries, no execution."""

from dataclasses import dataclass
from pathlib import Path

from node.chain import Chain
from node.store.blocks import BlockImport, BlockStore
from node.store.db import Database, MemoryDatabase
from node.store.opening import AS_IT_IS, open_block_store
from node.store.pruning import PruningChoice
from node.store.states import StateStore
from runtime.primitives.block import Block, Header, Other
from runtime.state.trie import Trie
from runtime.state.trie_build import ordered_root

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Made:
    """A block with the state after it."""

    block: Block
    state: Trie

    @property
    def header(self) -> Header:
        return self.block.header

    @property
    def hash(self) -> bytes:
        return self.block.header.hash

    def ready(self, *, is_best: bool = True, weight: bytes = b"weight", **more) -> BlockImport:
        nodes = self.state.take_nodes()
        return BlockImport(self.block, more.pop("proofs", ()), nodes, weight, is_best, **more)


def make_genesis(fetch=lambda node_hash: None) -> Made:
    state = Trie(None, fetch).updated({b"genesis": b"state" * 10})
    header = Header(bytes(32), 0, state.root, ordered_root(()), ())
    return Made(Block(header, ()), state)


def make_block(
    parent: Made,
    extrinsics: tuple[bytes, ...] = (),
    *,
    fork: bytes = b"",
    changes: dict[bytes, bytes | None] | None = None,
) -> Made:
    number = parent.header.number + 1
    default: dict[bytes, bytes | None] = {b"number": b"%d" % number, b"fork" + fork: fork * 40}
    state = parent.state.updated(default if changes is None else changes)
    digest = (Other(fork),) if fork else ()
    root = ordered_root(extrinsics)
    header = Header(parent.hash, number, state.root, root, digest)
    return Made(Block(header, extrinsics), state)


def open_chain(db: Database | None = None, pruning: PruningChoice = AS_IT_IS) -> tuple[Chain, Made]:
    """Return a chain that stands at its genesis, and the genesis."""
    db = db or MemoryDatabase()
    states = StateStore(db)
    genesis = make_genesis(states.fetch)
    blocks = open_block_store(db, genesis.block, genesis.state.take_nodes, pruning)
    return Chain(blocks, states), genesis


def store_of(db: Database) -> tuple[BlockStore, Made]:
    chain, genesis = open_chain(db)
    return chain.blocks, genesis
