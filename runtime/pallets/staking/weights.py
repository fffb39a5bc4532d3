"""What staking costs: the most keys that each step can read and write, held to by the bench."""

from runtime.frame import Weight
from runtime.frame.offence import MAX_OFFENDERS
from runtime.pallets.staking.records import BONDING_ERAS, MAX_NOMINATIONS, PAGE_NOMINATORS

ACCOUNT = Weight(reads=4, writes=4)
"""The holds and the account of one party, the total issuance, and what was burned."""
LEDGER = Weight(reads=1, writes=1)
VOTER = Weight(reads=9, writes=9)
"""A node of the list of voters, its neighbours, both bags and their ends, and the count."""
ROLE = Weight(reads=5, writes=3)
"""What an account does, what it did, the counters, and the least for it."""
ERA = Weight(reads=3)
"""The era under way, the one that was seated, and the one that is being elected."""

CHANGE = ACCOUNT + LEDGER + VOTER
"""A stake that changes, and its place among the voters."""
BOND = ACCOUNT + LEDGER + Weight(reads=2, writes=3)
UNBOND = LEDGER + VOTER + ROLE + ERA
WITHDRAW = CHANGE + ROLE + ERA + Weight(reads=4, writes=10)
"""An account with nothing left ends: its role, its keys and their owners go too."""
VALIDATE = LEDGER + VOTER + ROLE + Weight(reads=1)
NOMINATE = LEDGER + VOTER + ROLE + ERA + Weight(reads=MAX_NOMINATIONS)
CHILL = LEDGER + VOTER + ROLE

TAKE = ACCOUNT * 3 + WITHDRAW
"""A slash: the staker, the treasury and the reporter, and a staker that has nothing left."""
CANCEL = LEDGER + VOTER + Weight(reads=5, writes=3)
COLLECT = ACCOUNT * 2 + Weight(reads=5, writes=2)
"""What is being taken, the page that is next, and the accounts of those who share in it."""
COLLECT_ONE = WITHDRAW + Weight(reads=1, writes=1)
"""A nominator: its stake and its place among the voters, or its end, and what it lost."""

COLLECT_PAGE = COLLECT + COLLECT_ONE * PAGE_NOMINATORS

PAYOUT = Weight(reads=12, writes=4)
"""The era, its reward and points, the exposure, the terms, and what was claimed."""
PAYMENT = ACCOUNT * 2 + LEDGER + VOTER + Weight(reads=7, writes=5)
"""One staker: the pot, its own account or bond, and its history of earnings."""
PAYOUT_PAGE = PAYOUT + PAYMENT * (PAGE_NOMINATORS + 1)

TICK = Weight(reads=4, writes=1)
"""The era and the author's points."""
LOOK = Weight(reads=4)
"""Whether there is something to collect or to forget."""
MAX_PRUNED = 24
"""Entries of an old era that one block forgets: more than an era adds in as many blocks."""
FORGET = Weight(reads=9, writes=10)
FORGET_ONE = Weight(reads=2, writes=1)
POLL = LOOK + COLLECT_PAGE + FORGET + FORGET_ONE * MAX_PRUNED
"""What staking does when it is its turn."""

SESSION = ERA + Weight(reads=1)
BEGIN = Weight(
    reads=21 + 2 * BONDING_ERAS + MAX_OFFENDERS, writes=14 + BONDING_ERAS + MAX_OFFENDERS
)
"""Lists of slashes that may be due, what an era that ends left of its slashes, and its reward;
the least bonds."""

SEAT = Weight(reads=75 + 4 * MAX_OFFENDERS, writes=8 + 3 * MAX_OFFENDERS)
"""Winners: what stands behind each, what it came to owe, what those before them were discounted."""

FORCE = Weight(writes=1)
KICK = VOTER + ROLE
"""A nominator, and its place among the voters."""


def cancel(count: int) -> Weight:
    """Return what it costs to cancel so many slashes of an era."""
    return CANCEL * count + Weight(reads=4, writes=2)
