"""Conviction voting: votes of AMAX, which count more the longer the voter is bound to them."""

from runtime.pallets.conviction_voting.pallet import ConvictionVoting
from runtime.pallets.conviction_voting.ports import Config, Error
from runtime.pallets.conviction_voting.types import (
    EVENTS,
    AccountVote,
    Casting,
    Conviction,
    Delegated,
    Delegating,
    Delegations,
    Seasoning,
    Split,
    SplitAbstain,
    Standard,
    Undelegated,
    Unseasoned,
    Vote,
    Voted,
    VoteRemoved,
    VoteUnlocked,
)

__all__ = [
    "EVENTS",
    "AccountVote",
    "Casting",
    "Config",
    "Conviction",
    "ConvictionVoting",
    "Delegated",
    "Delegating",
    "Delegations",
    "Error",
    "Seasoning",
    "Split",
    "SplitAbstain",
    "Standard",
    "Undelegated",
    "Unseasoned",
    "Vote",
    "VoteRemoved",
    "VoteUnlocked",
    "Voted",
]
