"""Read proofs: the trie nodes that show what a state root says of some keys, and their check.

A proof is a list of encoded nodes, and of values that are kept apart from their nodes, as in the
answer to `state_getReadProof`. It proves absence as well: its nodes then lead to where the key
would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.primitives.hashing import blake2_256
from runtime.state.trie import Fetch, MissingNode, Trie

MAX_PROOF_NODES = 65_536
"""A proof of many keys has a few nodes for each; more than this is an attack."""

MAX_PROOF_BYTES = 16 << 20
"""As large as the largest answer that nodes give each other."""


class BadProof(ValueError):
    """A read proof that proves nothing. What is wrong with a node is a `CorruptNode`."""


class IncompleteProof(BadProof):
    """A node on the way to the key is not in the proof."""


def read_proof(root: bytes, fetch: Fetch, keys: Iterable[bytes], version: int = 1) -> list[bytes]:
    """Return the nodes that prove what the trie under `root` has under `keys`, uppermost first.

    Raises: MissingNode, CorruptNode where the database is at fault.
    """
    seen: dict[bytes, bytes] = {}

    def fetch_and_note(digest: bytes) -> bytes | None:
        raw = fetch(digest)
        if raw is not None:
            seen[digest] = raw
        return raw

    trie = Trie(root, fetch_and_note, version)
    for key in keys:
        trie.get(key)
    return list(seen.values())


def verify_read(root: bytes, nodes: Sequence[bytes], key: bytes) -> bytes | None:
    """Return what the trie under `root` has under `key`, by the proof `nodes` alone.

    None is proven absence. Raises: BadProof, IncompleteProof, CorruptNode.
    """
    return verify_reads(root, nodes, [key])[key]


def verify_reads(
    root: bytes, nodes: Sequence[bytes], keys: Iterable[bytes]
) -> dict[bytes, bytes | None]:
    """Return what the trie under `root` has under each of `keys`, by the proof `nodes` alone.

    Raises: BadProof, IncompleteProof, CorruptNode.
    """
    trie = proven_trie(root, nodes)
    try:
        return {key: trie.get(key) for key in keys}
    except MissingNode as error:
        raise IncompleteProof(f"the proof lacks a node: {error}") from error


def proven_trie(root: bytes, nodes: Sequence[bytes]) -> Trie:
    """Return the part of the trie under `root` that `nodes` show; the rest raises MissingNode.

    Raises: BadProof where the proof is too large.
    """
    if len(nodes) > MAX_PROOF_NODES:
        raise BadProof(f"wanted at most {MAX_PROOF_NODES} nodes, got {len(nodes)}")
    size_bytes = sum(map(len, nodes))
    if size_bytes > MAX_PROOF_BYTES:
        raise BadProof(f"wanted at most {MAX_PROOF_BYTES} bytes of proof, got {size_bytes}")
    return Trie(root, {blake2_256(node): node for node in nodes}.get)
