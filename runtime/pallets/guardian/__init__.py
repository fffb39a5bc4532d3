"""Guardian: a few elected accounts that may slow the chain down, and nothing else."""

from runtime.pallets.guardian.pallet import Guardian
from runtime.pallets.guardian.ports import Config, Error, Needed, Ports
from runtime.pallets.guardian.records import (
    Action,
    Brake,
    Candidate,
    FreezeAsset,
    Member,
    Motion,
    Renouncing,
    Veto,
    Voter,
    WhitelistCall,
)

__all__ = [
    "Action",
    "Brake",
    "Candidate",
    "Config",
    "Error",
    "FreezeAsset",
    "Guardian",
    "Member",
    "Motion",
    "Needed",
    "Ports",
    "Renouncing",
    "Veto",
    "Voter",
    "WhitelistCall",
]
