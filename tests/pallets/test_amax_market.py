"""AMAX beside a market of compute: what the same contribution earns, whatever is bought."""

from runtime import contributors
from runtime.compute.price import MICRO
from runtime.frame import Signed
from runtime.frame.contribution import EraShares
from runtime.pallets.amax_distribution import AmaxDistribution, Config
from runtime.pallets.balances import Balances
from runtime.pallets.mining import Pool
from runtime.pallets.vesting import Vesting
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import ALICE, CAROL, DAVE, DEPOSIT, ComputeMarket
from tests.pallets.mining_world import ANNA, BERT, ERA, MiningWorld

CONFIG = Config(era_blocks=30)


class AmaxMarket(ComputeMarket):
    """The compute market with the second token; Carol and Dave provide."""

    def __init__(self) -> None:
        super().__init__(mints=True)
        self.amax = self.add(Balances(self.context, DEPOSIT, index=40, name="Amax"))
        self.vesting = self.add(
            Vesting(self.context, self.amax, UNIT, index=41, name="AmaxVesting")
        )
        self.distribution = self.add(
            AmaxDistribution(
                self.context,
                self.amax,
                self.vesting,
                CONFIG,
                epochs=contributors.ClosedEpochs(self.emission),
                providers=contributors.Proven(self.providers),
                behaviour=self.mining,
                terms=self.terms,
                index=78,
            )
        )
        self.amax.build((who, UNIT) for who in (ALICE, CAROL, DAVE))
        for who in (CAROL, DAVE):
            self.join(who)
        self.next_block()

    def work_an_epoch(self, *, jobs: int) -> None:
        """Let both prove the same work in the epoch under way, and sell so many jobs."""
        for who in (CAROL, DAVE):
            self.providers.record_work(who, self.chance.epoch, 90_000 * MICRO)
        for _ in range(jobs):
            self.verified()
        self.pass_blocks(20 - (self.context.number % 20))
        self.chance.epoch += 1
        self.next_block()


def minted_with(jobs: int) -> tuple[int, int, int]:
    """Return the AMAX that came into being, and the AGPU minted for work, with so many jobs."""
    world = AmaxMarket()
    for _ in range(4):
        world.work_an_epoch(jobs=jobs)
    for who in (CAROL, DAVE):
        world.call(world.distribution.claim, Signed(who))
    return (
        world.distribution.minted,
        sum(info.budget for _, info in world.distribution.epochs.items()),
        world.emission.tally.minted_work,
    )


def test_req_27_an_epoch_with_job_volume_mints_what_one_without_does() -> None:
    quiet, busy = minted_with(0), minted_with(1)
    assert quiet[:2] == busy[:2]
    assert quiet[0] > 0
    assert (quiet[2], busy[2] > 0) == (0, True)


def test_req_23_one_epoch_record_drives_both_distributions() -> None:
    world = AmaxMarket()
    for _ in range(4):
        world.work_an_epoch(jobs=0)
    budgets = dict(world.distribution.epochs.items())
    assert budgets
    for epoch, info in budgets.items():
        assert world.emission.epoch_info[epoch].capacity == info.capacity


def test_shares_of_accounts_never_add_up_to_more_than_those_of_the_era() -> None:
    world = MiningWorld()
    for era, points in enumerate((100, 90, 0, 150, 150, 40)):
        world.doings.upgraded = {ANNA: points, BERT: 7}
        for who in (ANNA, BERT):
            if points or who == BERT:
                world.call(world.mining.claim_payout, Signed(who), Pool.INFRA)
        world.mining.was_right(ANNA, era + 1)
        world.next_era()
    eras = tuple(range(1, world.context.number // ERA))
    anna, bert = (world.mining.shares_in(who, eras) for who in (ANNA, BERT))
    for one, other, era in zip(anna, bert, eras, strict=True):
        whole = world.mining.all_shares(era)
        assert one.infra + other.infra <= whole.infra
        assert one.accuracy + other.accuracy == whole.accuracy
    assert sum(one.infra for one in anna) > 0


def test_points_that_fell_count_for_eras_before_and_points_that_rose_do_not() -> None:
    world = MiningWorld()
    first = world.context.number // ERA
    for points in (100, 60, 80):
        world.doings.upgraded = {ANNA: points}
        world.call(world.mining.claim_payout, Signed(ANNA), Pool.INFRA)
        world.next_era()
    found = world.mining.shares_in(ANNA, (first, first + 1, first + 2))
    assert [one.infra for one in found] == [60, 60, 80]
    assert [world.mining.all_shares(first + n).infra for n in range(3)] == [100, 60, 80]


def test_shares_are_forgotten_with_the_pools() -> None:
    world = MiningWorld()
    world.mining.was_right(ANNA, 3)
    era = world.context.number // ERA
    world.next_era()
    assert world.mining.all_shares(era) == EraShares(3, 0, 0)
    world.next_era(28)
    assert world.mining.all_shares(era) == EraShares(0, 0, 0)
