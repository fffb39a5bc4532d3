"""A chain that begins in the place of another chain's block: stored, pruned, checked and proven."""

from io import BytesIO
from typing import Any

import pytest

from consensus.fork_choice import genesis_record
from consensus.import_queue import load_tree
from genesis.build import GenesisBlock
from node.assembly import Ground, ground_on
from node.backend.finality import GrandpaFinality
from node.block_file import Contents, read_blocks, read_contents, write_blocks
from node.explorer.decoding import Decoder
from node.explorer.index import Index
from node.explorer.search import SearchNamespace
from node.importing import ChainStore, Epochs
from node.offline import import_blocks
from node.rpc.addresses import Addresses
from node.rpc.chain import ChainNamespace
from node.rpc.values import Height, Heights, to_hex
from node.store.db import MemoryDatabase
from node.store.fast import FastStore
from node.store.pruning import ARCHIVE, Keep, PruningChoice
from runtime.forked_state import Heirs, forked_storage
from runtime.genesis_state import genesis_state
from runtime.pallets.session import SessionKeys
from runtime.primitives.block import Block
from runtime.primitives.types import UNIT
from runtime.validity import InvalidTransaction
from tests.node.pruning_support import assert_exact
from tests.support.chain import SLOT_MILLISECONDS
from tests.support.grown import GrownChain, key

OTHERS_BLOCKS, OWN_BLOCKS, WINDOW = 33, 24, 8
HEIRS = [key(200), key(201)]
NO_HEADS: Any = None
"""What is asked here needs no news."""
AT_SLOT = 10**6


class Fork(GrownChain):
    """A fork of a grown chain at its head, which grows by keys of its own."""

    def __init__(self, other: GrownChain, keep: Keep = ARCHIVE) -> None:
        super().__init__()
        names = tuple(one.public for one in HEIRS)
        heirs = Heirs(
            validators=tuple((one, SessionKeys(one, one, one)) for one in names),
            bond=UNIT,
            agpu=tuple((one, 10 * UNIT) for one in names),
            amax=(),
            slot=AT_SLOT,
            slot_milliseconds=SLOT_MILLISECONDS,
        )
        head = other.head
        storage = forked_storage(other.chain.state_at(head.hash), head.number, heirs)
        first, state = genesis_state(storage, head.number, head.parent_hash)
        self.first = GenesisBlock(first, storage, state)
        self.database, self.pruning = MemoryDatabase(), PruningChoice(keep)
        self.ground = self.open(self.database)
        self.genesis, self.record, self.slot = first, genesis_record(first), AT_SLOT + 1
        self.keys = {one.public: one for one in HEIRS}
        self.epochs = Epochs(self.ground.executive, self.ground.chain)

    def open(self, database: MemoryDatabase) -> Ground:
        """Return what a node of the fork stands on."""
        _, state = genesis_state(
            self.first.storage, self.first.header.number, self.first.header.parent_hash
        )
        return ground_on(
            database, Block(self.first.header, ()), state.take_nodes, pruning=self.pruning
        )


@pytest.fixture(scope="module")
def other() -> GrownChain:
    chain = GrownChain()
    chain.pass_blocks(OTHERS_BLOCKS)
    return chain


def file_of(fork: Fork) -> BytesIO:
    out = BytesIO()
    contents = Contents(
        fork.chain.genesis_hash, OTHERS_BLOCKS + 1, fork.head.number - OTHERS_BLOCKS
    )
    write_blocks(fork.chain, contents, out, lambda _: None)
    return BytesIO(out.getvalue())


def test_a_node_with_an_empty_database_checks_and_takes_every_block_of_a_fork(
    other: GrownChain,
) -> None:
    fork = Fork(other)
    fork.pass_blocks(OWN_BLOCKS)
    ground, file = fork.open(MemoryDatabase()), file_of(fork)
    added = import_blocks(ground, read_blocks(file, read_contents(file)), lambda _: None)
    assert (added.new, added.known) == (OWN_BLOCKS, 0)
    assert ground.chain.best == ground.chain.finalized == fork.head
    assert fork.head.number == OTHERS_BLOCKS + OWN_BLOCKS


