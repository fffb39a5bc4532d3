"""Jobs among other pallets that take all they are given: a queue with idle providers empties."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.job import Market
from runtime.construct import Runtime
from runtime.frame import Signed, Weight
from runtime.genesis_state import GenesisConfig
from runtime.pallets.jobs.matching import MATCH_DELAY
from runtime.pallets.pricing import TierInfo
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info, order
from tests.support.bench import account
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import FlatChain

MARKETS = tuple(Market(tier, region) for tier in range(2) for region in range(4))
JOBS_EACH = 2
"""As many as one provider may have at a time."""
BUYER, AUTHOR = account(90_000), pair(1).public
LONG = 10_000
"""Blocks that a provider has to start a job: none of them is taken back while a test runs."""


@dataclass
class Greedy:
    """Takes a part of what it is given in each block, in percent."""

    name: str
    percent: int

    def on_poll(self, _number: int, left: int) -> Weight:
        return Weight(compute=left * self.percent // 100_000)


def chain_with(sellers: list[bytes], tune: Callable[[Runtime], None]) -> FlatChain:
    """Return a chain of one validator, with a provider in each market."""
    genesis = GenesisConfig(
        chain=replace(CHAIN, job_start_blocks=LONG),
        agpu=tuple((who, 1_000 * UNIT) for who in (AUTHOR, BUYER, *sellers)),
        amax=((AUTHOR, UNIT),),
        validators=(AUTHOR,),
        babe_authorities=((AUTHOR, 1),),
        grandpa_authorities=((AUTHOR, 1),),
        randomness=bytes(32),
    )
    chain = FlatChain(genesis, tune)
    chain.runtime.pricing.tiers[1] = TierInfo(0, 0, 0)
    for market, who in zip(MARKETS, sellers, strict=True):
        chain.runtime.providers.register_provider(Signed(who), info(who, market=market), 200 * UNIT)
    return chain


@settings(max_examples=12, deadline=None)
@given(
    some.lists(some.integers(0, 100), max_size=24),
    some.integers(0, 24),
    some.integers(2, 30),
)
def test_a_queue_with_idle_providers_empties_whoever_else_is_polled(
    appetites: list[int], place: int, wait: int
) -> None:
    others = [Greedy(f"Greedy{n}", percent) for n, percent in enumerate(appetites)]
    place = min(place, len(others))

    def tune(runtime: Runtime) -> None:
        polled = (*others[:place], runtime.jobs, *others[place:])
        runtime.polled = polled  # type: ignore[assignment]

    sellers = [account(40_000 + n) for n in range(len(MARKETS))]
    chain = chain_with(sellers, tune)
    for _ in range(wait):
        chain.close(is_checked=False)
    for _ in range(JOBS_EACH):
        for market in MARKETS:
            spec = order(chain.number, market=market, max_price=2 * UNIT)
            chain.runtime.jobs.submit_job(Signed(BUYER), spec, None, 0)
    # its own turn matches all of them, and comes within two rounds
    for _ in range(MATCH_DELAY + 2 * (len(others) + 1)):
        chain.close(is_checked=False)
    jobs = [job for _, job in chain.runtime.jobs.jobs.items()]
    assert len(jobs) == JOBS_EACH * len(MARKETS)
    assert [job.state.name for job in jobs] == ["ASSIGNED"] * len(jobs)
    assert chain.runtime.jobs.waiting == ()
