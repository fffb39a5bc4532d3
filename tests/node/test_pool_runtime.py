"""The pool on the real runtime: validity, signatures in batches, and what import learns from it."""

import pytest

from node.chain import Chain
from node.pool import watch
from node.pool.maintenance import PoolMaintenance
from node.pool.pool import TransactionPool
from node.pool.rpc_adapter import RpcPool, rpc_status
from node.pool.runtime_adapter import RuntimeSignatures, RuntimeValidator
from node.pool.validity import RefusalKind, Refused, Source
from node.pool.verified import VerifiedCache
from node.rpc.backend import ExtrinsicStatus, SubmissionRefused
from node.store.blocks import BlockImport
from node.store.db import MemoryDatabase
from node.store.opening import open_block_store
from node.store.states import StateStore
from node.verifier.inline import InlineVerifier
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import IMMORTAL, Era, Extra, Id, encode_general
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from runtime.validity import Checked, Invalid
from tests.support.chain import MemoryChain


class Node:
    """The node's chain beside the maker's, and a pool on it."""

    def __init__(self):
        self.maker = MemoryChain()
        db = MemoryDatabase()
        states = StateStore(db)
        genesis = Block(self.maker.genesis, ())
        blocks = open_block_store(db, genesis, self.maker.state.take_nodes)
        self.chain = Chain(blocks, states)
        self.known: VerifiedCache[Checked] = VerifiedCache()
        executive = self.maker.executive
        validator = RuntimeValidator(executive, self.chain, self.known)
        self.verifier = CountingVerifier()
        signatures = RuntimeSignatures(executive, self.chain, self.known, self.verifier)
        self.pool = TransactionPool(validator, signatures, now=lambda: 0.0)

    def transfer(self, number: int, nonce: int, *, amount: int = UNIT, **how) -> bytes:
        sender, receiver = self.maker.pairs[number], self.maker.pairs[0]
        call = self.maker.call("Balances", "transfer_keep_alive", Id(receiver.public), amount)
        return self.maker.sign(sender, call, nonce, **how)

    async def import_block(self, *extrinsics: bytes) -> Block:
        block, executed = self.maker.build(extrinsics)
        self.maker.adopt(executed.header, executed.state)
        nodes = executed.state.take_nodes()
        self.chain.import_block(BlockImport(block, (), nodes, b"", True), executed.state)
        await self.pool.follow(block.header.number, [], block.extrinsics)
        return block


class CountingVerifier(InlineVerifier):
    """Remembers how many signatures it was asked for."""

    def __init__(self):
        self.batches = []

    async def verify(self, checks):
        self.batches.append(len(checks))
        return await super().verify(checks)


@pytest.fixture
def node():
    return Node()


def ready(node: Node) -> list[bytes]:
    return [entry.raw for entry in node.pool.ready()]


async def test_transfers_wait_for_their_turn_and_leave_with_their_block(node):
    first, second, other = node.transfer(1, 0), node.transfer(1, 1), node.transfer(2, 0, tip=5)
    await node.pool.submit_batch((second, first, other), Source.GOSSIP)
    assert ready(node) == [other, first, second]
    await node.import_block(first)
    assert ready(node) == [other, second]
    await node.import_block(other, second)
    assert ready(node) == []


async def test_signatures_of_a_batch_are_checked_in_one_go_and_remembered(node):
    raws = tuple(node.transfer(1, nonce) for nonce in range(5))
    await node.pool.submit_batch(raws, Source.GOSSIP)
    assert node.verifier.batches == [5]
    for raw in raws:
        checked = node.known.get(blake2_256(raw))
        assert checked is not None
        assert checked.extrinsic.raw == raw
    block, built = node.maker.build(raws)
    assert node.maker.execute(block, node.known).header == built.header


async def test_proofs_of_general_transactions_are_checked_in_the_same_go(node):
    sender, receiver = node.maker.pairs[1], node.maker.pairs[0]
    call = node.maker.call("Balances", "transfer_keep_alive", Id(receiver.public), UNIT)
    first, second = node.maker.sign(sender, call, 0), node.maker.prove(sender, call, 1)
    bad = bytearray(node.maker.prove(sender, call, 2))
    bad[10] ^= 1
    results = await node.pool.submit_batch((second, first, bytes(bad)), Source.GOSSIP)
    assert node.verifier.batches == [3]
    assert isinstance(results[2], Refused)
    assert results[2].invalid is Invalid.BAD_PROOF
    assert ready(node) == [first, second]
    assert rpc(node).next_nonce(sender.public) == 2
    block, built = node.maker.build(ready(node))
    assert node.maker.execute(block, node.known).header == built.header
    await node.import_block(first, second)
    assert ready(node) == []


async def test_a_proof_without_a_signature_is_refused_by_the_runtime(node):
    call = node.maker.call("System", "remark", b"anyone")
    raw = encode_general(call, Extra(IMMORTAL, 0, 0), 1)
    with pytest.raises(Refused) as caught:
        await node.pool.submit(raw)
    assert (caught.value.kind, caught.value.invalid) == (
        RefusalKind.INVALID,
        Invalid.UNKNOWN_ORIGIN,
    )


