"""Pruned bodies: what is kept is whole, what is not is gone with all that belongs to it."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.block_file import BadBlockFile, Contents, write_blocks
from node.chain import Chain
from node.explorer.blocks import BlocksNamespace
from node.explorer.decoding import Decoder
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.explorer.search import SearchNamespace
from node.offline import check_block
from node.rpc.addresses import Addresses
from node.rpc.errors import RpcError
from node.store import bodies
from node.store.columns import BODIES_KEY
from node.store.db import Batch, Database, DatabaseCorrupt, LevelDatabase, MemoryDatabase
from node.store.index import ExtrinsicIndex
from node.store.pruning import ARCHIVE, FINAL_ONLY, PruningChoice, PruningMismatch
from runtime.primitives.hashing import blake2_256
from tests.node.support import Made, make_block, open_chain
from tests.support.grown import GrownChain

KEPT = 4


def keeping(kept: int | str | None) -> PruningChoice:
    return PruningChoice(bodies=kept)  # type: ignore[arg-type]


def extrinsic(number: int) -> bytes:
    return b"extrinsic %d" % number


def grown(chain: Chain, tip: Made, count: int) -> list[Made]:
    """Add final blocks, each with an extrinsic, the proof of an opening and one of finality."""
    made = [tip]
    for _ in range(count):
        block = make_block(made[-1], (extrinsic(made[-1].header.number + 1),))
        chain.import_block(block.ready(proofs=(b"proof",)), block.state)
        chain.finalize(block.hash, b"justification")
        made.append(block)
    return made


def numbers_with_body(chain: Chain) -> list[int]:
    hashes = (chain.hash_at(number) for number in range(chain.best.number + 1))
    return [n for n, one in enumerate(hashes) if one is not None and chain.body(one) is not None]


def test_the_last_final_bodies_stay_and_older_ones_go_with_all_that_belongs_to_them(
    tmp_path: Path,
) -> None:
    db = LevelDatabase(tmp_path / "db")
    chain, genesis = open_chain(db, keeping(KEPT))
    made = grown(chain, genesis, 10)
    ahead = make_block(made[-1], (extrinsic(11),))
    chain.import_block(ahead.ready(), ahead.state)
    db.close()
    again = LevelDatabase(tmp_path / "db")
    chain, _ = open_chain(again)
    assert numbers_with_body(chain) == [0, 7, 8, 9, 10, 11]
    assert (chain.blocks.bodies.keep, chain.blocks.bodies.oldest) == (KEPT, 7)
    index = ExtrinsicIndex(again, chain.blocks)
    for block in made[1:]:
        number, is_kept = block.header.number, block.header.number >= 7
        assert chain.header(block.hash) == block.header
        assert chain.blocks.justification(block.hash) == b"justification"
        assert chain.blocks.weight(block.hash) is not None
        assert chain.blocks.proofs(block.hash) == ((b"proof",) if is_kept else ())
        assert (chain.blocks.block(block.hash) is not None) == is_kept
        digest = blake2_256(extrinsic(number))
        assert (index.locate(digest) is not None) == is_kept
        assert (list(again.iterate(b"x" + digest)) != []) == is_kept
    again.close()


@pytest.mark.parametrize(
    ("kept", "stays"), [(ARCHIVE, True), (FINAL_ONLY, False), (None, False), (2, False)]
)
def test_an_abandoned_fork_keeps_its_bodies_in_an_archive_alone(kept, stays: bool) -> None:
    chain, genesis = open_chain(pruning=keeping(kept))
    fork = make_block(genesis, (b"other",), fork=b"fork")
    chain.import_block(fork.ready(proofs=(b"proof",), is_best=False), fork.state)
    grown(chain, genesis, 1)
    assert chain.body(fork.hash) == ((b"other",) if stays else None)
    assert chain.blocks.proofs(fork.hash) == ((b"proof",) if stays else ())
    assert chain.blocks.weight(fork.hash) is None
    assert chain.blocks.open_blocks() == ()


def test_reverted_blocks_leave_no_bodies_in_an_archive_either() -> None:
    chain, genesis = open_chain(pruning=keeping(ARCHIVE))
    block = make_block(genesis, (b"other",))
    chain.import_block(block.ready(), block.state)
    chain.blocks.revert(1)
    assert chain.body(block.hash) is None


def test_another_number_may_be_asked_and_an_archive_may_begin_to_prune() -> None:
    db = MemoryDatabase()
    chain, genesis = open_chain(db)
    tip = grown(chain, genesis, 10)[-1]
    assert numbers_with_body(chain) == list(range(11))
    chain, _ = open_chain(db, keeping(6))
    tip = grown(chain, tip, 1)[-1]
    assert numbers_with_body(chain) == [0, *range(6, 12)]
    chain, _ = open_chain(db, keeping(8))
    assert chain.blocks.bodies.oldest == 6
    tip = grown(chain, tip, 3)[-1]
    assert numbers_with_body(chain) == [0, *range(7, 15)]
    chain, _ = open_chain(db)
    assert chain.blocks.bodies.keep == 8


@pytest.mark.parametrize("asked", [ARCHIVE, FINAL_ONLY])
def test_every_final_body_cannot_be_had_where_some_are_gone(asked) -> None:
    db = MemoryDatabase()
    chain, genesis = open_chain(db, keeping(KEPT))
    open_chain(db, keeping(asked))
    chain, _ = open_chain(db, keeping(KEPT))
    grown(chain, genesis, 10)
    with pytest.raises(PruningMismatch) as raised:
        open_chain(db, keeping(asked))
    assert str(raised.value) == (
        "the database has bodies from block 7 on: wanted --blocks-pruning 4 or another number, "
        f"got {asked}; run with that, or remove the database with `starminer chain purge` and "
        "synchronise again"
    )


def test_a_database_from_before_this_choice_keeps_every_final_body() -> None:
    db = MemoryDatabase()
    open_chain(db, keeping(KEPT))
    write(db, BODIES_KEY, None)
    assert open_chain(db)[0].blocks.bodies.keep == FINAL_ONLY


@pytest.mark.parametrize("kept", [b"", b"-1", b"0", b"everything"])
def test_a_damaged_record_of_what_is_kept_is_refused(kept: bytes) -> None:
    db = MemoryDatabase()
    open_chain(db)
    write(db, BODIES_KEY, kept)
    with pytest.raises(DatabaseCorrupt, match="wanted the kept bodies as a number, `archive` or"):
        open_chain(db)


def write(db: Database, key: bytes, value: bytes | None) -> None:
    batch = Batch()
    if value is None:
        batch.delete(key)
    else:
        batch.put(key, value)
    db.write(batch)


def test_no_step_is_long_however_much_is_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    db = MemoryDatabase()
    chain, genesis = open_chain(db)
    tip = grown(chain, genesis, 40)[-1]
    monkeypatch.setattr(bodies, "STEP_BLOCKS", 3)
    chain, _ = open_chain(db, keeping(1))
    assert chain.blocks.prune_bodies()
    assert chain.blocks.bodies.oldest == 4
    monkeypatch.setattr(bodies, "STEP_BYTES", len(extrinsic(4)) + 1)
    assert chain.blocks.prune_bodies()
    assert chain.blocks.bodies.oldest == 6
    grown(chain, tip, 20)
    while chain.blocks.prune_bodies():
        pass
    assert numbers_with_body(chain) == [0, 60]


def test_a_body_that_somebody_reads_stays_until_it_is_released() -> None:
    chain, genesis = open_chain(pruning=keeping(1))
    made = grown(chain, genesis, 3)
    chain.hold_state(made[3].hash)
    grown(chain, made[-1], 4)
    assert numbers_with_body(chain) == [0, 3, 4, 5, 6, 7]
    chain.release_state(made[3].hash)
    while chain.blocks.prune_bodies():
        pass
    assert numbers_with_body(chain) == [0, 7]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["import", "import", "finalize", "reopen", "revert"]), st.integers(0, 7)
    ),
    max_size=40,
)


@given(STEPS, st.sampled_from([1, 2, 3, ARCHIVE, FINAL_ONLY]))
@settings(max_examples=150, deadline=None)
def test_the_kept_bodies_are_there_and_no_others(steps, kept) -> None:
    db, made, abandoned = MemoryDatabase(), {}, set()
    chain, genesis = open_chain(db, keeping(kept))
    made[genesis.hash] = genesis
    for count, (action, pick) in enumerate(steps):
        blocks = chain.blocks
        choices = [blocks.finalized.hash, *(entry.hash for entry in blocks.open_blocks())]
        chosen = choices[pick % len(choices)]
        if action == "import":
            block = make_block(made[chosen], (extrinsic(count),), fork=b"%d" % count)
            chain.import_block(block.ready(is_best=pick % 3 == 0), block.state)
            made[block.hash] = block
        elif action == "finalize" and chosen != blocks.finalized.hash:
            abandoned.update(chain.finalize(chosen).stale)
        elif action == "reopen":
            chain, _ = open_chain(db)
        elif action == "revert":
            before = {entry.hash for entry in blocks.open_blocks()}
            blocks.revert(pick % 4)
            for gone in before - {entry.hash for entry in blocks.open_blocks()}:
                del made[gone]
                assert chain.body(gone) is None
    while chain.blocks.prune_bodies():
        pass
    final = chain.finalized.number
    oldest = final - kept + 1 if isinstance(kept, int) else 0
    for block_hash, block in made.items():
        number = block.header.number
        is_kept = number == 0 or number >= oldest
        if block_hash in abandoned:
            is_kept = kept == ARCHIVE
        assert chain.body(block_hash) == (block.block.extrinsics if is_kept else None)


GONE = (
    "this node no longer keeps the body of block 3: it has those from block 7 on, see "
    "--blocks-pruning"
)


@pytest.fixture(scope="module")
def world() -> GrownChain:
    """A chain of ten final blocks that keeps four bodies, and every state."""
    chain = GrownChain(pruning=keeping(KEPT))
    chain.pass_blocks(10)
    return chain


def contents_of(world: GrownChain, first: int) -> Contents:
    return Contents(world.chain.genesis_hash, first, 11 - first)


def test_commands_without_a_network_name_the_first_body_there_is(world: GrownChain) -> None:
    block_hash = world.chain.hash_at(3)
    assert block_hash is not None
    with pytest.raises(BadBlockFile) as raised:
        write_blocks(world.chain, contents_of(world, 3), io.BytesIO(), lambda _: None)
    assert str(raised.value) == GONE
    with pytest.raises(BadBlockFile) as raised:
        check_block(world.ground, world.chain.blocks.known_header(block_hash))
    assert str(raised.value) == GONE
    out = io.BytesIO()
    write_blocks(world.chain, contents_of(world, 7), out, lambda _: None)
    assert out.getvalue()


async def test_the_explorer_says_so_and_its_index_begins_where_bodies_do(
    world: GrownChain,
) -> None:
    decoder = Decoder(world.ground.executive, world.chain)
    index = Index(MemoryDatabase())
    pages = BlocksNamespace(decoder, index)
    for question in (lambda: pages.block("3"), lambda: pages.block_bytes("3")):
        with pytest.raises(RpcError, match="^" + GONE):
            question()
    assert pages.block("7").number == 7
    tried = SearchNamespace(decoder, index, Addresses(42)).search("3-0").tried
    assert [(one.what, one.outcome) for one in tried] == [
        ("extrinsic 3-0", f"none: {GONE}"),
        ("receipt 3-0", "none: not in the index"),
        ("event 3-0", f"none: {GONE}"),
    ]
    await Indexer(decoder, index).catch_up()
    assert index.tip is not None
    assert (index.tip.first, index.tip.number) == (7, 10)


async def test_an_index_that_was_overtaken_by_pruning_begins_again() -> None:
    world = GrownChain(pruning=keeping(KEPT))
    world.pass_blocks(2)
    index = Index(MemoryDatabase())
    indexer = Indexer(Decoder(world.ground.executive, world.chain), index)
    await indexer.catch_up()
    assert index.tip is not None
    assert index.tip.first == 0
    world.pass_blocks(10)
    await indexer.catch_up()
    assert (index.tip.first, index.tip.number) == (9, 12)
