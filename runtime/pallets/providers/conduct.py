"""How conduct moves a provider's numbers: reputation, uptime, and the bond that a rating asks for.

All fractions are parts per billion. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from runtime.compute.job import LatencyClass
from runtime.primitives.types import U64_MAX, Balance
from runtime.terms import Bonding

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
P95 = 95
"""The percentile of starts that counts: one in twenty may be slow."""
LATENCY_TARGETS = (12, 6, 5, 4)
"""Blocks from assignment to start, by latency class. A provider acts on final blocks and its answer
needs one more: a small network starts in one (measured), one whose finality is three blocks behind
in four, which the fastest class must allow."""
MEASURED = (LatencyClass.FAST, LatencyClass.REALTIME)
"""Classes that are given to none whose starts do not keep them: see decision 32."""
UPTIME_BEATS = 288
"""Heartbeats in the memory of uptime: 24 epochs of 600 blocks, one each 50."""
FINE = 10**18
UPTIME_FACTORS = tuple(
    (UPTIME_BEATS - 1) ** (1 << k) * FINE // UPTIME_BEATS ** (1 << k) for k in range(12)
)
"""What 1, 2, 4 … 2048 missed intervals leave of an uptime; after 4096 nothing is left."""
TOP_UP_ERAS = 7
"""For so long a bond may stay below what prices have come to ask for."""
BOND_LEFT = PERBILL * 4 // 5
"""The part of it that slashes must leave: a single absence does not end a provider's work."""
ENTRY_FEE = PERBILL // 100
"""The part of the first bond that is burned: an identity must cost something."""
MICRO = 10**6
"""Micro-CU in a CU."""


def bond_rate(terms: Bonding, price_per_cu: Balance, pay_per_cu: Balance) -> Balance:
    """Return the bond for a CU per hour of rating, in planck.

    Hours of work are worth as much, or epochs of pay for capacity, whichever is more.
    """
    return max(terms.revenue_hours * price_per_cu, terms.capacity_epochs * pay_per_cu)


def bond_for(rating: int, rate: Balance) -> Balance:
    """Return the bond for a rating in micro-CU per second, at a rate per CU per hour."""
    return rating * 3600 * rate // MICRO


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


def slowest(latencies: tuple[int, ...]) -> tuple[int, int]:
    """Return target and percentile of the class that is furthest behind its target."""
    pairs = zip(LATENCY_TARGETS, latencies, strict=True)
    return min(pairs, key=lambda pair: pair[0] * PERBILL // max(1, pair[1]))


def certified(latencies: tuple[int, ...]) -> tuple[LatencyClass, ...]:
    """Return the latency classes that a provider may be given, by its measured starts; 0 is none.

    Batch and standard leave time and need no certificate. A fast class without a start of its own
    goes by the best of the others: whoever answers one kind of order in time can answer another,
    and its first starts in the class show whether it does.
    """
    best = min((one for one in latencies if one), default=0)
    return tuple(
        latency
        for latency, target, own in zip(LatencyClass, LATENCY_TARGETS, latencies, strict=True)
        if latency not in MEASURED or 0 < (own or best) <= target
    )


def lost(latencies: tuple[int, ...]) -> tuple[LatencyClass, ...]:
    """Return the fast classes whose own starts do not keep them."""
    return tuple(one for one in MEASURED if latencies[one.value] > LATENCY_TARGETS[one.value])


def percentile(counts: tuple[int, ...], percent: int) -> int:
    """Return the least bucket below and in which so many percent of the samples are."""
    wanted, seen = -(-sum(counts) * percent // 100), 0
    for bucket, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return bucket
    return len(counts) - 1


def performance(reliability: int, reputation: int) -> int:
    """Return by how much of its slice of a mint work earns: rel (1/2 + rep/2)."""
    return reliability * (PERBILL // 2 + reputation // 2) // PERBILL


def uptime_left(uptime: int, missed: int) -> int:
    """Return the uptime after `missed` intervals without a sign of life.

    It is rounded once, at the end: rounded at each step it could be less after a shorter silence.
    """
    left = FINE
    for factor in UPTIME_FACTORS:
        if missed & 1:
            left = left * factor // FINE
        missed >>= 1
    return 0 if missed else uptime * left // FINE


def uptime_after(uptime: int, missed: int) -> int:
    """Return the uptime after `missed` intervals without a sign of life and one with it."""
    uptime = uptime_left(uptime, missed)
    return uptime + (PERBILL - uptime) // UPTIME_BEATS


def work_per_kwh(work: int, energy_wh: int) -> int:
    """Return micro-CU per kilowatt-hour; 0 where no energy is known."""
    return min(work * 1000 // energy_wh, U64_MAX) if energy_wh else 0


def part_of_energy(energy_wh: int, units: int, work: int) -> int:
    """Return the part of `units` in the energy of all `work`, in milliwatt-hours."""
    return min(energy_wh * 1000 * units // work, U64_MAX) if work else 0


def emissions(energy_mwh: int, grams_per_kwh: int) -> int:
    """Return milligrams of CO2 equivalent of milliwatt-hours."""
    return min(energy_mwh * grams_per_kwh // 1000, U64_MAX)
