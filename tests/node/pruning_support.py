"""What a pruned database must hold, worked out the slow way, and chains that it is checked on."""

from collections import Counter
from typing import Any

from node.chain import Chain
from node.store.blocks import BlockStore
from node.store.columns import COUNT, DROPPED, NODE, STATE_CHANGE
from node.store.db import LevelDatabase, MemoryDatabase
from node.store.pruning import PruningChoice
from runtime.state.trie import EMPTY_ROOT, Trie
from runtime.state.trie_node import Branch, ValueHash, decode_node, is_hash_ref
from tests.node.support import Made, make_block, open_chain


def occurrences(db: MemoryDatabase | LevelDatabase, root: bytes) -> Counter[bytes]:
    """Walk a whole state; every node of it must be there."""
    found: Counter[bytes] = Counter()
    todo = [b"\x80" + root] if root != EMPTY_ROOT else []
    while todo:
        ref = todo.pop()
        raw: bytes | None = ref[1:]
        if is_hash_ref(ref):
            found[ref[1:]] += 1
            raw = db.get(NODE + ref[1:])
        assert raw is not None
        node = decode_node(raw)
        if isinstance(node.value, ValueHash):
            assert db.get(NODE + node.value.hash) is not None
            found[node.value.hash] += 1
        if isinstance(node, Branch):
            todo.extend(ref for ref in node.refs if ref)
    return found


def kept_blocks(blocks: BlockStore) -> list[bytes]:
    """Return the blocks whose states a pruned database keeps, by what it says of itself."""
    final = range(blocks.keeper.oldest, blocks.finalized.number + 1)
    hashes = [blocks.hash_at(number) for number in final]
    return [*filter(None, hashes), *(entry.hash for entry in blocks.open_blocks())]


def assert_exact(db: MemoryDatabase | LevelDatabase, blocks: BlockStore) -> None:
    """Check that the database holds what the kept states reach, counted as the module says.

    Nothing may be held.
    """
    reached: dict[bytes, Counter[bytes]] = {}
    for block_hash in kept_blocks(blocks):
        reached[block_hash] = occurrences(db, blocks.known_header(block_hash).state_root)
    first, *later = kept_blocks(blocks)
    counts = Counter(reached[first])
    for block_hash in later:
        parent = blocks.known_header(block_hash).parent_hash
        counts += reached[block_hash] - reached[parent]
    stored = {key[len(NODE) :] for key, _ in db.iterate(NODE)}
    written = {key[len(COUNT) :]: int.from_bytes(raw, "big") for key, raw in db.iterate(COUNT)}
    assert stored == set(counts)
    assert written == {digest: count for digest, count in counts.items() if count > 1}
    assert {key[len(STATE_CHANGE) :][:32] for key, _ in db.iterate(STATE_CHANGE)} <= set(later)
    assert list(db.iterate(DROPPED)) == []


def contents(state: Trie) -> dict[bytes, bytes]:
    return {key: state.get(key) for key in state.keys(b"")}  # type: ignore[misc]


def grown(db: Any, choice: PruningChoice, length: int) -> tuple[Chain, list[Made]]:
    chain, genesis = open_chain(db, choice)
    made = [genesis]
    for i in range(length):
        block = make_block(made[-1], changes={b"key": b"%d" % i * 40, b"other": b"%d" % i})
        chain.import_block(block.ready(), block.state)
        chain.finalize(block.hash)
        made.append(block)
    return chain, made
