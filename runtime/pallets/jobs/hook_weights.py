"""What the hook of Jobs costs: what all that happens in a block shares, and what each part adds.

A block writes each key once, however often it changes: totals, pots and the lists of the agenda are
shared by all that the hook does, and what is left for a single job is a fraction of what the same
costs as a call. Measured on a full chain by `tests/benchmarks/bench_hook.py`, held to by the
bench of every test.
"""

from runtime.frame import Weight
from runtime.pallets.jobs.agenda import MAX_PROBES
from runtime.pallets.jobs.weights import BACKERS, EARNED, REFER, STAKERS

REWARDS = EARNED + REFER * 2 + STAKERS + BACKERS
"""What each payment adds for itself; what is minted goes to shared pots."""
MAX_MARKETS = 64
"""Markets that there are at most."""
MAX_LOOKS = 32
"""Waiting jobs of which it is asked in one block whether they should move."""
MAX_PRUNED = 16
"""Ended jobs forgotten in one block: more than are paid in one."""
MAX_MOVES = 4
"""Jobs moved in one block: whoever is short of providers moves few, and a match comes first."""

TICK = Weight(reads=8, writes=4)
"""A block in which nothing is due and nobody waits: cursors, and the randomness."""
LIST = Weight(reads=1)
"""A list of the agenda that is looked at."""
SHARED = Weight(reads=76 + MAX_PROBES, writes=40)
"""What all share: the issuance and what was burned and minted, pots, parameters, counters, factors,
and the full lists of the agenda that are passed over, of which there are 32 at most."""
ATTEND = Weight(reads=35, writes=30)
"""A job whose time has run out, at most: its record, who gave it back, its segment and place on the
agenda and in a lane; the account, holds and budget of who pays; record, place, rests, bond,
account, credit or cover of its provider; what runs in its market and was used."""
PAY = ATTEND + REWARDS
"""A segment that is paid: besides, what a payment means to rules, referrers, stakers, backers."""
MATCH = Weight(reads=80, writes=18)
"""A job looked at: its record and conditions, who gave it back, sixteen draws with a record and an
operator each; its places on the agenda and in a lane, the deposit that goes back, and the
provider's record and rests."""
VISIT = Weight(reads=2)
"""A market whose jobs have their turn: its lane, and how many are idle."""
SURVEY = Weight(reads=5 * MAX_MARKETS)
"""Load, price, average and idle providers of all markets to which jobs could move."""
LOOK = Weight(reads=2)
"""A waiting job that may move: its record and its conditions."""
MOVE = Weight(reads=8, writes=10)
"""A job moves to another market: its record and conditions, the agenda, two lanes, what waits."""
PRUNE = Weight(reads=3, writes=5)
"""An ended job is forgotten."""


OTHERS = VISIT * MAX_MARKETS + SURVEY + LOOK * MAX_LOOKS + MOVE * MAX_MOVES
"""What matching and moving cost beside the matches."""
LEAST = TICK + SHARED + LIST + PRUNE * (MAX_PRUNED + 1) + OTHERS + MATCH
"""A block in which nothing due has room, and one job is matched: less is not begun."""
DUE_SHARE = 6
"""Tenths of the room beyond the least that due work may use: a block full of payments still matches
some jobs."""


def due_limit(room: int) -> int:
    """Return the picoseconds for due work, of those for the whole hook."""
    return (room - LEAST.ref_time) * DUE_SHARE // 10


def matches_left(room: int, before: Weight) -> int:
    """Return how many jobs can be looked at once `before` is done, with all that may follow."""
    return (room - (TICK + SHARED + OTHERS + before).ref_time) // MATCH.ref_time
