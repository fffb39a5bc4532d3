"""Matching: waiting jobs meet idle providers by a randomness younger than both.

A job of block n is matched from block n + 2 on, so that nobody submits it to fit a draw. Eight
providers are drawn. First come those that have not had the job before, then those whose operator
has not too much of the market already, then the largest product of reputation, reliability and
free bond; between equals the draw decides. The head of a lane comes first in every block; where the
heads can go to none of the drawn, a few of those behind them have their turn, others in each block.
Markets take turns: where one block stops, the next goes on. Source: design page "Economy", section
5.6, but for ties, which requirement 34 wants drawn and not given to the lowest account.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.frame import Weight
from runtime.pallets.jobs import hook_weights as weights
from runtime.pallets.jobs.lanes import order_of
from runtime.pallets.jobs.lifecycle import Offer
from runtime.pallets.jobs.ports import Candidate
from runtime.pallets.jobs.records import Job
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import H256, AccountId, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

MATCH_DELAY = 2
"""Blocks from submission to the first draw."""
HEADS = 5
"""Jobs at the head of a lane that are looked at before any others."""
ROVERS = 3
"""Jobs behind them that have their turn when nobody drawn can take a head."""
DRAWS_OF_A_JOB = 2
"""Times that providers are drawn for a job if all of the first are of operators with too much:
where a third of the idle are of others, one of sixteen is among these 998 times in 1000."""


class Matcher:
    """Gives waiting jobs to idle providers; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def run(self, number: BlockNumber, most: int) -> Weight:
        """Match waiting jobs, looking at `most` of them; return what it cost at most."""
        pallet, markets = self._pallet, self._pallet.waiting
        randomness = pallet.randomness.of_block(number) if markets else None
        if randomness is None:
            return Weight()
        order = after(markets, pallet.last_served)
        looked, last = 0, order[0]
        for market in order:
            found = self._serve(market, randomness, most - looked)
            looked += found
            if looked == most:
                last = market
                break
        if len(markets) > 1:
            pallet.last_served = last
        return weights.VISIT * len(markets) + weights.MATCH * looked

    def _serve(self, market: Market, randomness: H256, budget: int) -> int:
        """Look at up to `budget` jobs of a lane; return at how many."""
        pallet = self._pallet
        scan, position, looked, failed = pallet.lanes[market].scan, 0, 0, 0
        while looked < budget and failed < HEADS + ROVERS and pallet.providers.has_idle(market):
            items = pallet.lanes[market].items
            if position >= len(items):
                break
            looked += 1
            if not self._match(items[position].job, randomness):
                failed += 1
                position = max(position + 1, scan) if failed == HEADS else position + 1
        if failed > HEADS:
            pallet.queues.next_scan(market, position)
        return looked

    def _match(self, number: int, randomness: H256) -> bool:
        """Give a job to the best of the drawn; return whether there was one."""
        pallet = self._pallet
        job = pallet.jobs[number]
        if pallet.context.number < job.submitted_at + MATCH_DELAY:
            return False
        offer = pallet.lifecycle.offer(job)
        if offer is None:
            return False
        seed = blake2_256(randomness + number.to_bytes(8, "little") + bytes((len(job.tried),)))
        best = self.choose(number, job, offer, seed)
        if best is None:
            return False
        return pallet.attempt(pallet.lifecycle.assign, number, job, best, offer)

    def choose(self, number: int, job: Job, offer: Offer, seed: bytes) -> AccountId | None:
        """Return who should have a job; None if nobody drawn can take it."""
        pallet = self._pallet
        denied = (*pallet.conditions[number].denied, *pallet.declined[number])
        found: dict[AccountId, tuple[bool, bool, int, bytes]] = {}
        for draw in range(DRAWS_OF_A_JOB):
            drawn = pallet.providers.candidates(job.market, blake2_256(seed + bytes((draw,))))
            for one in drawn:
                is_able = one.free_bond >= offer.exposure and job.latency in one.certified
                if is_able and one.provider not in denied:
                    found[one.provider] = self._rank(job, one, seed)
            if any(not is_full for _, is_full, _, _ in found.values()):
                break
        return min(found, key=lambda who: found[who]) if found else None

    def _rank(self, job: Job, one: Candidate, seed: bytes) -> tuple[bool, bool, int, bytes]:
        """Return what candidates are sorted by: the best first, equals in the order of chance."""
        pallet, who = self._pallet, one.provider
        is_full = not pallet.running.has_room(job.market, pallet.providers.operator(who))
        worth = one.reputation * pallet.providers.standing.reliability(who) * one.free_bond
        return who in job.tried, is_full, -worth, blake2_256(seed + who)


def after(markets: tuple[Market, ...], last: Market | None) -> tuple[Market, ...]:
    """Return markets in the order of their turns: the one behind the last comes first."""
    turn = 0 if last is None else bisect_right(markets, order_of(last), key=order_of)
    return (*markets[turn:], *markets[:turn])