async def test_a_bad_signature_never_gets_to_the_runtime(node):
    good = node.transfer(1, 0)
    bad = good[:40] + bytes([good[40] ^ 1]) + good[41:]
    results = await node.pool.submit_batch((good, bad), Source.GOSSIP)
    assert results[0] == blake2_256(good)
    assert isinstance(results[1], Refused)
    assert results[1].invalid is Invalid.BAD_PROOF
    assert node.known.get(blake2_256(bad)) is None


@pytest.mark.parametrize(
    ("make", "invalid"),
    [
        (lambda node: b"", Invalid.CALL),
        (lambda node: b"garbage", Invalid.CALL),
        (lambda node: node.maker.timestamp(5), Invalid.CALL),
        (lambda node: node.transfer(1, 0) + b"\0", Invalid.CALL),
        (lambda node: node.transfer(1, 0, tip=10**30), Invalid.PAYMENT),
    ],
    ids=["nothing", "garbage", "an inherent", "a byte too many", "a tip beyond the balance"],
)
async def test_what_the_runtime_refuses_is_named(node, make, invalid):
    with pytest.raises(Refused) as caught:
        await node.pool.submit(make(node))
    assert (caught.value.kind, caught.value.invalid) == (RefusalKind.INVALID, invalid)


async def test_an_old_nonce_is_stale(node):
    first = node.transfer(1, 0)
    await node.import_block(first)
    with pytest.raises(Refused) as caught:
        await node.pool.submit(node.transfer(1, 0, amount=2 * UNIT))
    assert caught.value.invalid is Invalid.STALE


async def test_a_mortal_transfer_leaves_with_its_era(node):
    await node.import_block()
    mortal = node.transfer(1, 0, era=Era.mortal(4, 1))
    await node.pool.submit(mortal)
    for _ in range(3):
        assert ready(node) == [mortal]
        await node.import_block()
    await node.import_block()
    assert ready(node) == []


def rpc(node: Node) -> RpcPool:
    return RpcPool(node.pool, lambda account: node.maker.runtime().system.nonce(account))


async def test_over_rpc_an_extrinsic_is_watched_until_it_is_final(node):
    raw = node.transfer(1, 0)
    statuses = await rpc(node).submit_and_watch(raw)
    assert rpc(node).pending() == (raw,)
    maintenance = PoolMaintenance(node.pool, node.chain)
    block = await node.import_block(raw)
    await maintenance.follow_best()
    node.chain.finalize(block.header.hash)
    maintenance.follow_finalized()
    assert [status async for status in statuses] == [
        ExtrinsicStatus("ready"),
        ExtrinsicStatus("inBlock", block.header.hash, index=1),
        ExtrinsicStatus("finalized", block.header.hash, index=1),
    ]


@pytest.mark.parametrize(
    ("make", "kind", "detail"),
    [
        (lambda node: b"garbage", "bad_format", "wanted extrinsic version 4"),
        (
            lambda node: node.transfer(1, 0, tip=10**30),
            "invalid",
            "Inability to pay some fees (e.g. account balance too low)",
        ),
        (lambda node: node.transfer(2, 0), "already_imported", "already in the pool"),
        (lambda node: node.transfer(2, 0, amount=1), "too_low_priority", "priority too low"),
    ],
    ids=["garbage", "too poor", "known", "no better"],
)
async def test_over_rpc_refusals_have_the_words_that_wallets_know(node, make, kind, detail):
    await rpc(node).submit(node.transfer(2, 0))
    for submit in (rpc(node).submit, rpc(node).submit_and_watch):
        with pytest.raises(SubmissionRefused) as caught:
            await submit(make(node))
        if caught.value.kind != "temporarily_banned":
            assert (caught.value.kind, caught.value.detail[: len(detail)]) == (kind, detail)


async def test_over_rpc_the_next_nonce_counts_what_is_ready(node):
    account = node.maker.pairs[1].public
    assert rpc(node).next_nonce(account) == 0
    for nonce in (0, 1, 3):
        await node.pool.submit(node.transfer(1, nonce))
    assert rpc(node).next_nonce(account) == 2
    await node.import_block(node.transfer(1, 0))
    assert rpc(node).next_nonce(account) == 2


@pytest.mark.parametrize(
    "status",
    [
        (watch.Future(), ExtrinsicStatus("future")),
        (watch.Broadcast(("peer",)), ExtrinsicStatus("broadcast", None, ("peer",))),
        (watch.Retracted(b"block"), ExtrinsicStatus("retracted", b"block")),
        (watch.FinalityTimeout(b"block"), ExtrinsicStatus("finalityTimeout", b"block")),
        (watch.Usurped(b"by"), ExtrinsicStatus("usurped", b"by")),
        (watch.Dropped(), ExtrinsicStatus("dropped")),
        (watch.Invalid(Invalid.STALE), ExtrinsicStatus("invalid")),
    ],
    ids=lambda status: status[1].kind,
)
def test_every_status_has_its_word(status):
    assert rpc_status(status[0]) == status[1]
