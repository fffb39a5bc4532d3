"""Vaults in the market: stakers earn of jobs, are served earlier, and bear slashes of providers."""

import pytest

from runtime.compute.challenge import OPENING_LAST
from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import jobs, vaults
from runtime.pallets.jobs import JobState, SegmentSettled, money
from runtime.pallets.providers import PayoutDestination
from runtime.pallets.vaults import Insurance, OfMarket, OfProvider, OfTask
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPOSIT,
    FEE,
    MARKET,
    POTS,
    ComputeMarket,
)
from tests.pallets.staked_market import with_assets, with_vaults
from tests.pallets.vault_world import TASK

HUNDRED = 100 * UNIT
KINDS = (OfMarket(MARKET), OfTask(TASK), Insurance(), OfProvider(CAROL))


class StakedMarket(ComputeMarket):
    """The compute market with all kinds of vaults; Carol is its provider, Bob stakes in each."""

    def __init__(
        self, payout: PayoutDestination = PayoutDestination.FREE, *, mints: bool = False
    ) -> None:
        super().__init__(mints=mints)
        self.vaults = with_vaults(self)
        for number, kind in enumerate(KINDS):
            commission = 10**8 if number == 3 else None
            self.call(self.vaults.create, Signed(CAROL), kind, commission)
            self.stake(number, BOB)
        self.stake(3, CAROL)
        self.join(CAROL, payout=payout)
        self.chance.epoch += 1

    def stake(self, vault: int, who: bytes, amount: int = HUNDRED, lock: int = 28) -> None:
        asset = vaults.AGPU
        self.call(self.vaults.join, Signed(who), vault, asset, amount, lock)

    def settled(self) -> SegmentSettled:
        """Let a job of Alice's be paid; return what its event says."""
        job = self.verified()
        self.next_block()
        assert self.state(job) is JobState.COMPLETED
        return next(one for one in self.happened() if isinstance(one, SegmentSettled))

    def owed(self) -> list[int]:
        return [self.vaults.vaults[number].owed for number in range(4)]


