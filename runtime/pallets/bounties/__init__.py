"""Bounties: money that referenda set aside for work, and curators who see that it is done."""

from runtime.pallets.bounties.pallet import Bounties
from runtime.pallets.bounties.types import (
    FUNDED,
    PROPOSED,
    Active,
    Bounty,
    BountyAwarded,
    BountyBecameActive,
    BountyCanceled,
    BountyClaimed,
    BountyRejected,
    Config,
    CuratorProposed,
    CuratorUnassigned,
    DepositPoked,
    Error,
    PendingPayout,
)

__all__ = [
    "FUNDED",
    "PROPOSED",
    "Active",
    "Bounties",
    "Bounty",
    "BountyAwarded",
    "BountyBecameActive",
    "BountyCanceled",
    "BountyClaimed",
    "BountyRejected",
    "Config",
    "CuratorProposed",
    "CuratorUnassigned",
    "DepositPoked",
    "Error",
    "PendingPayout",
]
