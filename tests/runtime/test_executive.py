"""The executive: what enters a block, what it costs, and which blocks are refused."""

from dataclasses import replace

import pytest

from runtime.constants import TREASURY
from runtime.events import decode_records
from runtime.executive import READERS, BadExtrinsic, Executed, StateRootMismatch
from runtime.frame.outcome import Token, TokenFailure
from runtime.pallets.balances import Transfer
from runtime.pallets.system import ExtrinsicFailed, ExtrinsicSuccess
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import Era, Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from runtime.validity import Invalid, InvalidTransaction
from tests.support.chain import CHAIN, MemoryChain, at_once


@pytest.fixture
def chain() -> MemoryChain:
    return MemoryChain()


def transfer(chain: MemoryChain, amount: int, nonce: int = 0, **options: object) -> bytes:
    call = chain.call("Balances", "transfer_keep_alive", Id(chain.pairs[1].public), amount)
    return chain.sign(chain.pairs[2], call, nonce, **options)


def test_a_transfer_moves_money_and_its_fee_is_split(chain: MemoryChain) -> None:
    before = chain.runtime().balances.total_issuance
    author = chain.runtime().balances.free(chain.pairs[0].public)
    treasury = chain.runtime().balances.free(TREASURY)
    executed = chain.advance(transfer(chain, 5 * UNIT, tip=10**6))
    balances = chain.runtime().balances
    events = [record.event for record in executed.events]
    assert Transfer(chain.pairs[2].public, chain.pairs[1].public, 5 * UNIT) in events
    assert balances.free(chain.pairs[1].public) == 1005 * UNIT
    paid = 995 * UNIT - balances.free(chain.pairs[2].public)
    fee = paid - 10**6
    earned = balances.free(chain.pairs[0].public) - author
    assert earned == paid - fee * 30 // 100 - fee * 50 // 100 - 10**6 * 20 // 100
    to_treasury = balances.free(TREASURY) - treasury
    assert to_treasury == fee * 30 // 100  # less than the existential deposit
    assert before - balances.total_issuance == paid - earned - to_treasury


def test_events_in_state_are_those_that_happened(chain: MemoryChain) -> None:
    executed = chain.advance(transfer(chain, UNIT))
    runtime = chain.runtime()
    decoded = decode_records(runtime.system.event_log, runtime.pallets)
    assert [(r.phase, r.pallet.name, r.event) for r in decoded] == [
        (r.phase, r.pallet.name, r.event) for r in executed.events
    ]
    assert runtime.system.event_count == len(decoded)


def test_a_refused_call_keeps_its_fee_and_names_its_error(chain: MemoryChain) -> None:
    executed = chain.advance(transfer(chain, 10**6 * UNIT))
    (failed,) = [r.event for r in executed.events if isinstance(r.event, ExtrinsicFailed)]
    assert failed.dispatch_error == Token(TokenFailure.FUNDS_UNAVAILABLE)
    assert chain.runtime().balances.free(chain.pairs[2].public) < 1000 * UNIT
    assert chain.runtime().system.nonce(chain.pairs[2].public) == 1


def test_a_mortal_transaction_dies_with_its_era(chain: MemoryChain) -> None:
    chain.advance()
    raw = transfer(chain, UNIT, era=Era.mortal(4, chain.head.number))
    chain.executive.validate(raw, chain.state, chain.head, {})
    for _ in range(4):
        chain.advance()
    with pytest.raises(InvalidTransaction) as caught:
        chain.executive.validate(raw, chain.state, chain.head, {})
    assert caught.value.kind is Invalid.BAD_PROOF


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda c: transfer(c, UNIT)[:-1], Invalid.CALL),
        (lambda c: b"\x84" + transfer(c, UNIT)[1:50], Invalid.CALL),
        (lambda c: transfer(c, UNIT) + b"\x00", Invalid.CALL),
        (
            lambda c: transfer(c, UNIT).replace(c.pairs[1].public, c.pairs[0].public),
            Invalid.BAD_PROOF,
        ),
        (lambda c: transfer(MemoryChain(5), UNIT), Invalid.BAD_PROOF),
        (lambda c: transfer(c, UNIT, tip=2000 * UNIT), Invalid.PAYMENT),
        (lambda c: b"\x04" + c.call("Balances", "burn", 1, True), Invalid.CALL),
        (
            lambda c: c.sign(c.pairs[2], c.call("Timestamp", "set", 5), 0),
            Invalid.MANDATORY_VALIDATION,
        ),
    ],
    ids=["short", "cut", "long", "forged", "other genesis", "poor", "unsigned", "inherent"],
)
def test_bad_transactions_never_enter_the_pool(chain: MemoryChain, make, kind) -> None:
    with pytest.raises(InvalidTransaction) as caught:
        chain.executive.validate(make(chain), chain.state, chain.head, {})
    assert caught.value.kind is kind


def test_an_old_nonce_is_stale_and_a_later_one_waits_for_those_before(chain: MemoryChain) -> None:
    chain.advance(transfer(chain, UNIT))
    with pytest.raises(InvalidTransaction) as caught:
        chain.executive.validate(transfer(chain, UNIT), chain.state, chain.head, {})
    assert caught.value.kind is Invalid.STALE
    valid, _ = chain.executive.validate(transfer(chain, UNIT, nonce=3), chain.state, chain.head, {})
    who = chain.pairs[2].public
    assert valid.requires == (who + b"\x02\0\0\0",)
    assert valid.provides == (who + b"\x03\0\0\0",)


def test_a_future_nonce_cannot_be_built_into_a_block(chain: MemoryChain) -> None:
    with pytest.raises(InvalidTransaction) as caught:
        chain.build([transfer(chain, UNIT, nonce=1)])
    assert caught.value.kind is Invalid.FUTURE


