"""How much AMAX an epoch may create, and whose part of it is what: every step rounds down.

`budget` is the `amax_budget` of the design's integer reference, `econ.py`, which also rounds K / K*
down to ppb: a chain of a few machines would get nothing. Letters are the page's: S the issuance, K
the proven capacity. Source: design page "Economy", 5.19.
"""

from __future__ import annotations

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO
from runtime.pallets.amax_distribution.records import Parts
from runtime.primitives.types import Balance
from runtime.terms import Distributing


def budget(cap: Balance, delta: int, issuance: Balance, capacity: int, k_star: int) -> Balance:
    """Return (cap - S) δ min(1, K / K*) in planck: what an epoch may create.

    `delta` is in ppb, `capacity` in micro-CU, `k_star` in CU. Without capacity there is nothing.
    """
    most = max(0, cap - issuance) * delta // PERBILL
    strategic = k_star * MICRO
    return most * min(capacity, strategic) // strategic


def slices_of(budget_: Balance, terms: Distributing) -> Parts:
    """Divide a budget by dimension; what rounding leaves is not created."""
    return Parts(*(budget_ * part // PERBILL for part in terms.slices))


def part_of(slice_: Balance, share: int, total: int, most: int = PERBILL) -> Balance:
    """Return the part of a slice that a share is worth; at most `most` of it, in ppb."""
    return min(slice_ * share // total, slice_ * most // PERBILL) if total else 0
