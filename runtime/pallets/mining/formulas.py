"""Scores: arithmetic on parts per billion; every step rounds down.

Letters are the page's: a sub-score is min(1, x / X_ref), and the score Σ weight · sub-score.
Source: design page "Economy", 5.8.
"""

from __future__ import annotations

from runtime.pallets.mining.ports import Weights
from runtime.pallets.mining.records import BUCKETS_PER_ERA, SubScores
from runtime.primitives.types import Balance

PERBILL = 10**9
PERCENT = 100


def part(amount: int, reference: int) -> int:
    """Return min(1, amount / reference) in ppb."""
    return min(PERBILL, amount * PERBILL // reference)


def compute_score(credit: int, reference: int, reliability: int) -> int:
    """Return min(1, credit / K_ref) · rel in ppb."""
    return part(credit, reference) * reliability // PERBILL


def participation(voted: int, ended: int) -> int:
    """Return k / n in ppb: nobody took part in nothing."""
    return part(voted, ended) if ended else 0


def score(weights: Weights, parts: SubScores) -> int:
    """Return the behavioural score in ppb; it multiplies no mint."""
    return (
        weights.compute * parts.compute
        + weights.stake * parts.stake
        + weights.governance * parts.governance
        + weights.infra * parts.infra
        + weights.referral * parts.referral
    ) // PERCENT


def due(share: int, shares: int, inflow: Balance, cap: int) -> Balance:
    """Return the part of an era's pool that a share is worth; at most `cap` of it, in ppb."""
    return min(inflow * share // shares, inflow * cap // PERBILL) if shares else 0


def bucket_blocks(era_blocks: int) -> int:
    """Return in how many blocks votes are dated alike."""
    return max(1, era_blocks // BUCKETS_PER_ERA)


def last_bucket(end: int, era_blocks: int) -> int:
    """Return the last part of an era all of whose blocks are an era or more before `end`; or -1."""
    return (end - era_blocks + 1) // bucket_blocks(era_blocks) - 1
