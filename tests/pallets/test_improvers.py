"""Claims of real providers: their history, their proven work, their reputation."""

import pytest

from runtime.contributors import BASELINE_EPOCHS, OPEN_EPOCHS, Improvers
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import upgrades
from runtime.pallets.oracle import Config, Oracle
from runtime.pallets.providers import conduct
from runtime.pallets.upgrades import (
    ClaimKind,
    ClaimRefuted,
    ClaimUnshown,
    Error,
    Upgrades,
    Verdict,
)
from runtime.primitives.types import UNIT
from runtime.tracks import REGISTRIES
from tests.pallets.compute_market import ALICE, CAROL, DAVE, DEPOSIT, POTS, RICH, ComputeMarket
from tests.pallets.oracle_world import REGISTRY
from tests.support.bench import account
from tests.support.free_terms import free_terms

ERA = 30
WORK = 48 * 10**6
ROOT = bytes(32)
MEMBERS = tuple(account(200 + number) for number in range(7))


class World(ComputeMarket):
    """Carol provides; seven members of the oracle attest."""

    def __init__(self) -> None:
        super().__init__()
        config = Config(
            pot=POTS.oracles,
            treasury=POTS.treasury,
            existential_deposit=DEPOSIT,
            era_blocks=ERA,
            epoch_blocks=20,
            epoch_milliseconds=120_000,
        )
        self.oracle = self.add(
            Oracle(
                self.context,
                self.token,
                REGISTRIES,
                free_terms(self.context),
                config,
                time=self,
                index=68,
            )
        )
        improvers = Improvers(self.providers, self.chance)
        ports = upgrades.Ports(improvers, self.oracle, randomness=self.chance)
        claiming = upgrades.Config(era_blocks=ERA)
        self.upgrades = self.add(Upgrades(self.context, self.token, ports, claiming, index=69))
        self.token.build(tuple((who, RICH) for who in MEMBERS))
        for who in MEMBERS:
            self.call(self.oracle.add_member, REGISTRY, who)
            self.call(self.oracle.join, Signed(who), 1_000 * UNIT)
        self.join(CAROL)

    now = 0

    def submit(self, who: bytes = CAROL, kind: ClaimKind = ClaimKind.RENEWABLE) -> None:
        """Claim a gain of a tenth."""
        self.call(self.upgrades.submit_claim, Signed(who), kind, ROOT, ROOT, 10**8)

    def spend(self, energy_wh: int, work: int = WORK) -> None:
        """Let Carol report energy for the canonical work of an epoch, and let epochs pass."""
        self.providers.record_work(CAROL, self.chance.epoch, work)
        self.pass_blocks(self.providers.config.heartbeat_blocks)
        self.call(self.providers.heartbeat, Signed(CAROL), ROOT, energy_wh)
        self.chance.epoch += BASELINE_EPOCHS + OPEN_EPOCHS - 1

    def decide(self, verdict: Verdict = Verdict.GENUINE) -> None:
        """Let the committee of the one claim agree, and count its verdicts."""
        self.pass_blocks(2)
        review = self.upgrades.claims[0].review
        assert review is not None
        for seat in review.committee:
            self.call(self.upgrades.attest_claim, Signed(seat.oracle), 0, verdict)
        self.context.number = review.until
        self.oracle.next_round = self.oracle.current_round()
        self.call(self.upgrades.finalise_claim, Signed(ALICE), 0)


@pytest.fixture
def world() -> World:
    return World()


def test_a_baseline_is_the_average_of_what_was_proven_in_closed_epochs(world: World) -> None:
    world.chance.epoch = 40
    for epoch in (39, 38, 38 - BASELINE_EPOCHS + 1, 38 - BASELINE_EPOCHS):
        world.providers.record_work(CAROL, epoch, WORK)
    world.context.number += 14 * ERA
    world.submit()
    assert world.upgrades.claims[0].baseline == 2 * WORK // BASELINE_EPOCHS