def test_req_39_the_stakers_part_of_a_settled_job_is_its_vaults() -> None:
    world = StakedMarket()
    assert world.owed() == [0, 0, 0, 0]
    paid = world.settled()
    access = paid.stakers * 4 // 5
    assert world.owed() == [access // 2, access // 2, paid.stakers // 5, paid.provider_paid // 10]
    assert world.token.free(POTS.stakers) == DEPOSIT + paid.stakers


def test_req_46_earnings_are_restaked_in_the_providers_own_vault() -> None:
    world = StakedMarket(PayoutDestination.VAULT)
    before, free = world.vaults.positions[3, CAROL], world.token.free(CAROL)
    paid = world.settled()
    own = paid.provider_paid - paid.provider_paid // 10
    assert world.vaults.positions[3, CAROL].held == before.held + own
    assert world.token.free(CAROL) == free
    assert world.token.held(HoldReason.VAULT, CAROL) == before.held + own + 4 * UNIT


def test_req_46_without_a_stake_there_earnings_stay_free() -> None:
    world = ComputeMarket()
    world.join(CAROL, payout=PayoutDestination.VAULT)
    free = world.token.free(CAROL)
    job = world.verified()
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    assert world.token.free(CAROL) > free


def test_req_15_and_37_an_equal_job_of_a_staker_is_matched_earlier() -> None:
    world = StakedMarket()
    plain, staked = world.submit(client=ALICE), world.submit(client=BOB)
    keys = [world.jobs.jobs[job].key for job in (plain, staked)]
    level = world.vaults.level(BOB, MARKET, TASK, 1)
    assert level == 1
    assert keys[0] - keys[1] == level * money.LEVEL_BOOST
    assert [one.job for one in world.jobs.lanes[MARKET].items] == [staked, plain]


def test_req_37_the_stake_is_divided_by_the_clients_open_jobs() -> None:
    world = StakedMarket()
    keys = [world.jobs.jobs[world.submit(client=BOB)].key for _ in range(3)]
    assert [keys[2] - key for key in keys] == [money.LEVEL_BOOST, money.LEVEL_BOOST, 0]


@pytest.mark.parametrize("level", range(9))
def test_req_37_no_job_is_put_ahead_by_more_than_the_starvation_bound(level: int) -> None:
    for latency in money.LATENCY_BOOSTS:
        key = money.queue_key(1000, latency, 10**9, level)
        assert 1000 <= key <= 1000 + money.MAX_BOOST


def test_req_40_a_premium_market_refuses_clients_below_its_level() -> None:
    world = StakedMarket()
    parameters = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
    world.call(world.vaults.set_access_level, parameters, MARKET, 1)
    world.submit(client=BOB)
    for to in (None, CAROL):
        with world.refuses(jobs.Error.VAULT_LEVEL_TOO_LOW):
            world.submit(client=ALICE, to=to)


def test_who_stands_behind_a_provider_bears_its_slashes() -> None:
    world = StakedMarket()
    world.committed()
    bond = world.providers.providers[CAROL].bond
    world.pass_blocks(OPENING_LAST + 2)
    lost = bond - world.providers.providers[CAROL].bond
    assert lost == 8 * FEE
    slashed = next(one for one in world.happened() if isinstance(one, vaults.VaultSlashed))
    whole = 2 * HUNDRED
    assert (slashed.vault, slashed.points_before) == (3, whole)
    assert slashed.loss == whole - slashed.balance_after == -(-whole * lost // bond)
    assert slashed.offence_era == 0
    world.call(world.vaults.apply_slash, Signed(ALICE), 3, CAROL)
    assert world.vaults.positions[3, CAROL].held == HUNDRED - HUNDRED * lost // bond


def test_insurance_pays_a_client_what_the_bond_of_a_cheat_cannot() -> None:
    world = StakedMarket()
    for _ in range(3):
        world.settled()
    world.providers.standing.disproved(CAROL, 99 * UNIT, BOB, 0)
    for job in (0, 1):
        world.jobs.verdicts.convict(job, 0, CAROL, DAVE)
        assert list(world.vaults.claims.items()) == [], "the bond pays while there is any"
    assert world.providers.providers[CAROL].bond == 0
    world.jobs.verdicts.convict(2, 0, CAROL, DAVE)
    assert [claim for _, claim in world.vaults.claims.items()] == [vaults.Claim(ALICE, FEE)]
    for pallet in world.pallets:
        pallet.try_state()


def test_insurance_owes_nothing_for_work_that_was_not_paid() -> None:
    world = StakedMarket()
    world.committed()
    world.providers.standing.disproved(CAROL, 100 * UNIT, BOB, 0)
    world.pass_blocks(OPENING_LAST + 2)
    assert any(isinstance(one, jobs.VerificationFailed) for one in world.happened())
    assert list(world.vaults.claims.items()) == []


def test_a_vault_bears_a_no_show_too() -> None:
    world = StakedMarket()
    world.assigned()
    world.pass_blocks(25)
    slashed = next(one for one in world.happened() if isinstance(one, vaults.VaultSlashed))
    assert slashed.loss == 2 * HUNDRED * FEE * 8 // 100 // HUNDRED
    assert world.state(0) is JobState.QUEUED


def test_what_costs_most_with_assets_stays_within_its_declared_weight() -> None:
    """Four assets in each vault, and some of each on their way out: a settlement and a no-show."""
    world = StakedMarket(PayoutDestination.VAULT, mints=True)
    for number in range(4):
        with_assets(world, world.vaults, BOB, number)
    world.chance.epoch += 1
    for number in range(4):
        world.call(world.vaults.revalue, Signed(DAVE), number, BOB)
    assert world.settled().stakers > 0
    assert all(one.earned > 0 for one in world.vaults.vaults[0].rwa)
    world.assigned(client=BOB)
    world.pass_blocks(25)
    assert len([one for one in world.happened() if isinstance(one, vaults.AssetSeized)]) == 4


def test_what_costs_most_stays_within_its_declared_weight() -> None:
    """All cohorts begin to count in the settlement, and the provider restakes what is left."""
    world = StakedMarket(PayoutDestination.VAULT, mints=True)
    world.settled()
    for number in range(4):
        world.stake(number, DAVE)
    world.chance.epoch += 1
    world.settled()
    job = world.running()
    world.call(world.jobs.cancel_job, Signed(ALICE), job)
    assert world.state(job) is JobState.CANCELLED
