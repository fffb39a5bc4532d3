"""ChildBounties: parts of a bounty, each with a curator and a payment of its own."""

from runtime.pallets.child_bounties.pallet import ChildBounties
from runtime.pallets.child_bounties.types import (
    ADDED,
    Active,
    Added,
    Awarded,
    Canceled,
    ChildBounty,
    Claimed,
    Config,
    CuratorProposed,
    Error,
    PendingPayout,
)

__all__ = [
    "ADDED",
    "Active",
    "Added",
    "Awarded",
    "Canceled",
    "ChildBounties",
    "ChildBounty",
    "Claimed",
    "Config",
    "CuratorProposed",
    "Error",
    "PendingPayout",
]
