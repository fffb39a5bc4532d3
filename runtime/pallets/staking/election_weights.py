"""What the steps of an election cost at most: keys read and written, and what is computed.

Measured: `tests/runtime/test_hooks.py` runs the largest election in the fullest state.
"""

from runtime.frame import Weight
from runtime.pallets.staking.ballots import PAGE_BALLOTS

MOST = Weight(compute=80_000_000)
"""What an election uses of one block: two fifths of what hooks have, so that others go on."""

LOOK = Weight(reads=14)
"""Whether an election is under way or due: the eras, the session's slots, whether one is forced."""

SNAPSHOT = Weight(reads=285, writes=3)
"""The bags of the voters, and what is kept of the election."""
PER_VOTER = Weight(reads=3, compute=10_000)
"""A node, a role and a ledger."""
PER_CANDIDATE = Weight(reads=2)
"""Its terms and its keys."""
PER_PAGE = Weight(reads=1, writes=1)
"""Votes of the snapshot: once written, once read and forgotten."""

COUNT = Weight(reads=4, writes=2)
"""The election, the candidates, and the seats."""
PER_VOTE = Weight(compute=90_000)
"""16 targets in the rounds and in the sweeps."""
PER_STANDING = Weight(compute=15_000)
"""A candidate's score in each of 64 rounds."""
PER_SEAT = Weight(writes=1, compute=20_000)
"""A winner, and who stands behind it until that is exposed."""

EXPOSE = Weight(reads=5, writes=6)
"""A winner: who stands behind it, its terms, its overview, and the sum of the era."""
PER_EXPOSED_PAGE = Weight(writes=1)


def snapshot(voters: int, candidates: int) -> Weight:
    """Return what it costs to write down who votes for whom."""
    return SNAPSHOT + PER_VOTER * voters + PER_CANDIDATE * candidates + PER_PAGE * pages_of(voters)


def count(votes: int, candidates: int, seats: int) -> Weight:
    """Return what it costs to count the votes."""
    each = PER_VOTE * votes + PER_STANDING * candidates + PER_SEAT * seats
    return COUNT + each + PER_PAGE * pages_of(votes)


def expose(pages: int) -> Weight:
    """Return what it costs to write down who stands behind a winner."""
    return EXPOSE + PER_EXPOSED_PAGE * pages


def pages_of(votes: int) -> int:
    """Return under how many keys votes lie."""
    return -(-votes // PAGE_BALLOTS)
