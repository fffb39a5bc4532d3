"""Runtime APIs: what is described is what answers, and the answers are those of the chain."""

import math
from typing import Any

import pytest

from consensus.lottery import FRACTION_BITS, LN_4_3
from node.keystore.rpc_adapter import SESSION_KEYS
from runtime.api import APIS, EPOCH_RULES, RuntimeApi, UnknownApi, version_of, with_length
from runtime.api.types import (
    AllowedSlots,
    ApplyExtrinsicResult,
    BabeConfiguration,
    BabeEpoch,
    DispatchQuote,
    FeeDetails,
    InclusionFee,
    InvalidResult,
    RuntimeVersion,
    TransactionValidity,
    WeightedKeys,
)
from runtime.frame.dispatch import RefTime
from runtime.frame.metadata import methods_of
from runtime.frame.outcome import Token, TokenFailure
from runtime.frame.results import Err, Ok
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import Era, Id
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U32, U64, UNIT, Balance
from runtime.validity import Invalid, TransactionSource, ValidTransaction
from tests.support.chain import CHAIN, MemoryChain


@pytest.fixture
def chain() -> MemoryChain:
    return MemoryChain()


def ask(chain: MemoryChain, name: str, arguments: bytes, answer: Any) -> Any:
    """Ask a runtime API at the head of a chain."""
    head = chain.head
    api = RuntimeApi(chain.executive)
    return decode(api.call(name, arguments, chain.state, head.number, head.hash), answer)


def transfer(chain: MemoryChain, amount: int = UNIT, **how: Any) -> bytes:
    call = chain.call("Balances", "transfer_keep_alive", Id(chain.pairs[1].public), amount)
    return chain.sign(chain.pairs[2], call, 0, **how)


def sized(raw: bytes) -> bytes:
    return with_length(raw) + encode(len(raw), U32)


def test_every_call_of_the_table_is_answered_under_its_name(chain: MemoryChain) -> None:
    names = [f"{api.__name__}_{method.name}" for api in APIS for method in methods_of(api)]
    assert RuntimeApi(chain.executive).names == tuple(names)
    assert ask(chain, "Core_version", b"", RuntimeVersion) == version_of(chain.rules)
    assert len(version_of(chain.rules).apis) == len(APIS)


def test_unknown_apis_and_bad_arguments_are_named(chain: MemoryChain) -> None:
    with pytest.raises(UnknownApi, match="Core_reboot"):
        ask(chain, "Core_reboot", b"", None)
    with pytest.raises(DecodeError, match="wanted 5 bytes, got 3"):
        ask(chain, "TransactionPaymentApi_query_info", b"\x14abc", None)
    with pytest.raises(DecodeError, match="wanted 32 bytes, got 33"):
        ask(chain, "AccountNonceApi_account_nonce", bytes(33), None)


def test_fees_are_quoted_as_they_are_taken(chain: MemoryChain) -> None:
    raw = transfer(chain, tip=UNIT)
    quote = ask(chain, "TransactionPaymentApi_query_info", sized(raw), DispatchQuote)
    details = ask(chain, "TransactionPaymentApi_query_fee_details", sized(raw), FeeDetails)
    chain.advance(raw)
    spent = 998 * UNIT - chain.runtime().balances.free(chain.pairs[2].public)
    assert quote.partial_fee == spent
    fee = details.inclusion_fee
    assert details == FeeDetails(fee, UNIT)
    assert fee.base_fee + fee.len_fee + fee.adjusted_weight_fee == spent


def test_the_parts_of_a_fee_are_those_of_the_call(chain: MemoryChain) -> None:
    call = chain.call("Balances", "transfer_keep_alive", Id(chain.pairs[1].public), UNIT)
    arguments = call + encode(150, U32)
    quote = ask(chain, "TransactionPaymentCallApi_query_call_info", arguments, DispatchQuote)
    name = "TransactionPaymentCallApi_query_call_fee_details"
    details = ask(chain, name, arguments, FeeDetails)
    length = ask(chain, "TransactionPaymentCallApi_query_length_to_fee", encode(150, U32), Balance)
    weight = encode(RefTime(quote.weight.ref_time + 100_000_000, 0), RefTime)
    weighed = ask(chain, "TransactionPaymentApi_query_weight_to_fee", weight, Balance)
    assert details == FeeDetails(InclusionFee(10**8, length, weighed), 0)
    assert quote.partial_fee == 10**8 + length + weighed


def test_a_bare_extrinsic_costs_nothing(chain: MemoryChain) -> None:
    arguments = sized(chain.timestamp(chain.slot))
    details = ask(chain, "TransactionPaymentApi_query_fee_details", arguments, FeeDetails)
    assert details == FeeDetails(None, 0)


