"""Matching: waiting jobs meet idle providers by a randomness younger than both.

A job of block n is matched from block n + 2 on, so that nobody submits it to fit a draw. Eight
providers are drawn; of those that have not had the job before, the one with the largest product of
reputation and free bond gets it. The head of a lane comes first in every block; where the heads
can go to none of the drawn, a few of those behind them have their turn, others in each block.
Source: design page "Economy", section 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.frame import Weight
from runtime.pallets.jobs import weights
from runtime.pallets.jobs.ports import Candidate
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import H256, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

MATCH_DELAY = 2
"""Blocks from submission to the first draw."""
MAX_MATCHES = 32
"""Jobs looked at in one block: a hook must leave the block to its transactions."""
HEADS = 5
"""Jobs at the head of a lane that are looked at before any others."""
ROVERS = 3
"""Jobs behind them that have their turn when nobody drawn can take a head."""


class Matcher:
    """Gives waiting jobs to idle providers; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def run(self, number: BlockNumber) -> Weight:
        """Match what can be matched in a block; return what it cost at most."""
        markets = self._pallet.waiting
        randomness = self._pallet.randomness.of_block(number) if markets else None
        if randomness is None:
            return weights.LOOK
        # another market comes first in each block, so that none uses up the bound of all
        turn = number % len(markets)
        looked = 0
        for market in (*markets[turn:], *markets[:turn]):
            looked += self._serve(market, randomness, MAX_MATCHES - looked)
            if looked == MAX_MATCHES:
                break
        return weights.LOOK + weights.LANE * len(markets) + weights.MATCH * looked

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
        drawn = pallet.providers.candidates(job.market, seed)
        able = [one for one in drawn if one.free_bond >= offer.exposure]
        if not able:
            return False
        best = min(able, key=lambda one: (one.provider in job.tried, *rank(one)))
        return pallet.attempt(pallet.lifecycle.assign, number, job, best.provider, offer)


def rank(one: Candidate) -> tuple[int, bytes]:
    """Return what candidates are sorted by: the largest product first, ties by lowest account."""
    return -one.reputation * one.free_bond, one.provider