def test_a_claim_needs_a_past_and_proven_work(world: World) -> None:
    with world.refuses(Error.NOT_PROVIDER):
        world.submit(ALICE)
    world.context.number += 14 * ERA
    with world.refuses(Error.NO_HISTORY):
        world.submit()
    world.providers.record_work(CAROL, 3, WORK)
    world.submit()
    world.join(DAVE)
    world.providers.record_work(DAVE, 3, WORK)
    with world.refuses(Error.NO_HISTORY):
        world.submit(DAVE)


def test_req_17_a_false_claim_halves_a_real_reputation_and_slashes_a_real_oracle(
    world: World,
) -> None:
    world.context.number += 14 * ERA
    world.providers.record_work(CAROL, 3, WORK)
    world.submit()
    world.pass_blocks(2)
    review = world.upgrades.claims[0].review
    assert review is not None
    for place, seat in enumerate(review.committee):
        found = Verdict.FALSE if place else Verdict.GENUINE
        world.call(world.upgrades.attest_claim, Signed(seat.oracle), 0, found)
    world.context.number = review.until
    world.oracle.next_round = world.oracle.current_round()
    before = world.providers.standing.reputation(CAROL)
    world.call(world.upgrades.finalise_claim, Signed(ALICE), 0)
    assert ClaimRefuted(0, CAROL, 100 * UNIT, 0) in world.happened()
    after = world.providers.standing.reputation(CAROL)
    assert after == conduct.lowered(before, conduct.FAILURE_LOSS)
    held = [world.token.held(HoldReason.ORACLE_BOND, one.oracle) for one in review.committee]
    assert held == [990 * UNIT, *([1_000 * UNIT] * 4)]
    assert [points for _, points in world.oracle.tally] == [1] * 4


def test_a_claim_of_efficiency_needs_energy_to_compare_with(world: World) -> None:
    world.context.number += 14 * ERA
    world.providers.record_work(CAROL, 3, WORK)
    with world.refuses(Error.NO_ENERGY):
        world.submit(kind=ClaimKind.EFFICIENCY)
    world.submit()


@pytest.mark.parametrize(
    ("after_wh", "shown"), [(100, 10**8), (190, 5 * 10**7 + 2 * 10**6 + 631_578), (50, 10**8)]
)
def test_req_22_of_a_claimed_gain_no_more_counts_than_work_per_kwh_shows(
    world: World, after_wh: int, shown: int
) -> None:
    world.context.number += 14 * ERA
    world.spend(200)
    world.submit(kind=ClaimKind.EFFICIENCY)
    before = world.upgrades.claims[0]
    assert before.efficiency == WORK * 1000 // 200
    world.spend(after_wh)
    world.decide()
    assert world.upgrades.points_of(CAROL) == before.baseline * shown // 10**9


def test_attack_of_a_paper_upgrade_a_gain_that_telemetry_does_not_show_lapses(
    world: World,
) -> None:
    """All oracles attest it, bribed or blind; the bond comes back, but nothing counts."""
    world.context.number += 14 * ERA
    world.spend(200)
    world.submit(kind=ClaimKind.EFFICIENCY)
    world.spend(200)
    world.decide()
    same = WORK * 1000 // 200
    assert ClaimUnshown(0, CAROL, same, same) in world.happened()
    assert (world.upgrades.points_of(CAROL), world.upgrades.claim_count) == (0, 0)
    assert world.token.held(HoldReason.CLAIM_BOND, CAROL) == 0


def test_epochs_without_known_energy_say_nothing_of_efficiency(world: World) -> None:
    world.context.number += 14 * ERA
    world.providers.record_work(CAROL, world.chance.epoch, WORK)
    world.chance.epoch += 1
    world.spend(400)
    improvers = Improvers(world.providers, world.chance)
    assert improvers.efficiency(CAROL) == WORK * 1000 // 400
    assert improvers.efficiency(ALICE) == 0
