"""Small chains, keys and trees for the consensus tests."""

from collections.abc import Iterable
from dataclasses import dataclass

from consensus.finality.tally import VoterSet
from consensus.finality.vote import Message, SignedMessage, signing_payload
from consensus.fork_choice import Record
from consensus.fork_tree import ForkTree, Node
from consensus.slots import Authority, Epoch
from runtime.primitives import vrf
from runtime.primitives.block import Header, Other
from runtime.primitives.crypto import KeyKind, pair_from_seed

ZERO = bytes(32)
GENESIS = Header(ZERO, 0, ZERO, ZERO, ())


@dataclass(frozen=True)
class Key:
    """An authority's key in memory."""

    seed: bytes

    @property
    def public(self) -> bytes:
        return pair_from_seed(KeyKind.ED25519, self.seed).public

    def sign(self, message: bytes) -> bytes:
        return pair_from_seed(KeyKind.ED25519, self.seed).sign(message)

    def prove(self, alpha: bytes) -> bytes:
        return vrf.prove(self.seed, alpha)


KEYS = tuple(Key(bytes([index + 1]) * 32) for index in range(4))


def epoch_of(*weights: int, index: int = 0, randomness: bytes = ZERO) -> Epoch:
    authorities = zip(KEYS, weights, strict=False)
    return Epoch(
        index, 0, randomness, tuple(Authority(key.public, weight) for key, weight in authorities)
    )


def voters(count: int = 4, set_id: int = 0) -> VoterSet:
    return VoterSet(set_id, tuple((key.public, 1) for key in KEYS[:count]))


def genesis_node() -> Node:
    return Node(GENESIS, Record(0, 0, 0, GENESIS.hash), 0)


def child(parent: Node, name: str = "", primary: bool = False, work: int = 0) -> Node:
    header = Header(parent.hash, parent.number + 1, ZERO, ZERO, (Other(name.encode()),))
    record = Record(
        parent.record.primaries + primary, parent.record.work + work, header.number, header.hash
    )
    return Node(header, record, parent.slot + 1)


def tree_of(*branches: str) -> tuple[ForkTree, dict[str, Node]]:
    """Build a tree: `abc` is the chain a, ab, abc; branches share their common prefixes."""
    tree = ForkTree(genesis_node())
    nodes = {"": tree.root}
    for branch in branches:
        for length in range(1, len(branch) + 1):
            name = branch[:length]
            if name not in nodes:
                nodes[name] = child(nodes[name[:-1]], name)
                tree.insert(nodes[name])
    return tree, nodes


def signed(key: Key, message: Message, round_number: int = 1, set_id: int = 0) -> SignedMessage:
    signature = key.sign(signing_payload(message, round_number, set_id))
    return SignedMessage(message, signature, key.public)


def names(nodes: Iterable[Node], known: dict[str, Node]) -> list[str]:
    by_hash = {node.hash: name for name, node in known.items()}
    return [by_hash[node.hash] for node in nodes]
