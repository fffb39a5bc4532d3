"""Proof of compute: how stake and proven work together weigh in the lottery for slots.

With s and c the shares that an authority has of all stake and of all canonical work:

    w = 1/2 s + 1/2 min(c, 2 s)

Work can at most double and at least halve the weight of a stake, so that neither alone decides
who writes the chain. While there is no canonical work, weight is stake alone.
Source: design page "Consensus", slots and authorship.
"""

from __future__ import annotations

WEIGHT_TOTAL = 10**9
"""What all weights sum to, less rounding: parts per billion, fine enough for 64 authorities."""

WORK_CAP = 2
"""Work counts up to twice the stake: rented machines without stake must not win the chain."""


def authority_weights(stakes: tuple[int, ...], work: tuple[int, ...]) -> tuple[int, ...]:
    """Return the weight of each authority, in parts of `WEIGHT_TOTAL`.

    The fractions are exact until the one division at the end, which floors: an authority loses
    less than one part, and the sum is above `WEIGHT_TOTAL - len(stakes)`.
    """
    assert len(stakes) == len(work), "each authority has a stake and work"
    merits = _merits(stakes, work)
    total = sum(merits)
    assert total > 0, "someone has stake"
    return tuple(WEIGHT_TOTAL * merit // total for merit in merits)


def _merits(stakes: tuple[int, ...], work: tuple[int, ...]) -> tuple[int, ...]:
    """Return w of each over the common denominator 2 * sum(stakes) * sum(work)."""
    all_stake, all_work = sum(stakes), sum(work)
    if all_work == 0:
        return stakes
    return tuple(
        stake * all_work + min(done * all_stake, WORK_CAP * stake * all_work)
        for stake, done in zip(stakes, work, strict=True)
    )
