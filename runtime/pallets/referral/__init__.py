"""Referral: who brought whom, paid out of what the one who came burns, and only then."""

from runtime.pallets.referral.pallet import Referral
from runtime.pallets.referral.ports import Accounts, Clock, Conduct, Config
from runtime.pallets.referral.records import (
    Error,
    Link,
    QualifiedBurn,
    ReferralClaimed,
    ReferralEarned,
    ReferralVoided,
    ReferredBy,
    ReferrerSet,
    Tree,
    VestingChunk,
)

__all__ = [
    "Accounts",
    "Clock",
    "Conduct",
    "Config",
    "Error",
    "Link",
    "QualifiedBurn",
    "Referral",
    "ReferralClaimed",
    "ReferralEarned",
    "ReferralVoided",
    "ReferredBy",
    "ReferrerSet",
    "Tree",
    "VestingChunk",
]
