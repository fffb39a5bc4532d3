"""Utility: batches that stop, go on or undo everything, derived accounts, other origins."""

from typing import Any

import pytest

from runtime.block_execution import ExhaustedBlock
from runtime.constants import LIMITS
from runtime.frame import BadOrigin, DispatchError, NoOrigin, Root, Signed, TokenError
from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.frame.origins import RawNone, RawRoot, RawSigned, SystemOrigin
from runtime.frame.outcome import Module, ModuleError, Token, TokenFailure, WrongOrigin
from runtime.frame.results import Err, Ok
from runtime.pallets import utility
from runtime.pallets.balances.types import Transfer
from runtime.pallets.utility import (
    BatchCompleted,
    BatchCompletedWithErrors,
    BatchInterrupted,
    DispatchedAs,
    Error,
    IfElseFallbackCalled,
    IfElseMainSuccess,
    ItemCompleted,
    ItemFailed,
    derivative_account,
)
from runtime.primitives.extrinsic import Id, encode_bare
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from runtime.validity import Invalid, InvalidTransaction
from tests.pallets.utility_world import World

TOO_POOR = Token(TokenFailure.FUNDS_UNAVAILABLE)
FILTERED = Module(ModuleError(0, b"\x05\0\0\0"))
TOO_MANY = Module(ModuleError(24, b"\0\0\0\0"))


@pytest.fixture
def world() -> World:
    return World()


def moved(world: World, amount: int = UNIT) -> Transfer:
    return Transfer(world.pairs[1].public, world.pairs[0].public, amount)


@pytest.mark.parametrize("name", ["batch", "batch_all", "force_batch"])
def test_a_batch_makes_its_calls_in_order(world: World, name: str) -> None:
    calls = (world.transfer(1 * UNIT), world.transfer(2 * UNIT))
    assert world.send(world.utility(name, calls)) == [
        moved(world, 1 * UNIT),
        ItemCompleted(),
        moved(world, 2 * UNIT),
        ItemCompleted(),
        BatchCompleted(),
        "success",
    ]


@pytest.mark.parametrize("name", ["batch", "batch_all", "force_batch"])
def test_a_batch_of_nothing_is_complete(world: World, name: str) -> None:
    assert world.send(world.utility(name, ())) == [BatchCompleted(), "success"]


def test_batch_stops_at_the_first_failure_and_keeps_what_was_done(world: World) -> None:
    calls = (world.transfer(), world.transfer(10**9 * UNIT), world.transfer())
    assert world.send(world.utility("batch", calls)) == [
        moved(world),
        ItemCompleted(),
        BatchInterrupted(1, TOO_POOR),
        "success",
    ]


def test_req_67_batch_all_undoes_everything_and_fails_as_its_call_did(world: World) -> None:
    before = world.free(0)
    calls = (world.transfer(), world.transfer(10**9 * UNIT), world.transfer())
    assert world.send(world.utility("batch_all", calls)) == [TOO_POOR]
    author_part = world.free(0) - before
    assert 0 < author_part < UNIT // 100


def test_force_batch_goes_on_and_says_what_failed(world: World) -> None:
    calls = (world.transfer(), world.transfer(10**9 * UNIT), world.transfer(2))
    assert world.send(world.utility("force_batch", calls)) == [
        moved(world),
        ItemCompleted(),
        ItemFailed(TOO_POOR),
        moved(world, 2),
        ItemCompleted(),
        BatchCompletedWithErrors(),
        "success",
    ]


def test_a_failed_call_inside_leaves_nothing_behind(world: World) -> None:
    half = world.utility("batch_all", (world.transfer(), world.transfer(10**9 * UNIT)))
    assert world.send(world.utility("force_batch", (half,))) == [
        ItemFailed(TOO_POOR),
        BatchCompletedWithErrors(),
        "success",
    ]


