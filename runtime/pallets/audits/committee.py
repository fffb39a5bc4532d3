"""How a committee decides: how large it is, when it is heard, what its verdicts come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from runtime.compute.audit import LARGER_COMMITTEE, Verdict
from runtime.pallets.audits.records import Audit, Outcome

MAX_DRAWS = 5
"""After as many draws everyone is asked, and after that nobody: an audit ends."""

OUTCOMES: Mapping[Verdict | None, Outcome] = {
    Verdict.GOOD: Outcome.GOOD,
    Verdict.BAD: Outcome.BAD,
    Verdict.MISSING: Outcome.MISSING,
}


def quorum(size: int, validators: int) -> int:
    """Return how many verdicts are enough: two thirds of those that a draw expects, rounded up."""
    return -(-2 * min(size, validators) // 3)


def outcome_of(audit: Audit, validators: int) -> Outcome | None:
    """Return what the revealed verdicts decide; None while others are to be asked.

    One mind decides for a cheat or against it at once. Contents that are missing may be missing
    on the way to a few, so that takes a majority of all, as every conflict does in the end.
    """
    verdicts = [seat.verdict for seat in audit.heard if seat.verdict is not None]
    is_enough = len(verdicts) >= quorum(audit.size, validators)
    if audit.size >= validators:
        return majority(verdicts) if is_enough else Outcome.UNDECIDED
    said = Counter(verdicts)
    if is_enough and len(said) == 1 and not said[Verdict.MISSING]:
        return OUTCOMES[verdicts[0]]
    return None


def majority(verdicts: Sequence[Verdict]) -> Outcome:
    """Return what more than half of the verdicts say."""
    ((verdict, count),) = Counter(verdicts).most_common(1)
    return OUTCOMES[verdict] if 2 * count > len(verdicts) else Outcome.UNDECIDED


def next_size(audit: Audit, validators: int) -> int:
    """Return how many to draw next: who did not show up is replaced, a conflict asks more."""
    heard = len(audit.heard)
    missing = quorum(audit.size, validators) - heard
    if audit.draws + 1 >= MAX_DRAWS:
        return validators
    if missing > 0:
        size = audit.size + min(audit.size, validators) - heard
    else:
        size = LARGER_COMMITTEE if audit.size < LARGER_COMMITTEE else validators
    return min(size, validators)
