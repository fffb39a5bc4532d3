"""What cases cost: the most keys that each step can read and write, held to by the bench."""

from runtime.frame import Weight

ACCUSED = Weight(reads=3)
"""A job, its segment and its order."""
CASE = Weight(reads=2, writes=2)
"""A case, and the number of the next or of those open."""
TIMER = Weight(reads=2, writes=2)
"""One entry of the queue of turns, and its ends."""
LEDGER = Weight(reads=6, writes=6)
"""The holds and accounts of both sides, and the total issuance."""
REARM = Weight(reads=38, writes=4)
"""A job is listed anew on the agenda of Jobs; the lists looked at for room are most of it."""
CONVICT = Weight(reads=90, writes=46)
"""A slash with its awards and what insurance pays, and a job that is queued again or ends."""

OPEN = ACCUSED + CASE + TIMER + LEDGER + REARM + Weight(reads=3, writes=3, compute=50_000)
"""A case is opened: the order is decoded, the payment held back."""
MOVE = ACCUSED + CASE + TIMER + Weight(reads=2, compute=100_000)
"""A turn is taken; hashes are folded."""
ANSWER = ACCUSED + CASE + LEDGER + REARM
"""A case is closed by an opening; the rest is the receipt's own."""
OVERDUE = ACCUSED * 2 + CASE + LEDGER + REARM + CONVICT + Weight(reads=4)
"""A turn has run out, and its case is closed."""
LOOK = ACCUSED + CASE + REARM + Weight(reads=3)
"""A case that came before the opening is looked at."""
EARLY = Weight(reads=1, writes=1)
"""The list of early cases."""
TICK = Weight(reads=2, writes=1)
"""The ends of the queue, and how many cases are open."""
