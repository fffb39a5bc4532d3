"""What calls about tokenised assets cost: the most keys that each can read and write."""

from runtime.frame import Weight
from runtime.pallets.rwa.records import MAX_LISTED

RECORD = Weight(reads=2, writes=2)
"""An asset and the list of quotes."""
MONEY = Weight(reads=5, writes=5)
"""Accounts, holds and total issuance behind one movement of AGPU."""
TOKENS = Weight(reads=6, writes=6)
"""An asset's own record, its accounts, and those of the chain behind them."""
NAMES = Weight(reads=33)
"""The feed of AGPU, found by its name among all."""
READING = Weight(reads=3)
"""A feed, its value, and the sums behind its average."""
VALUED = READING * 2 + Weight(reads=2, writes=1)
"""The price and the reserve of an asset, what is issued of it, and its record."""
TERMS = Weight(reads=1)
"""The haircuts of all kinds."""
QUOTED = RECORD + NAMES + READING + VALUED + TERMS
"""An asset is valued by itself."""
LOT = Weight(reads=3, writes=2)
"""A vault, and the era of its last slash."""

LOOK = Weight(reads=1)
"""The list of quotes."""
ROUND = LOOK + NAMES + READING + Weight(writes=1)
"""All assets are valued, besides `VALUED` for each."""
THAWED = TOKENS + Weight(writes=1)
"""An asset whose freeze is over moves again; its record was read to value it."""
MOST = ROUND + (VALUED + THAWED) * MAX_LISTED