def test_a_dry_run_tells_success_refusal_and_invalidity_apart(chain: MemoryChain) -> None:
    def dry_run(raw: bytes) -> Ok | Err:
        found = ask(chain, "BlockBuilder_apply_extrinsic", with_length(raw), ApplyExtrinsicResult)
        assert isinstance(found, Ok | Err)
        return found

    chain.advance()
    born_here = transfer(chain, era=Era.mortal(64, chain.head.number))
    assert dry_run(transfer(chain)) == Ok(Ok(()))
    assert dry_run(born_here) == Ok(Ok(()))
    assert dry_run(transfer(chain, 10**30)) == Ok(Err(Token(TokenFailure.FUNDS_UNAVAILABLE)))
    assert dry_run(transfer(chain) + b"\x00") == Err(InvalidResult(Invalid.CALL))
    assert chain.runtime().system.nonce(chain.pairs[2].public) == 0


def test_the_order_of_a_transaction_is_that_of_the_pool(chain: MemoryChain) -> None:
    def validity(raw: bytes) -> Ok | Err:
        arguments = encode(TransactionSource.EXTERNAL, TransactionSource) + with_length(raw)
        name = "TaggedTransactionQueue_validate_transaction"
        found = ask(chain, name, arguments + chain.head.hash, TransactionValidity)
        assert isinstance(found, Ok | Err)
        return found

    who = chain.pairs[2].public
    tag = (who + bytes(4),)
    assert validity(transfer(chain, tip=9)) == Ok(ValidTransaction(10, (), tag, 2**64 - 1, True))
    assert validity(transfer(chain, tip=2**70)) == Err(InvalidResult(Invalid.PAYMENT))
    broken = bytearray(transfer(chain))
    broken[50] ^= 1
    assert validity(bytes(broken)) == Err(InvalidResult(Invalid.BAD_PROOF))


def test_epochs_are_those_of_the_chain(chain: MemoryChain) -> None:
    for _ in range(12):
        chain.advance()
    babe = chain.runtime().babe
    slots = CHAIN.epoch_slots
    epoch = ask(chain, "BabeApi_current_epoch", b"", BabeEpoch)
    after = ask(chain, "BabeApi_next_epoch", b"", BabeEpoch)
    start = babe.genesis_slot + slots
    assert epoch == BabeEpoch(1, start, slots, babe.authorities, babe.randomness, EPOCH_RULES)
    assert after == BabeEpoch(
        2, start + slots, slots, babe.next_authorities, babe.next_randomness, EPOCH_RULES
    )
    assert ask(chain, "BabeApi_current_epoch_start", b"", U64) == start
    assert ask(chain, "BabeApi_configuration", b"", BabeConfiguration) == BabeConfiguration(
        CHAIN.slot_milliseconds,
        slots,
        (1, 4),
        babe.authorities,
        babe.randomness,
        AllowedSlots.PRIMARY_AND_SECONDARY_VRF_SLOTS,
    )


def test_the_chance_of_a_primary_slot_is_the_one_that_the_lottery_draws_with() -> None:
    numerator, denominator = EPOCH_RULES.c
    chance = -math.log(1 - numerator / denominator)
    assert math.isclose(LN_4_3 / 2**FRACTION_BITS, chance, rel_tol=1e-12)


def test_the_voters_are_those_of_the_chain(chain: MemoryChain) -> None:
    voters = ask(chain, "GrandpaApi_grandpa_authorities", b"", WeightedKeys)
    assert voters == chain.runtime().grandpa.authorities
    assert ask(chain, "GrandpaApi_current_set_id", b"", U64) == 0


def test_session_keys_split_into_those_that_the_keystore_makes(chain: MemoryChain) -> None:
    keys = {kind.value.encode(): bytes((n,)) * 32 for n, kind in enumerate(SESSION_KEYS)}
    answer = tuple[tuple[bytes, bytes], ...]
    name = "SessionKeys_decode_session_keys"
    encoded = encode(b"".join(keys.values()), bytes)
    raw = RuntimeApi(chain.executive).call(name, encoded, chain.state, 0)
    assert raw == b"\x01\x0c" + b"".join(b"\x80" + key + kind for kind, key in keys.items())
    assert ask(chain, name, encode(bytes(63), bytes), answer | None) is None


def test_staking_says_in_how_many_pages_it_pays_and_that_nobody_is_owed_yet(
    chain: MemoryChain,
) -> None:
    validator = encode(0, U32) + chain.pairs[0].public
    assert ask(chain, "StakingApi_nominations_quota", encode(UNIT, Balance), U32) == 16
    assert ask(chain, "StakingApi_eras_stakers_page_count", validator, U32) == 1
    assert ask(chain, "StakingApi_pending_rewards", validator, bool) is False
