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
ERA = Weight(reads=2)
"""The era under way, and the one that was elected."""

CHANGE = ACCOUNT + LEDGER + VOTER
"""A stake that changes, and its place among the voters."""
BOND = ACCOUNT + LEDGER + Weight(reads=2, writes=3)
UNBOND = LEDGER + VOTER + ROLE + ERA
WITHDRAW = CHANGE + ROLE + ERA + Weight(reads=4, writes=10)
"""An account with nothing left ends: its role, its keys and their owners go too."""
VALIDATE = LEDGER + VOTER + ROLE
NOMINATE = LEDGER + VOTER + ROLE + ERA + Weight(reads=MAX_NOMINATIONS)
CHILL = LEDGER + VOTER + ROLE

TAKE = ACCOUNT * 3 + WITHDRAW
"""A slash: the staker, the treasury and the reporter, and a staker that has nothing left."""
CANCEL = LEDGER + VOTER + Weight(reads=5, writes=3)
COLLECT = ACCOUNT * 2 + Weight(reads=5, writes=2)
"""What is being taken, the page that is next, and the accounts of those who share in it."""
COLLECT_ONE = WITHDRAW
"""A nominator: its stake and its place among the voters, or its end."""

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
FORGET = Weight(reads=8, writes=10)
FORGET_ONE = Weight(reads=2, writes=1)
POLL = LOOK + COLLECT_PAGE + FORGET + FORGET_ONE * MAX_PRUNED
"""What staking does when it is its turn."""

SESSION = ERA + Weight(reads=1)
BEGIN = Weight(
    reads=20 + 2 * BONDING_ERAS + MAX_OFFENDERS, writes=12 + BONDING_ERAS + MAX_OFFENDERS
)
"""Lists of slashes that may be due, what an era that ends left of its slashes, and its reward."""

PER_VOTE = Weight(reads=3, compute=90_000)
"""A node, a role and a ledger; 16 targets in the rounds and in the sweeps."""
PER_CANDIDATE = Weight(reads=2, compute=15_000)
"""Its terms and keys; its score in each of 64 rounds."""
PER_WINNER = Weight(reads=1, writes=4, compute=20_000)
"""Its exposure and terms, and a page that is not full."""
PER_PAGE = Weight(writes=1)
ELECTION = Weight(reads=280, writes=75)
"""The bags of the voters, the counters, the electorate, and what it was discounted."""


def elect(votes: int, candidates: int, winners: int) -> Weight:
    """Return what an election of this size costs at most."""
    pages = votes * MAX_NOMINATIONS // PAGE_NOMINATORS
    each = PER_VOTE * votes + PER_CANDIDATE * candidates + PER_WINNER * winners
    return ELECTION + each + PER_PAGE * pages