def test_batch_all_does_not_nest_however_deep(world: World) -> None:
    inner = world.utility("batch_all", (world.transfer(),))
    for between in (
        inner,
        world.utility("batch", (inner,)),
        world.utility("force_batch", (world.utility("if_else", inner, inner),)),
    ):
        events = world.send(world.utility("batch_all", (between,)))
        assert moved(world) not in events
        assert (
            FILTERED in events
            or BatchInterrupted(0, FILTERED) in events
            or (ItemFailed(FILTERED) in events)
        )


def test_a_derived_account_does_not_escape_the_filter(world: World) -> None:
    inner = world.utility("as_derivative", 0, world.utility("batch_all", ()))
    assert world.send(world.utility("batch_all", (inner,))) == [FILTERED]


def test_the_chain_itself_may_nest_them(world: World) -> None:
    inner = world.utility("batch_all", ())
    events = world.make(world.utility("batch_all", (inner,)), Root())
    assert events == [BatchCompleted(), ItemCompleted(), BatchCompleted()]


@pytest.mark.parametrize("name", ["batch", "batch_all", "force_batch"])
def test_too_many_calls_are_refused(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(utility, "BATCHED_CALLS_LIMIT", 2)
    remark = world.call_of("System", "remark", b"")
    assert world.send(world.utility(name, (remark,) * 2))[-1] == "success"
    assert world.send(world.utility(name, (remark,) * 3)) == [TOO_MANY]


def test_a_derived_account_is_the_hash_that_frame_takes(world: World) -> None:
    who = world.pairs[1].public
    assert derivative_account(who, 258) == blake2_256(b"modlpy/utilisuba" + who + b"\x02\x01")


def test_a_derived_account_spends_what_is_its_own(world: World) -> None:
    sender = world.pairs[1].public
    derived = derivative_account(sender, 7)
    fund = world.call_of("Balances", "transfer_keep_alive", Id(derived), 5 * UNIT)
    world.send(fund)
    events = world.send(world.utility("as_derivative", 7, world.transfer(2 * UNIT)))
    assert events == [Transfer(derived, world.pairs[0].public, 2 * UNIT), "success"]
    assert world.send(world.utility("as_derivative", 8, world.transfer())) == [TOO_POOR]


def test_if_else_makes_the_fallback_only_if_the_main_call_fails(world: World) -> None:
    poor = world.transfer(10**9 * UNIT)
    assert world.send(world.utility("if_else", world.transfer(), world.transfer(2))) == [
        moved(world),
        IfElseMainSuccess(),
        "success",
    ]
    assert world.send(world.utility("if_else", poor, world.transfer(2))) == [
        moved(world, 2),
        IfElseFallbackCalled(TOO_POOR),
        "success",
    ]
    chill = world.call_of("Providers", "chill")
    events = world.send(world.utility("if_else", chill, poor))
    assert events == [TOO_POOR]


def test_the_chain_itself_calls_as_anyone(world: World) -> None:
    as_sender = SystemOrigin(RawSigned(world.pairs[1].public))
    call = world.utility("dispatch_as", as_sender, world.transfer())
    assert world.make(call, Root()) == [moved(world), DispatchedAs(Ok(()))]
    poor = world.utility("dispatch_as", as_sender, world.transfer(10**9 * UNIT))
    assert world.make(poor, Root()) == [DispatchedAs(Err(TOO_POOR))]
    fallible = world.utility("dispatch_as_fallible", as_sender, world.transfer())
    assert world.make(fallible, Root()) == [moved(world), DispatchedAs(Ok(()))]
    with pytest.raises(DispatchError) as caught:
        world.make(
            world.utility("dispatch_as_fallible", as_sender, world.transfer(10**9 * UNIT)), Root()
        )
    assert caught.value.error is TokenError.FUNDS_UNAVAILABLE


@pytest.mark.parametrize("origin", [RawRoot(), RawNone()])
def test_as_the_chain_or_as_nobody_a_transfer_is_refused(world: World, origin: Any) -> None:
    call = world.utility("dispatch_as", SystemOrigin(origin), world.transfer())
    assert world.make(call, Root()) == [DispatchedAs(Err(WrongOrigin()))]


def test_with_weight_takes_the_chains_word_for_the_weight(world: World) -> None:
    inner = world.utility("batch_all", ())
    call = world.utility("with_weight", inner, RefTime(1_234_567, 8))
    assert call.weight == 1_235_000
    assert world.make(call, Root()) == [BatchCompleted()]


def test_what_is_the_chains_is_refused_to_everybody_else(world: World) -> None:
    origin = SystemOrigin(RawRoot())
    for call in (
        world.utility("dispatch_as", origin, world.transfer()),
        world.utility("dispatch_as_fallible", origin, world.transfer()),
        world.utility("with_weight", world.transfer(), RefTime(0, 0)),
    ):
        assert world.send(call) == [WrongOrigin()]


@pytest.mark.parametrize("name", ["batch", "batch_all", "force_batch", "if_else", "as_derivative"])
def test_nobody_is_no_caller(world: World, name: str) -> None:
    remark = world.call_of("System", "remark", b"")
    arguments = {"if_else": (remark, remark), "as_derivative": (1, remark)}.get(name, ((remark,),))
    with pytest.raises(DispatchError) as caught:
        world.make(world.utility(name, *arguments), NoOrigin())
    assert caught.value.error is BadOrigin.BAD_ORIGIN


def test_an_inherent_inside_makes_the_whole_an_inherent_that_nobody_may_send(
    world: World,
) -> None:
    stamp = world.call_of("Timestamp", "set", 1)
    for call in (
        world.utility("batch", (world.transfer(), stamp)),
        world.utility("force_batch", (world.utility("as_derivative", 0, stamp),)),
        world.utility("if_else", stamp, stamp),
    ):
        assert call.entry.info.kind is DispatchClass.MANDATORY
        raw = world.call("Utility", call.entry.name, *call.arguments)
        signed = world.sign(world.pairs[1], raw, 0)
        with pytest.raises(InvalidTransaction) as in_pool:
            world.executive.validate(signed, world.state, world.head, {})
        assert in_pool.value.kind is Invalid.MANDATORY_VALIDATION
        for extrinsic in (signed, encode_bare(raw)):
            with pytest.raises(InvalidTransaction) as in_block:
                world.build([extrinsic])
            assert in_block.value.kind is Invalid.BAD_MANDATORY


def test_the_fee_is_that_of_the_weight_inside(world: World) -> None:
    before = world.free(1)
    world.send(world.call_of("System", "remark", b""))
    alone = before - world.free(1)
    many = world.utility("batch", (world.transfer(1),) * 50)
    before = world.free(1)
    world.send(many)
    assert before - world.free(1) - 50 > alone + 50 * world.transfer().weight


def heavy(world: World) -> bytes:
    """Return a signed batch that weighs more than a block may."""
    count = LIMITS.normal_picoseconds // world.transfer().weight + 1
    raw = world.call("Utility", "batch", (world.transfer(),) * count)
    return world.sign(world.pairs[1], raw, 0)


def test_what_no_block_has_room_for_stays_out_of_the_pool(world: World) -> None:
    with pytest.raises(InvalidTransaction) as caught:
        world.executive.validate(heavy(world), world.state, world.head, {})
    assert caught.value.kind is Invalid.EXHAUSTS_RESOURCES
    with pytest.raises(ExhaustedBlock):
        world.build([heavy(world)])


def test_a_signed_batch_confines_only_what_is_inside(world: World) -> None:
    call = world.utility("batch", (world.utility("batch_all", (world.transfer(),)),))
    assert world.send(call) == [
        moved(world),
        ItemCompleted(),
        BatchCompleted(),
        ItemCompleted(),
        BatchCompleted(),
        "success",
    ]
    assert not Signed(b"who").filters


def test_error_list_is_frames() -> None:
    assert [(one.name, one.value) for one in Error] == [("TOO_MANY_CALLS", 0)]
