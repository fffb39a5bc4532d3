"""Parts of a state as they travel: subtrees, node by node, each named by a node above it.

A part is the nodes below some hashes in the order of a walk: a node, its value where that is kept
apart, its children from left to right. So each item must hash to what the walk comes to next, and a
part proves itself: what is under the state root of a header is that header's state. A part may end
early; what the walk would have come to is asked for later, of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runtime.primitives.hashing import blake2_256
from runtime.state.proof import BadProof
from runtime.state.trie import Fetch
from runtime.state.trie_node import (
    Branch,
    CorruptNode,
    Leaf,
    Node,
    ValueHash,
    decode_node,
    is_hash_ref,
)


class IncompletePart(BadProof):
    """A part that ends between a node and its value."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a state that was checked."""

    nodes: tuple[tuple[bytes, bytes], ...]
    """Hash and bytes of nodes and of values that are kept apart; one may occur several times."""
    rest: tuple[bytes, ...]
    """The hashes of the nodes that the walk would have come to next, in its order."""


def walk(fetch: Fetch, roots: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield each node below `roots`, and with it its value where that is kept apart.

    Ends at the first that `fetch` does not have. Raises: CorruptNode: the database is at fault.
    """
    ahead = list(reversed(roots))
    while ahead:
        raw = fetch(ahead.pop())
        if raw is None:
            return
        node = decode_node(raw)
        if not isinstance(node.value, ValueHash):
            yield (raw,)
        else:
            value = fetch(node.value.hash)
            if value is None:
                return
            yield raw, value
        ahead.extend(_children(node))


def check_part(roots: Sequence[bytes], items: Sequence[bytes]) -> Part:
    """Check what came in answer to a question for the subtrees below `roots`.

    Raises: BadProof.
    """
    ahead = list(reversed(roots))
    value: bytes | None = None
    nodes: list[tuple[bytes, bytes]] = []
    for position, raw in enumerate(items):
        if value is None and not ahead:
            raise BadProof(f"wanted {position} nodes below these roots, got {len(items)}")
        wanted = ahead.pop() if value is None else value
        digest = blake2_256(raw)
        if digest != wanted:
            raise BadProof(f"wanted {wanted.hex()} as item {position}, got {digest.hex()}")
        nodes.append((digest, raw))
        if value is not None:
            value = None
            continue
        node = _decoded(raw)
        ahead.extend(_children(node))
        value = node.value.hash if isinstance(node.value, ValueHash) else None
    if value is not None:
        raise IncompletePart(f"wanted the value {value.hex()} after its node, got nothing")
    return Part(tuple(nodes), tuple(reversed(ahead)))


def _decoded(raw: bytes) -> Node:
    try:
        return decode_node(raw)
    except CorruptNode as error:
        raise BadProof(str(error)) from error


def _children(node: Node) -> list[bytes]:
    """Return the hashes of a node's children, the last one first.

    A child that is encoded in its parent is too short to refer to another by hash.
    """
    if isinstance(node, Leaf):
        return []
    assert isinstance(node, Branch)
    return [ref[1:] for ref in reversed(node.refs) if is_hash_ref(ref)]
