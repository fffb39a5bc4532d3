"""Calls inside calls: how they are read, how many and how deep, and what the whole weighs."""

from dataclasses import replace

import pytest

from runtime.frame.calls import MAX_DEPTH, MAX_INNER_CALLS, Call, settled
from runtime.frame.dispatch import DispatchClass
from runtime.pallets.utility import BatchCompleted, ItemCompleted
from runtime.primitives.compact import DecodeError, encode_compact
from tests.pallets.utility_world import World


@pytest.fixture
def world() -> World:
    return World()


def test_a_wrapper_weighs_what_it_holds_and_a_little_more(world: World) -> None:
    one = world.transfer()
    own = 12_000_000
    assert world.utility("batch", ()).weight == own
    assert world.utility("batch", (one, one)).weight == 3 * own + 2 * one.weight
    nested = world.utility("batch", (world.utility("batch_all", (one,)), one))
    assert nested.weight == 5 * own + 2 * one.weight
    assert world.utility("if_else", one, nested).weight == 2 * own + one.weight + nested.weight
    assert world.utility("as_derivative", 0, one).weight == one.weight + own + 125_000_000


def test_the_class_is_normal_and_a_fee_is_paid(world: World) -> None:
    for call in (world.utility("batch", ()), world.utility("batch", (world.transfer(),))):
        assert call.entry.info.kind is DispatchClass.NORMAL
        assert call.entry.info.pays_fee


def nested(world: World, depth: int) -> bytes:
    """Return a remark inside `depth` batches."""
    return bytes((24, 0, 4)) * depth + world.call("System", "remark", b"deep")


def test_calls_may_be_nested_this_deep_and_no_deeper(world: World) -> None:
    deep = world.rules.calls.decode(nested(world, MAX_DEPTH))
    events = world.send(deep)
    assert events == [ItemCompleted(), BatchCompleted()] * MAX_DEPTH + ["success"]
    for depth in (MAX_DEPTH + 1, 200_000):
        with pytest.raises(DecodeError, match="calls inside each other at most 64 deep"):
            world.rules.calls.decode(nested(world, depth))
    assert world.rules.calls.decode(nested(world, 1)).arguments


def test_a_deep_call_reads_alike_wherever_on_the_stack(world: World) -> None:
    def sunk(levels: int) -> Call:
        if levels:
            return sunk(levels - 1)
        return world.rules.calls.decode(nested(world, MAX_DEPTH))

    assert sunk(400) == sunk(0)


def test_the_number_of_calls_inside_is_bounded(world: World) -> None:
    remark = world.call("System", "remark", b"")
    half = b"\x18\x00" + encode_compact(MAX_INNER_CALLS // 2 - 1)
    inner = half + remark * (MAX_INNER_CALLS // 2 - 1)
    assert world.rules.calls.decode(b"\x18\x00\x08" + inner * 2).weight
    with pytest.raises(DecodeError, match="wanted at most 16384 calls inside a call"):
        world.rules.calls.decode(b"\x18\x00\x0c" + inner * 2 + remark)


def test_a_bad_call_inside_is_refused_by_name(world: World) -> None:
    for raw, why in (
        (b"\x18\x00\x04\xff\xff", "no call has the index ffff"),
        (b"\x18\x00\x04\x00", "no call has the index 00"),
        (b"\x18\x00\x08" + world.call("System", "remark", b""), "no call has the index"),
        (b"\x18\x03\x01\x00" + world.call("System", "remark", b""), "not a value"),
        (nested(world, 1) + b"\0", "wanted a call of"),
    ):
        with pytest.raises(DecodeError, match=why):
            world.rules.calls.decode(raw)


def test_a_wrapper_is_operational_if_all_that_it_holds_is(world: World) -> None:
    normal = world.transfer()
    entry = normal.entry
    urgent = Call(
        replace(entry, info=replace(entry.info, kind=DispatchClass.OPERATIONAL)), normal.arguments
    )
    batch = world.utility("batch", ()).entry
    for inner, kind in (
        ((urgent, urgent), DispatchClass.OPERATIONAL),
        ((urgent, normal), DispatchClass.NORMAL),
        ((), DispatchClass.NORMAL),
    ):
        assert settled(batch, (inner,), inner).info.kind is kind
