"""Unsigned reports on the whole runtime: in a block, in the pool's question, and by runtime API."""

from dataclasses import replace

import pytest

from runtime.api import RuntimeApi
from runtime.api.types import Err, InvalidResult, Ok, TransactionValidity
from runtime.constants import SHARED_POTS
from runtime.construct import Runtime
from runtime.executive import BadBlock, BadExtrinsic
from runtime.frame import Context
from runtime.primitives.block import Block
from runtime.primitives.crypto import Pair
from runtime.primitives.equivocation import BlockEquivocation, VoteEquivocation
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.finality import Precommit
from runtime.primitives.membership import BABE_KEY, MembershipProof
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import U64, U64_MAX, UNIT, PublicKey, Slot
from runtime.state.overlay import Overlay
from runtime.validity import Invalid, InvalidTransaction, TransactionSource
from tests.support.chain import FIRST_SLOT, MemoryChain
from tests.support.equivocations import double_vote, twin_headers

UNSIGNED = "report_equivocation_unsigned"


@pytest.fixture
def chain() -> MemoryChain:
    made = MemoryChain()
    made.advance()
    return made


def offender(chain: MemoryChain) -> Pair:
    return chain.pairs[0]


def blocks(chain: MemoryChain) -> BlockEquivocation:
    return BlockEquivocation(
        offender(chain).public, FIRST_SLOT, *twin_headers(offender(chain), FIRST_SLOT)
    )


def owner(chain: MemoryChain) -> MembershipProof:
    found: MembershipProof = chain.runtime().historical.prove(BABE_KEY, offender(chain).public)
    return found


def report(chain: MemoryChain) -> bytes:
    return encode_bare(chain.call("Babe", UNSIGNED, blocks(chain), owner(chain)))


def names(chain: MemoryChain, *extrinsics: bytes) -> list[str]:
    return [type(record.event).__name__ for record in chain.advance(*extrinsics).events]


def test_a_report_enters_a_block_unsigned_and_free(chain: MemoryChain) -> None:
    balance = chain.runtime().balances.free(offender(chain).public)
    said = names(chain, report(chain))
    assert said[said.index("SlashReported") :] == ["SlashReported", "Offence", "ExtrinsicSuccess"]
    assert chain.runtime().balances.free(offender(chain).public) == balance
    assert chain.runtime().session.electorate[0][1] == 0


def test_a_block_with_a_report_that_is_known_or_holds_not_is_refused(chain: MemoryChain) -> None:
    raw = report(chain)
    forged = replace(blocks(chain), slot=FIRST_SLOT + 1)
    bad = encode_bare(chain.call("Babe", UNSIGNED, forged, owner(chain)))
    for extrinsics, kind in (((raw, raw), Invalid.STALE), ((bad,), Invalid.BAD_PROOF)):
        with pytest.raises(InvalidTransaction) as refused:
            chain.build(extrinsics)
        assert refused.value.kind is kind
    block, _ = chain.build((raw,))
    twice = Block(block.header, (*block.extrinsics, raw))
    with pytest.raises(BadExtrinsic, match="extrinsic 2"):
        chain.execute(twice)


def test_a_call_for_who_signs_does_not_go_unsigned(chain: MemoryChain) -> None:
    raw = encode_bare(chain.call("Babe", "report_equivocation", blocks(chain), owner(chain)))
    with pytest.raises(InvalidTransaction) as refused:
        chain.build((raw,))
    assert refused.value.kind is Invalid.BAD_SIGNER


def test_reports_enter_the_pool_from_this_node_alone_and_are_not_passed_on(
    chain: MemoryChain,
) -> None:
    raw = report(chain)
    ask = chain.executive.validate
    with pytest.raises(InvalidTransaction) as refused:
        ask(raw, chain.state, chain.head, {})
    assert refused.value.kind is Invalid.CALL
    valid, _ = ask(raw, chain.state, chain.head, {}, TransactionSource.LOCAL)
    assert (valid.priority, valid.requires, valid.propagate) == (U64_MAX, (), False)
    assert len(valid.provides) == 1
    chain.advance(raw)
    with pytest.raises(InvalidTransaction) as refused:
        ask(raw, chain.state, chain.head, {}, TransactionSource.LOCAL)
    assert refused.value.kind is Invalid.STALE


def test_an_inherent_is_no_transaction_of_this_node_either(chain: MemoryChain) -> None:
    raw = chain.timestamp(chain.slot)
    with pytest.raises(InvalidTransaction) as refused:
        chain.executive.validate(raw, chain.state, chain.head, {}, TransactionSource.LOCAL)
    assert refused.value.kind is Invalid.MANDATORY_VALIDATION


