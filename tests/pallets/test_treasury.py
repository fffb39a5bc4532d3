"""Treasury: what may be approved, when it is paid, how it is called off."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Root, Signed
from runtime.frame.dispatch import LookupFailure
from runtime.frame.fungibles import AMAX, NATIVE
from runtime.pallets.treasury import (
    AssetSpendApproved,
    AssetSpendVoided,
    Awarded,
    Error,
    Native,
    Paid,
    Rollover,
    SpendApproved,
    Spending,
    SpendProcessed,
    UpdatedInactive,
    WithId,
)
from runtime.primitives.extrinsic import Id, Raw
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U32_MAX, UNIT
from tests.pallets.treasury_world import (
    ANNA,
    BERT,
    BIG,
    CANCELLER,
    ERA,
    MEDIUM,
    POT,
    SMALL,
    World,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_small_spend_is_paid_at_once_and_once(world: World) -> None:
    world.spend(SMALL, 5 * UNIT)
    expiry = 1 + 30 * ERA
    assert world.happened() == [AssetSpendApproved(0, Native(), 5 * UNIT, BERT, 1, expiry)]
    world.payout()
    assert world.agpu.free(BERT) == 5 * UNIT
    assert world.happened()[-1] == Paid(0, ())
    with world.refuses(Error.ALREADY_ATTEMPTED):
        world.payout()
    world.call(world.treasury.check_status, Signed(ANNA), 0)
    assert world.happened()[-1] == SpendProcessed(0)
    with world.refuses(Error.INVALID_INDEX):
        world.payout()


def test_req_73_nothing_is_paid_before_its_block(world: World) -> None:
    world.spend(SMALL, 5 * UNIT, valid_from=50)
    world.at(49)
    with world.refuses(Error.EARLY_PAYOUT):
        world.payout()
    world.at(50)
    world.payout()


@pytest.mark.parametrize("origin", [SMALL, BIG])
def test_a_spend_from_the_last_block_of_all_is_one_that_can_be_written(
    world: World, origin: Any
) -> None:
    world.spend(origin, 5 * UNIT, valid_from=U32_MAX)
    approved = world.happened()[-1]
    assert isinstance(approved, AssetSpendApproved)
    assert (approved.valid_from, approved.expire_at) == (U32_MAX, U32_MAX)
    assert decode(encode(approved, AssetSpendApproved), AssetSpendApproved) == approved


@pytest.mark.parametrize(
    "origin", [Signed(ANNA), Root(), CANCELLER, Governed(GovernanceOrigin.ECONOMIC_PARAMS)]
)
def test_req_25_only_spending_tracks_spend(world: World, origin: Any) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.spend(origin, UNIT)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.treasury.spend_local, origin, UNIT, Id(BERT))


@pytest.mark.parametrize(("origin", "most"), [(SMALL, 5), (MEDIUM, 50), (BIG, 200)])
def test_each_track_has_its_limit_for_one_spend(world: World, origin: Any, most: int) -> None:
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.spend(origin, most * UNIT + 1)
    world.spend(origin, most * UNIT)


@pytest.mark.parametrize(("origin", "amount", "times"), [(SMALL, 5, 10), (MEDIUM, 50, 2)])
def test_each_track_has_its_limit_for_28_eras(
    world: World, origin: Any, amount: int, times: int
) -> None:
    for _ in range(times):
        world.spend(origin, amount * UNIT)
    with world.refuses(Error.WINDOW_EXHAUSTED):
        world.spend(origin, UNIT)
    world.at(28 * ERA)
    world.spend(origin, UNIT)


def test_all_tracks_together_have_a_limit_for_28_eras(world: World) -> None:
    world.spend(BIG, 200 * UNIT)
    world.spend(MEDIUM, 50 * UNIT)
    world.spend(MEDIUM, 49 * UNIT)
    world.spend(SMALL, UNIT)
    with world.refuses(Error.WINDOW_EXHAUSTED):
        world.spend(SMALL, 1)


def test_new_funds_do_not_widen_a_window_that_is_open(world: World) -> None:
    world.spend(BIG, 199 * UNIT)
    world.agpu.mint_into(world.treasury.account, 10 * POT)
    with world.refuses(Error.WINDOW_EXHAUSTED):
        world.spend(BIG, UNIT + 1)
    world.spend(BIG, UNIT)


def test_a_window_slides_by_eras(world: World) -> None:
    world.spend(BIG, 100 * UNIT)
    world.at(10 * ERA)
    world.spend(BIG, 100 * UNIT)
    world.at(28 * ERA)
    world.spend(BIG, 100 * UNIT)
    with world.refuses(Error.WINDOW_EXHAUSTED):
        world.spend(BIG, UNIT)


def test_what_is_promised_is_not_promised_again(world: World) -> None:
    world.spend(SMALL, 5 * UNIT)
    world.agpu.transfer(world.treasury.account, ANNA, POT - 5 * UNIT)
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.spend(SMALL, UNIT)
    with world.refuses(Error.POT_TOO_SMALL):
        world.spend(SMALL, 5 * UNIT // 2000)


def test_a_large_spend_becomes_due_little_by_little(world: World) -> None:
    world.spend(MEDIUM, 30 * UNIT)
    with world.refuses(Error.EARLY_PAYOUT):
        world.payout()
    for era, paid in ((1, 1), (10, 10), (29, 29), (31, 30)):
        world.at(1 + era * ERA)
        world.payout()
        assert world.agpu.free(BERT) == paid * UNIT
    with world.refuses(Error.ALREADY_ATTEMPTED):
        world.payout()
    assert dict(world.treasury.streams.items()) == {}


def test_a_stream_does_not_begin_in_the_past(world: World) -> None:
    world.at(5 * ERA)
    world.spend(BIG, 90 * UNIT, valid_from=1)
    world.at(6 * ERA)
    world.payout()
    assert world.agpu.free(BERT) == UNIT


def test_a_stream_is_called_off_half_way(world: World) -> None:
    world.spend(MEDIUM, 30 * UNIT)
    world.at(1 + 10 * ERA)
    world.payout()
    world.call(world.treasury.void_spend, CANCELLER, 0)
    assert world.happened()[-1] == AssetSpendVoided(0)
    assert (world.agpu.free(BERT), world.treasury.committed) == (10 * UNIT, 0)
    with world.refuses(Error.INVALID_INDEX):
        world.call(world.treasury.void_spend, CANCELLER, 0)


def test_a_spend_that_was_paid_cannot_be_called_off(world: World) -> None:
    world.spend(SMALL, UNIT)
    world.payout()
    with world.refuses(Error.ALREADY_ATTEMPTED):
        world.call(world.treasury.void_spend, Root(), 0)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.treasury.void_spend, Signed(ANNA), 0)


def test_a_spend_that_nobody_has_paid_lapses(world: World) -> None:
    world.spend(SMALL, UNIT)
    with world.refuses(Error.NOT_ATTEMPTED):
        world.call(world.treasury.check_status, Signed(ANNA), 0)
    world.at(1 + 30 * ERA)
    with world.refuses(Error.SPEND_EXPIRED):
        world.payout()
    world.at(2 + 30 * ERA)
    world.call(world.treasury.check_status, Signed(ANNA), 0)
    assert (world.treasury.committed, world.agpu.free(BERT)) == (0, 0)


def test_an_asset_that_there_is_not_is_not_paid_and_nobody_but_accounts(world: World) -> None:
    with world.refuses(Error.FAILED_TO_CONVERT_BALANCE):
        world.call(world.treasury.spend, SMALL, WithId(9), UNIT, Id(BERT), None)
    with world.refuses(LookupFailure.CANNOT_LOOKUP):
        world.call(world.treasury.spend, SMALL, Native(), UNIT, Raw(b"x"), None)


def test_a_payment_that_is_refused_stays_due(world: World) -> None:
    world.spend(SMALL, EXISTENTIAL_DEPOSIT - 1)
    with world.refuses(Error.PAYOUT_ERROR):
        world.payout()
    world.agpu.transfer(ANNA, BERT, EXISTENTIAL_DEPOSIT)
    world.payout()


def test_a_local_spend_is_paid_at_the_end_of_the_period(world: World) -> None:
    world.call(world.treasury.spend_local, SMALL, 2 * UNIT, Id(BERT))
    assert world.happened() == [SpendApproved(0, 2 * UNIT, BERT)]
    world.at(7 * ERA - 1)
    assert world.agpu.free(BERT) == 0
    world.at(7 * ERA)
    assert world.agpu.free(BERT) == 2 * UNIT
    mine = [one for one in world.happened() if isinstance(one, Spending | Awarded | Rollover)]
    assert mine == [Spending(POT), Awarded(0, 2 * UNIT, BERT), Rollover(POT - 2 * UNIT)]


def test_a_local_spend_that_is_refused_waits(world: World) -> None:
    world.call(world.treasury.spend_local, SMALL, 1, Id(BERT))
    world.at(7 * ERA)
    assert world.treasury.approvals == (0,)
    world.call(world.treasury.remove_approval, CANCELLER, 0)
    assert (world.treasury.approvals, world.treasury.committed) == ((), 0)
    with world.refuses(Error.PROPOSAL_NOT_APPROVED):
        world.call(world.treasury.remove_approval, CANCELLER, 0)


def test_what_streams_is_no_local_spend(world: World) -> None:
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.call(world.treasury.spend_local, MEDIUM, UNIT, Id(BERT))


def test_only_so_many_local_spends_wait(world: World) -> None:
    for _ in range(100):
        world.call(world.treasury.spend_local, SMALL, 1, Id(BERT))
    with world.refuses(Error.TOO_MANY_APPROVALS):
        world.call(world.treasury.spend_local, SMALL, 1, Id(BERT))


def test_amax_of_the_treasury_does_not_vote(world: World) -> None:
    world.amax.transfer(ANNA, world.treasury.account, 4 * UNIT)
    world.at(2)
    assert world.happened() == [UpdatedInactive(0, 4 * UNIT)]
    assert world.amax.active_issuance() == 6 * UNIT
    world.amax.transfer(world.treasury.account, ANNA, 3 * UNIT)
    world.at(3)
    assert world.amax.active_issuance() == 9 * UNIT


ORIGINS = st.sampled_from([SMALL, MEDIUM, BIG])


class TreasuryMachine(RuleBasedStateMachine):
    """No sequence pays twice, promises what is not there, or spends above 3% in 28 eras."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.amax.mint_into(self.world.treasury.account, POT + EXISTENTIAL_DEPOSIT)
        self.approved: dict[Any, list[tuple[int, int]]] = {NATIVE: [], AMAX: []}

    def _try(self, method: Any, *arguments: Any) -> bool:
        try:
            self.world.call(method, *arguments)
        except DispatchError:
            return False
        return True

    @rule(
        origin=ORIGINS,
        percent=st.integers(1, 110),
        after=st.integers(0, 300),
        kind=st.sampled_from([NATIVE, AMAX]),
    )
    def spend(self, origin: Governed, percent: int, after: int, kind: Any) -> None:
        most = {SMALL: 5, MEDIUM: 50, BIG: 200}[origin] * UNIT
        now, amount = self.world.context.number, most * percent // 100
        if self._try(self.world.treasury.spend, origin, kind, amount, Id(BERT), now + after):
            self.approved[kind].append((now // ERA, amount))

    @rule(amount=st.integers(1, 5))
    def spend_local(self, amount: int) -> None:
        if self._try(self.world.treasury.spend_local, SMALL, amount * UNIT, Id(BERT)):
            self.approved[NATIVE].append((self.world.context.number // ERA, amount * UNIT))

    @rule(index=st.integers(0, 9), name=st.sampled_from(["payout", "check_status"]))
    def use(self, index: int, name: str) -> None:
        self._try(getattr(self.world.treasury, name), Signed(ANNA), index)

    @rule(index=st.integers(0, 9), name=st.sampled_from(["void_spend", "remove_approval"]))
    def call_off(self, index: int, name: str) -> None:
        self._try(getattr(self.world.treasury, name), CANCELLER, index)

    @rule(blocks=st.integers(1, 900))
    def wait(self, blocks: int) -> None:
        self.world.at(self.world.context.number + blocks)

    @invariant()
    def the_window_holds(self) -> None:
        era = self.world.context.number // ERA
        for ledger, kind in ((self.world.agpu, NATIVE), (self.world.amax, AMAX)):
            approved = self.approved[kind]
            assert sum(amount for when, amount in approved if when + 28 > era) <= POT * 3 // 100
            assert ledger.free(BERT) <= sum(amount for _, amount in approved)


TestTreasuryMachine = TreasuryMachine.TestCase
TestTreasuryMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
