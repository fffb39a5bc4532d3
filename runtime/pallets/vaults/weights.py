"""What vaults cost: the most keys that each step can read and write, held to by the bench."""

from runtime.frame import Weight
from runtime.pallets.vaults.chunks import MAX_CHUNKS

CLOCK = Weight(reads=1)
"""The epoch under way."""
RECORD = Weight(reads=2, writes=2)
"""A vault, and what leaves it."""
COHORTS = Weight(reads=3, writes=3)
"""That of the vault which begins to count, that of the member, and that which the member enters."""
POSITION = Weight(reads=2, writes=2)
"""A position, and the list of those of its account."""
LEDGER = Weight(reads=4, writes=4)
"""The holds and the account of one party; the total issuance and what was burned, or a pot."""
PAY = Weight(reads=2, writes=2)
"""A pot, and what its vaults owe."""
POOLS = Weight(reads=MAX_CHUNKS, writes=MAX_CHUNKS)
"""What left in eras that no slash reaches any more; as many come back, or two move there."""
QUOTES = Weight(reads=1)
"""What tokenised assets count for."""
TOKENS = Weight(reads=6, writes=6)
"""An asset, its accounts, and those of the chain behind them."""

CREATE = LEDGER + RECORD + Weight(reads=3, writes=3)
CHANGE = CLOCK + RECORD + COHORTS + POSITION + QUOTES + LEDGER
"""A stake that comes in or leaves."""
WITHDRAW = CHANGE + POOLS + PAY
JOIN = CHANGE + TOKENS
PARTS = CHANGE + POOLS + TOKENS
"""A tokenised asset that leaves, or is taken back."""
CLAIM = CHANGE + PAY
CLOSE = LEDGER + RECORD + PAY + Weight(writes=1)

INSURED = Weight(reads=2, writes=2)
"""What claims are collected in, and how much is claimed."""
CONVICTED = RECORD + Weight(reads=4, writes=4)
"""The vault that pays, what it may pay for a provider, a claim and how much is claimed."""
PAY_CLAIM = LEDGER + INSURED + Weight(reads=1, writes=1)

SWEEP = Weight(reads=7, writes=4)
"""The hook, when an era begins: three pots, what they owe, and the treasury."""