def test_a_block_with_another_state_root_is_refused(chain: MemoryChain) -> None:
    block, _ = chain.build([transfer(chain, UNIT)])
    lie = replace(block, header=replace(block.header, state_root=bytes(32)))
    with pytest.raises(StateRootMismatch, match="state_root"):
        chain.execute(lie)
    assert chain.execute(block).header == block.header


def test_a_block_with_a_forged_transaction_is_refused(chain: MemoryChain) -> None:
    block, _ = chain.build([transfer(chain, UNIT)])
    forged = block.extrinsics[1].replace(chain.pairs[1].public, chain.pairs[3].public)
    with pytest.raises(BadExtrinsic, match="extrinsic 1: Transaction has a bad signature"):
        chain.execute(replace(block, extrinsics=(block.extrinsics[0], forged)))


def test_a_known_signature_is_not_checked_again_but_its_era_is(chain: MemoryChain) -> None:
    raw = transfer(chain, UNIT)
    _, checked = chain.executive.validate(raw, chain.state, chain.head, {})
    block, _ = chain.build([raw])
    known = {checked.extrinsic.hash: checked}
    assert chain.execute(block, known).header == block.header


def test_execution_does_not_depend_on_what_ran_before(chain: MemoryChain) -> None:
    first, _ = chain.build([transfer(chain, UNIT)])
    second, _ = chain.build([transfer(chain, 2 * UNIT)])
    assert chain.execute(first).header == first.header
    assert chain.execute(second).header == second.header
    assert chain.execute(first).header == first.header


def test_every_extrinsic_ends_with_a_verdict(chain: MemoryChain) -> None:
    executed = chain.advance(transfer(chain, UNIT), transfer(chain, 10**9 * UNIT, nonce=1))
    verdicts = [
        (r.phase, type(r.event))
        for r in executed.events
        if isinstance(r.event, ExtrinsicSuccess | ExtrinsicFailed)
    ]
    assert verdicts == [(0, ExtrinsicSuccess), (1, ExtrinsicSuccess), (2, ExtrinsicFailed)]


def test_blocks_that_open_an_epoch_are_executed_as_they_were_built(chain: MemoryChain) -> None:
    for _ in range(2 * CHAIN.epoch_slots + 1):
        chain.advance()
    assert chain.runtime().babe.epoch_index == 2


def test_judging_a_transaction_changes_nothing(chain: MemoryChain) -> None:
    raw = transfer(chain, UNIT)
    first = chain.executive.validate(raw, chain.state, chain.head, {})
    assert chain.executive.validate(raw, chain.state, chain.head, {}) == first
    rich = transfer(chain, UNIT, tip=900 * UNIT)
    for _ in range(3):
        chain.executive.validate(rich, chain.state, chain.head, {})


def forged_block(chain: MemoryChain) -> Block:
    """Return a block with a transfer that nobody signed, made by an author who does not mind."""
    raw = transfer(chain, UNIT)
    signatures = chain.rules.signatures
    signature = signatures.decode(raw)[0].signature
    assert signature is not None
    at = raw.index(signature.signature)
    forged = raw[:at] + bytes(64) + raw[at + 64 :]
    builder = chain.executive.build(chain.head, chain.digest(chain.slot), chain.state)
    builder.push(chain.timestamp(chain.slot), {})
    checked = signatures.read(forged, 0, lambda number: chain.genesis.hash)
    builder.push(forged, {blake2_256(forged): checked})
    return at_once(builder.finish())[0]


def run(chain: MemoryChain, block: Block, *, is_final: bool) -> Executed:
    return at_once(chain.executive.execute(block, chain.head, chain.state, {}, is_final=is_final))


def test_signatures_are_checked_but_in_a_block_that_is_final(chain: MemoryChain) -> None:
    block = forged_block(chain)
    with pytest.raises(BadExtrinsic, match="extrinsic 1: Transaction has a bad signature"):
        run(chain, block, is_final=False)
    assert run(chain, block, is_final=True).header == block.header


def test_all_but_signatures_is_checked_in_a_final_block_too(chain: MemoryChain) -> None:
    good, _ = chain.build([transfer(chain, UNIT)])
    stale = replace(good, extrinsics=(*good.extrinsics, good.extrinsics[1]))
    with pytest.raises(BadExtrinsic, match="extrinsic 2: Transaction is outdated"):
        run(chain, stale, is_final=True)
    with pytest.raises(BadExtrinsic, match="extrinsic 1: The call cannot be decoded"):
        run(chain, replace(good, extrinsics=(good.extrinsics[0], b"\x00")), is_final=True)
    with pytest.raises(StateRootMismatch):
        run(chain, replace(good, extrinsics=good.extrinsics[:1]), is_final=True)


def test_readers_of_one_state_share_its_pallets_until_one_of_them_writes(
    chain: MemoryChain,
) -> None:
    read, state = chain.executive.reader_at, chain.state
    first = read(state, 0)
    assert read(state, 0) is first
    assert read(state, 1) is not first, "the pallets know the number of their block"
    issued = first.balances.total_issuance
    first.balances.total_issuance = 0
    other = read(state, 0)
    assert (other.balances.total_issuance, read(state, 0)) == (issued, other)


def test_pallets_are_kept_for_the_readers_of_few_states(chain: MemoryChain) -> None:
    read, state = chain.executive.reader_at, chain.state
    first, others = read(state, 0), [read(state, number) for number in range(1, READERS)]
    assert read(state, 0) is first, "whoever is read again stays"
    read(state, READERS)
    assert read(state, 0) is first
    assert read(state, 1) is not others[0]
