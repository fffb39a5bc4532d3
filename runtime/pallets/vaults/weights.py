"""What vaults cost: the most keys that each step can read and write, held to by the bench."""

from runtime.frame import Weight
from runtime.pallets.vaults.records import MAX_CHUNKS, MAX_POSITIONS

CLOCK = Weight(reads=1)
"""The epoch under way."""
RECORD = Weight(reads=2, writes=2)
"""A vault, and what leaves it."""
COHORTS = Weight(reads=3, writes=3)
"""That of the vault which begins to count, that of the member, and that which the member enters."""
POSITION = Weight(reads=2, writes=2)
"""A position, and the list of those of its account."""
LEDGER = Weight(reads=4, writes=4)
"""The holds and the account of one party, the total issuance, and what was burned."""
PAY = Weight(reads=2, writes=2)
"""A pot, and what its vaults owe."""
POOLS = Weight(reads=MAX_CHUNKS, writes=MAX_CHUNKS)
"""What left in eras that no slash reaches any more; as many come back, or two move there."""

CREATE = LEDGER + RECORD + Weight(reads=2, writes=2)
CHANGE = CLOCK + RECORD + COHORTS + POSITION + LEDGER
"""A stake that comes in or leaves."""
WITHDRAW = CHANGE + POOLS + PAY
CLAIM = CHANGE + PAY
CLOSE = LEDGER + RECORD + PAY + Weight(writes=1)

EARN = CLOCK + Weight(reads=9, writes=7) + PAY
"""Earnings of a segment: the vaults of its market, its task and of insurance, and a cohort each."""
BACK = CLOCK + RECORD + COHORTS + POSITION + LEDGER + PAY + Weight(reads=2)
"""Earnings of a provider: the commission of its vault, and its own stake there."""
SLASH = Weight(reads=3, writes=2)
"""A slash of a provider: its vault, and what leaves it."""
LEVEL = CLOCK + Weight(reads=7)
"""The level of a client: what its market asks for, two vaults and its positions in them."""
WEIGHT = CLOCK + Weight(reads=1 + 2 * MAX_POSITIONS)
"""The weight of an account: each of its positions."""
SWEEP = Weight(reads=5, writes=3)
"""The hook, when an era begins: two pots, what they owe, and the treasury."""
