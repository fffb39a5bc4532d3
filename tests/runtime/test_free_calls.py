"""Calls whose fee comes back: reports of oracles and providers' signs of life that are accepted."""

import pytest

from runtime.frame.dispatch import DispatchClass
from runtime.frame.outcome import Pays
from runtime.pallets.balances import Withdraw
from runtime.pallets.oracle import Feed
from runtime.pallets.system import ExtrinsicFailed, ExtrinsicSuccess
from runtime.pallets.transaction_payment import TransactionFeePaid
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info
from tests.support.chain import MemoryChain

SEALED = bytes([3]) * 32
RICH = 5_000 * UNIT


class World(MemoryChain):
    """The second account has joined the oracle; the first is the author."""

    def __init__(self) -> None:
        super().__init__(3, RICH, feeds=(Feed(b"agpu/usd", 6),))
        self.member, self.other = self.pairs[1], self.pairs[2]
        self.advance(self.sign(self.member, self.call("Oracle", "join", 1_000 * UNIT), 0))

    def free(self) -> int:
        found: int = self.runtime().balances.free(self.member.public)
        return found

    def commit(self) -> bytes:
        current = self.runtime().oracle.current_round()
        return self.call("Oracle", "commit", 0, current, SEALED)


@pytest.fixture
def world() -> World:
    return World()


def events_of(executed: object, kind: type) -> list[object]:
    return [one.event for one in executed.events if isinstance(one.event, kind)]  # type: ignore[attr-defined]


def test_an_accepted_report_costs_nothing_but_its_tip(world: World) -> None:
    before = world.free()
    done = world.advance(world.sign(world.member, world.commit(), 1, tip=7))
    assert world.free() == before - 7
    assert events_of(done, TransactionFeePaid) == [TransactionFeePaid(world.member.public, 7, 7)]
    *_, success = events_of(done, ExtrinsicSuccess)
    assert success.dispatch_info.pays_fee is Pays.NO  # type: ignore[attr-defined]


def test_a_second_report_in_a_round_and_that_of_a_stranger_cost_their_fee(world: World) -> None:
    world.advance(world.sign(world.member, world.commit(), 1))
    before = world.free()
    call = world.commit()
    done = world.advance(world.sign(world.member, call, 2), world.sign(world.other, call, 0))
    assert len(events_of(done, ExtrinsicFailed)) == 2
    assert world.free() < before
    assert all(one.actual_fee > 0 for one in events_of(done, TransactionFeePaid))  # type: ignore[attr-defined]


def test_what_travels_with_a_report_is_not_free(world: World) -> None:
    """A batch pays for all that is in it: a report does not carry other calls for nothing."""
    calls = world.rules.calls
    inner = (calls.decode(world.commit()),)
    before = world.free()
    done = world.advance(world.sign(world.member, world.call("Utility", "batch_all", inner), 1))
    (paid,) = events_of(done, TransactionFeePaid)
    assert world.free() == before - paid.actual_fee < before  # type: ignore[attr-defined]


def test_whoever_cannot_pay_first_reports_nothing(world: World) -> None:
    done = world.advance(world.sign(world.member, world.commit(), 1))
    assert len(events_of(done, Withdraw)) == 1, "the fee is taken, and comes back"


class Selling(MemoryChain):
    """The second account is a provider; the first is the author."""

    def __init__(self) -> None:
        super().__init__(3, RICH)
        self.seller, self.other = self.pairs[1], self.pairs[2]
        joined = self.call("Providers", "register_provider", info(self.seller.public), 200 * UNIT)
        self.advance(self.sign(self.seller, joined, 0))

    def beat(self) -> bytes:
        return self.call("Providers", "heartbeat", bytes(32), 0)


def test_the_first_heartbeat_of_an_interval_costs_nothing_and_any_other_its_fee() -> None:
    """Nobody fills blocks with them: one provider has one free heartbeat in 50 blocks."""
    world = Selling()

    def free(who: bytes) -> int:
        left: int = world.runtime().balances.free(who)
        return left

    before = free(world.seller.public)
    done = world.advance(world.sign(world.seller, world.beat(), 1))
    assert free(world.seller.public) == before
    *_, success = events_of(done, ExtrinsicSuccess)
    assert success.dispatch_info.pays_fee is Pays.NO  # type: ignore[attr-defined]
    assert success.dispatch_info.class_ is DispatchClass.OPERATIONAL  # type: ignore[attr-defined]
    again = world.sign(world.seller, world.beat(), 2)
    done = world.advance(again, world.sign(world.other, world.beat(), 0))
    assert len(events_of(done, ExtrinsicFailed)) == 2
    paid = events_of(done, TransactionFeePaid)
    assert all(one.actual_fee > 0 for one in paid)  # type: ignore[attr-defined]
    assert free(world.seller.public) < before
