"""How conduct moves a provider's numbers: reputation, uptime, and the bond that a rating asks for.

All fractions are parts per billion. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from runtime.primitives.types import Balance

PERBILL = 10**9
PRIOR = PERBILL // 2
"""The reputation of a newcomer, to which an idle provider's fades."""
HALF_LIFE_ERAS = 30
ERA_FACTOR = 977_159_968
"""2 ** (-1 / 30): what one era leaves of the distance to the prior."""
LATE_LOSS = PERBILL // 50
"""A late segment costs 2 % of the reputation."""
FAILURE_LOSS = PERBILL // 2
"""A failed verification costs half of it."""
CLIENT_SHARE = PERBILL // 20
"""The most of the window that one client may move in an era: nobody buys a name with own jobs."""
LEAST_UPTIME, FULL_UPTIME = 900_000_000, 995_000_000
"""Between these, reliability rises from a half to one; below it is nothing."""
UPTIME_BEATS = 288
"""Heartbeats in the memory of uptime: 24 epochs of 600 blocks, one each 50."""
BOND_HOURS = 48
"""Hours of revenue that a bond must be worth."""
BOND_LEFT = PERBILL * 4 // 5
"""The part of it that slashes must leave: a single absence does not end a provider's work."""
ENTRY_FEE = PERBILL // 100
"""The part of the first bond that is burned: an identity must cost something."""
MICRO = 10**6
"""Micro-CU in a CU."""


def bond_needed(rating: int, price_per_cu: Balance) -> Balance:
    """Return the bond for a rating in micro-CU per second: 48 hours of revenue at a price."""
    return rating * 3600 * BOND_HOURS * price_per_cu // MICRO


def faded(reputation: int, eras: int) -> int:
    """Let a reputation fade towards the prior: half of the distance in 30 eras."""
    distance = abs(reputation - PRIOR) >> min(eras // HALF_LIFE_ERAS, 64)
    for _ in range(eras % HALF_LIFE_ERAS):
        distance = distance * ERA_FACTOR // PERBILL
    return PRIOR + distance if reputation >= PRIOR else PRIOR - distance


def raised(reputation: int, weight: Balance, window: Balance) -> int:
    """Move a reputation towards 1 by the weight of a verified job: rep + (1 - rep) w / W."""
    return reputation + (PERBILL - reputation) * min(weight, window) // window


def lowered(reputation: int, loss: int) -> int:
    """Take the fraction `loss` of a reputation away."""
    return reputation * (PERBILL - loss) // PERBILL


def reliability(uptime: int, target: int, latency_p95: int) -> int:
    """Return how reliable a provider is: by its uptime, times by its latency.

    Below an uptime of 90 % it is nothing, there 0.5, and 1 from 99.5 % on. Twice the target latency
    and more halves it; latencies are in one unit, 0 where none was measured.
    """
    if uptime < LEAST_UPTIME:
        return 0
    span = FULL_UPTIME - LEAST_UPTIME
    half = PERBILL // 2
    by_uptime = half + half * (min(uptime, FULL_UPTIME) - LEAST_UPTIME) // span
    by_latency = max(half, min(PERBILL, target * PERBILL // max(1, latency_p95)))
    return by_uptime * by_latency // PERBILL


def performance(reliability: int, reputation: int) -> int:
    """Return by how much of its slice of a mint work earns: rel (1/2 + rep/2)."""
    return reliability * (PERBILL // 2 + reputation // 2) // PERBILL


def uptime_after(uptime: int, missed: int) -> int:
    """Return the uptime after `missed` intervals without a heartbeat and one with it."""
    for _ in range(min(missed, 8 * UPTIME_BEATS)):
        uptime -= uptime // UPTIME_BEATS
    return uptime + (PERBILL - uptime) // UPTIME_BEATS