def test_whoever_signs_a_report_may_send_it_from_outside(chain: MemoryChain) -> None:
    call = chain.call("Babe", "report_equivocation", blocks(chain), owner(chain))
    raw = chain.sign(chain.pairs[1], call, 0)
    chain.executive.validate(raw, chain.state, chain.head, {})
    assert "SlashReported" in names(chain, raw)


def test_a_block_by_a_disabled_author_is_refused(chain: MemoryChain) -> None:
    overlay = Overlay(chain.state)
    runtime = Runtime(Context(overlay, number=chain.head.number), chain.executive.config)
    runtime.session.disabled_validators = ((0, 1),)
    disabled = chain.state.updated(overlay.changes())
    block, _ = chain.build()
    with pytest.raises(BadBlock, match="authority 0 is disabled"):
        next(chain.executive.execute(block, chain.head, disabled, {}))


# ---------------------------------------------------------------------------------- runtime APIs


def test_a_key_is_proven_and_a_report_submitted_by_runtime_api(chain: MemoryChain) -> None:
    api, key = RuntimeApi(chain.executive), offender(chain)
    votes = double_vote(key, Precommit, round_number=3, set_id=0)
    for name, proof, asked in (
        ("BabeApi", blocks(chain), encode((FIRST_SLOT, key.public), tuple[Slot, PublicKey])),
        ("GrandpaApi", votes, encode((0, key.public), tuple[U64, PublicKey])),
    ):
        answer = api.call(f"{name}_generate_key_ownership_proof", asked, chain.state, 1)
        shown: bytes | None = decode(answer, bytes | None)
        assert shown is not None
        assert decode(shown, MembershipProof).validator_count == 1
        arguments = encode(proof, type(proof)) + encode(shown, bytes)
        submitted: list[bytes] = []
        submit = f"{name}_submit_report_equivocation_unsigned_extrinsic"
        said = api.call(submit, arguments, chain.state, 1, submit=submitted.append)
        assert said == b"\x01"
        assert "Offence" in names(chain, *submitted)


def test_nothing_is_submitted_where_there_is_no_pool_or_no_proof(chain: MemoryChain) -> None:
    api = RuntimeApi(chain.executive)
    submit = "BabeApi_submit_report_equivocation_unsigned_extrinsic"
    head, shown = encode(blocks(chain), BlockEquivocation), encode(owner(chain), MembershipProof)
    assert api.call(submit, head + encode(shown, bytes), chain.state, 1) == b"\x00"
    submitted: list[bytes] = []
    broken = head + encode(b"\x01", bytes)
    assert api.call(submit, broken, chain.state, 1, submit=submitted.append) == b"\x00"
    assert submitted == []
    with pytest.raises(DecodeError):
        api.call(submit, head, chain.state, 1)


def test_a_stranger_owns_no_key(chain: MemoryChain) -> None:
    api = RuntimeApi(chain.executive)
    for name, number in (("BabeApi", Slot), ("GrandpaApi", U64)):
        asked = encode((0, bytes(32)), tuple[number, PublicKey])
        call = f"{name}_generate_key_ownership_proof"
        assert api.call(call, asked, chain.state, 1) == b"\x00"


def test_the_validity_of_a_report_depends_on_who_brings_it(chain: MemoryChain) -> None:
    api, raw = RuntimeApi(chain.executive), report(chain)

    def validity(source: TransactionSource) -> Ok | Err:
        arguments = encode(source, TransactionSource) + encode(raw, bytes) + chain.head.hash
        name = "TaggedTransactionQueue_validate_transaction"
        answer: Ok | Err = decode(
            api.call(name, arguments, chain.state, 1, chain.head.hash), TransactionValidity
        )
        return answer

    assert validity(TransactionSource.EXTERNAL) == Err(InvalidResult(Invalid.CALL))
    found = [validity(source) for source in (TransactionSource.LOCAL, TransactionSource.IN_BLOCK)]
    assert found[0] == found[1]
    assert isinstance(found[0], Ok)


def test_what_is_at_stake_at_genesis_is_issued_and_held(chain: MemoryChain) -> None:
    runtime = chain.runtime()
    who = offender(chain).public
    assert runtime.staking.ledger[who].total == 10**9
    pots = len(SHARED_POTS) * runtime.balances.minimum
    assert runtime.balances.total_issuance == 4 * 1000 * UNIT + 10**9 + pots
    assert runtime.balances.free(who) == 1000 * UNIT


def test_reports_of_votes_read_back_from_their_bytes(chain: MemoryChain) -> None:
    votes = double_vote(offender(chain), Precommit, round_number=3, set_id=9)
    assert decode(encode(votes, VoteEquivocation), VoteEquivocation) == votes
