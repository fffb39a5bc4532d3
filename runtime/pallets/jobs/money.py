"""What a job costs and where its fee goes: pure arithmetic on planck and parts per billion.

Every step rounds down, and the treasury takes what rounding leaves, so that a split adds up.
Source: design page "Economy", sections 4, 5.3, 5.5 and 5.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.compute.job import PERBILL, LatencyClass
from runtime.compute.price import Fee, Price, fee_of
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.jobs.records import LANE_SLOTS, Job
from runtime.primitives.types import Balance
from runtime.terms import SplitRates

LATENCY_BOOSTS = {
    LatencyClass.BATCH: 0,
    LatencyClass.STANDARD: 60,
    LatencyClass.FAST: 150,
    LatencyClass.REALTIME: 300,
}
"""Blocks that a latency class puts a job ahead."""
LEVEL_BOOST = 25
"""Blocks that each level of a client's stake puts a job ahead."""
TIP_BOOST = 200
"""Blocks that a tip of half the price, or more, puts a job ahead."""
MAX_BOOST = 600
"""Blocks that the parameter of this name is at most: what keys are counted from."""
DEPOSIT_STEEPNESS = 15
"""How many times dearer the last slot of a queue is than the first, less one."""
CANCEL_SHARE = PERBILL // 20
"""The least part of the escrow that a cancellation after assignment costs."""
FLICKER_SHARE = PERBILL // 10
"""The part of the queue deposit that a quick cancellation burns."""

REFEREE_DISCOUNT = PERBILL // 400
"""The part of its fees that a client which somebody brought has back, out of the treasury's."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where a fee goes; the parts add up to it."""

    provider: Balance
    burn: Balance
    scarcity_burn: Balance
    validators: Balance
    oracles: Balance
    stakers: Balance
    treasury: Balance


def split(fee: Fee, reputation: int, rates: SplitRates) -> Parts:
    """Divide a fee: a better reputation moves the provider's share of the base from 70 to 78 %."""
    span = rates.provider_high - rates.provider_low
    share = rates.provider_low + span * reputation // PERBILL
    provider = (
        fee.base * share // PERBILL
        + fee.scarcity * rates.scarcity_provider // PERBILL
        + fee.surge * rates.surge_provider // PERBILL
    )
    base, scarcity, surge = (
        [part * rate // PERBILL for rate in parts.all]
        for part, parts in (
            (fee.base, rates.base),
            (fee.scarcity, rates.scarcity),
            (fee.surge, rates.surge),
        )
    )
    burn, scarcity_burn = base[0] + surge[0], scarcity[0]
    validators, oracles, stakers = (base[i] + scarcity[i] + surge[i] for i in (1, 2, 3))
    spent = provider + burn + scarcity_burn + validators + oracles + stakers
    treasury = fee.total - spent
    return Parts(provider, burn, scarcity_burn, validators, oracles, stakers, treasury)


def discount(fee: Balance, treasury: Balance) -> Balance:
    """Return what a client that somebody brought has back of a fee, and of the treasury's part."""
    return min(fee * REFEREE_DISCOUNT // PERBILL, treasury)


def escrow_of(job: Job, price: Price, minimum: Balance) -> Balance:
    """Return the fee of all that a job prepays, cut in segments, at a price."""
    largest = -(-job.max_units // job.segments)
    return job.segments * fee_of(largest, price, minimum).total


def queue_key(
    submitted_at: int, latency: LatencyClass, tip: int, level: int = 0, most: int = MAX_BOOST
) -> int:
    """Return the place of a job in its queue: its age less its boost, never below zero.

    All that puts it ahead together does so by at most `most` blocks.
    """
    half = PERBILL // 2
    boost = LATENCY_BOOSTS[latency] + TIP_BOOST * min(tip, half) // half + LEVEL_BOOST * level
    return submitted_at + MAX_BOOST - min(boost, most)


def first_key(submitted_at: int, most: int) -> int:
    """Return the place of a job with the highest boost that there is."""
    return submitted_at + MAX_BOOST - most


def queue_deposit(least: Balance, waiting: int, others: int = 0) -> Balance:
    """Return the deposit for a slot behind `waiting` jobs: d (1 + 15 fill**2).

    The fill is that of the lane, or of the whole chain with `others` open jobs if that is more:
    whoever takes a few slots of every lane takes them from all.
    """
    taken = max(waiting * (MAX_OPEN_JOBS // LANE_SLOTS), others)
    return least + least * DEPOSIT_STEEPNESS * taken * taken // MAX_OPEN_JOBS**2