def test_the_two_chains_are_different_ones_to_each_other(other: GrownChain) -> None:
    fork = Fork(other)
    assert fork.genesis.hash not in (other.genesis.hash, other.head.hash)
    assert (fork.genesis.number, fork.genesis.parent_hash) == (
        other.head.number,
        other.head.parent_hash,
    )
    transfer = other.transfers(1)[0]
    with pytest.raises(InvalidTransaction, match="bad signature"):
        fork.grow(transfer)


def test_a_fork_is_opened_again_where_it_stood(other: GrownChain) -> None:
    fork = Fork(other)
    fork.pass_blocks(3)
    again = fork.open(fork.database)
    assert (again.chain.best, again.chain.genesis_hash) == (fork.head, fork.genesis.hash)


def test_states_of_a_fork_are_pruned_from_its_first_block_on(other: GrownChain) -> None:
    fork = Fork(other, keep=WINDOW)
    assert_exact(fork.database, fork.chain.blocks)
    fork.pass_blocks(OWN_BLOCKS)
    while fork.chain.blocks.prune_states():
        pass
    assert fork.chain.blocks.keeper.oldest == fork.head.number - WINDOW + 1
    assert not fork.chain.has_state(fork.genesis.hash)
    assert_exact(fork.database, fork.chain.blocks)


def test_an_archive_says_that_its_states_begin_with_the_first_block(other: GrownChain) -> None:
    fork = Fork(other)
    assert fork.open(fork.database).chain.blocks.keeper.oldest == OTHERS_BLOCKS


def test_the_first_block_is_known_by_having_no_slot(other: GrownChain) -> None:
    fork = Fork(other)
    assert load_tree(ChainStore(fork.chain)).root.is_first
    fork.grow(finalize=True)
    assert not load_tree(ChainStore(fork.chain)).root.is_first


def test_nothing_before_the_first_block_is_proven_final(other: GrownChain) -> None:
    fork = Fork(other)
    fork.pass_blocks(2)
    finality = GrandpaFinality(fork.chain)
    assert finality.finality_proof(OTHERS_BLOCKS - 1) is None
    assert finality.finality_proof(OTHERS_BLOCKS) is not None


def test_a_fork_is_synchronised_block_by_block(other: GrownChain) -> None:
    """Fast sync walks headers from number 0 on: it stays out of the way."""
    fork = Fork(other)
    assert FastStore(fork.database, fork.chain.blocks).has_jumped


def test_clients_find_the_name_of_the_chain_under_number_zero(other: GrownChain) -> None:
    fork = Fork(other)
    fork.grow()
    rpc = ChainNamespace(fork.chain, fork.chain.blocks, NO_HEADS)
    asked = (0, 1, OTHERS_BLOCKS, OTHERS_BLOCKS + 1)
    first, head = to_hex(fork.genesis.hash), to_hex(fork.head.hash)
    found = rpc.get_block_hash(Heights(tuple(map(Height, asked)), is_list=True))
    assert found == [first, None, first, head]


def test_a_search_finds_no_block_below_the_first(other: GrownChain) -> None:
    """What is numbered lower is of the chain that this one was forked from."""
    fork = Fork(other)
    ground = fork.ground
    decoder = Decoder(ground.executive, ground.chain)
    search = SearchNamespace(decoder, Index(fork.database), Addresses(42))
    first = fork.first.header.number
    for number in (first - 1, first):
        answer = search.search(str(number))
        found = [one.id for one in answer.found if one.kind == "block"]
        outcome = answer.tried[0].outcome
        assert (found, outcome) == (
            ([str(number)], "found")
            if number == first
            else ([], f"none: this chain begins with block #{first}")
        )
