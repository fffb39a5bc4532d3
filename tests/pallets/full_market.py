"""A market in which everything that has a bound is at it, one block before the most can happen."""

from dataclasses import replace

from runtime.compute.job import LatencyClass, Market
from runtime.constants import LIMITS
from runtime.frame import Signed
from runtime.frame.dispatch import Weight
from runtime.pallets.jobs import Conditions, JobState, Thresholds
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.conditions import MAX_DENIED, MAX_REGIONS
from runtime.pallets.jobs.due import MAX_DUE
from runtime.pallets.jobs.hook_weights import MAX_PRUNED
from runtime.pallets.jobs.orders import JOBS_PER_CLIENT
from runtime.pallets.pricing import TierInfo
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import PRICE, PROOF, ComputeMarket, info, order, output
from tests.support.bench import account

MARKETS = tuple(Market(tier, region) for tier in range(4) for region in range(16))
PROVIDERS_PER_MARKET = 64
CLIENTS = tuple(account(10_000 + i) for i in range(MAX_OPEN_JOBS // JOBS_PER_CLIENT + 2))
NOBODY = tuple(account(90_000 + i) for i in range(MAX_DENIED))
CALM = Thresholds(queue=512, wait=2**31, saturation=2**31)


class FullMarket(ComputeMarket):
    """64 markets, 4096 providers, 4096 open jobs; 32 wait for their payment, all others in lanes.

    The calls are made bare: what is filled is not what is tested.
    """

    def __init__(self) -> None:
        super().__init__(mints=True)
        self.pricing.tiers[3] = TierInfo(0, 0, 0)
        self.jobs.thresholds = CALM
        for who in CLIENTS:
            self.token.mint_into(who, 100_000 * UNIT)
        self._forgettable()
        paid = self._assigned()
        self._fill_lanes(MAX_OPEN_JOBS - len(paid))
        for place in range(PROVIDERS_PER_MARKET - 1):
            self._join_all(place + 1)
        self._bring_to_payment(paid)
        self.jobs.config = replace(self.jobs.config, era_blocks=1)
        self.jobs.thresholds = Thresholds(queue=512, wait=1, saturation=2**31)

    def hook(self) -> tuple[Weight, int, int]:
        """Run the hook of Jobs in the next block; return what it declares, reads and writes."""
        self.context.number += 1
        self.overlay.reads.clear()
        self.overlay.writes.clear()
        declared = self.jobs.on_poll(self.context.number, LIMITS.hook_picoseconds)
        return declared, len(self.overlay.reads), len(self.overlay.writes)

    def _forgettable(self) -> None:
        """Let as many jobs end as one block forgets."""
        for _ in range(MAX_PRUNED):
            self._submit(CLIENTS[0], MARKETS[0], Conditions())
            self.jobs.cancel_job(Signed(CLIENTS[0]), self.jobs.next_job_id - 1)

    def _assigned(self) -> list[int]:
        """Return jobs with a provider, as many as one block attends to, each in a market."""
        self._join_all(0)
        paid = []
        for i in range(MAX_DUE):
            self._submit(CLIENTS[-1 - i % 2], MARKETS[i], Conditions())
            paid.append(self.jobs.next_job_id - 1)
        for _ in range(2):
            self._bare_block()
        assert all(self.state(job) is JobState.ASSIGNED for job in paid)
        return paid

    def _fill_lanes(self, count: int) -> None:
        for i in range(count):
            market = MARKETS[i % len(MARKETS)]
            others = tuple(r for r in range(16) if r != market.region)[:MAX_REGIONS]
            conditions = Conditions(denied=NOBODY, regions=others)
            self._submit(CLIENTS[i % (len(CLIENTS) - 2)], market, conditions)

    def _bring_to_payment(self, paid: list[int]) -> None:
        """Let segments be committed to and verified while chance stands still."""
        of_block = self.chance.of_block
        self.chance.of_block = no_chance  # type: ignore[assignment, method-assign]
        for job in paid:
            self.jobs.start_job(Signed(self.provider_of(job)), job)
            self.jobs.commit_segment(Signed(self.provider_of(job)), job, 0, output())
        for _ in range(8):
            self._bare_block()
        for job in paid:
            self.jobs.verify(job, 0, PROOF)
        self.chance.of_block = of_block  # type: ignore[method-assign]

    def _bare_block(self) -> None:
        self.context.number += 1
        self.jobs.on_poll(self.context.number, LIMITS.hook_picoseconds)

    def _join_all(self, place: int) -> None:
        """Let one more provider join each market."""
        for i, market in enumerate(MARKETS):
            who = account(20_000 + 100 * place + i)
            self.token.mint_into(who, 1_000 * UNIT)
            joining = info(who, market=market)
            self.providers.register_provider(Signed(who), joining, 200 * UNIT)

    def _submit(self, client: bytes, market: Market, conditions: Conditions) -> None:
        now = self.context.number
        place = self.jobs.next_job_id % 512
        spec = order(
            now,
            market=market,
            latency=LatencyClass.STANDARD,
            max_price=2 * PRICE + place,
            deadline=now + 5_000 + place,
        )
        self.jobs.order_job(Signed(client), spec, None, 0, conditions)


def no_chance(_number: int) -> None:
    """Return no randomness."""
