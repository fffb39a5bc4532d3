"""What the chain keeps of referrals, what it announces of them, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, AccountId, Balance

EPOCHS_KEPT = 84
"""Epochs for which the burn of an account's referees is known."""
MAX_CHUNKS = 30
"""Eras of one referral that vest, and what has vested in one more."""
MAX_LISTED = 1_000
"""Referees that a query lists."""


@dataclass(frozen=True, slots=True)
class Link:
    """Who brought an account, and since which era."""

    referrer: AccountId
    since: U32


@dataclass(frozen=True, slots=True)
class VestingChunk:
    """What a referee's burn earned its referrer in an era."""

    era: U32
    amount: Balance


Chunks = Annotated[tuple[VestingChunk, ...], Bounded(MAX_CHUNKS)]
"""What is on hold of one referral, the oldest first."""


@dataclass(frozen=True, slots=True)
class QualifiedBurn:
    """What the referees of an account burned in an epoch, and it was paid for."""

    epoch: U64
    amount: Balance


Burns = Annotated[tuple[QualifiedBurn, ...], Bounded(EPOCHS_KEPT)]
"""By epoch, the oldest first."""


@dataclass(frozen=True, slots=True)
class ReferredBy:
    """A referee, as its referrer sees it."""

    referee: AccountId
    since: U32
    is_active: bool
    """Whether its burn still pays: not after 180 eras, nor after a failed verification."""
    vesting: Balance
    """On hold, not yet vested."""
    claimable: Balance
    """Vested, to be claimed."""


@dataclass(frozen=True, slots=True)
class Tree:
    """An account's place among referrals: one level up, one level down, as deep as they go."""

    referrer: Link | None
    earned: Balance
    """All that its referees ever earned it."""
    referees: tuple[ReferredBy, ...]


@event
class ReferrerSet:
    """An account said who brought it."""

    referee: AccountId
    referrer: AccountId


@event
class ReferralEarned:
    """A referee's own burn earned its referrer a slice, which vests."""

    referrer: AccountId
    referee: AccountId
    amount: Balance


@event
class ReferralClaimed:
    """What a referral earned has vested and is free."""

    referrer: AccountId
    referee: AccountId
    amount: Balance


@event
class ReferralVoided:
    """The referee failed a verification: what was not claimed goes to the treasury."""

    referrer: AccountId
    referee: AccountId
    amount: Balance


EVENTS = (ReferrerSet, ReferralEarned, ReferralClaimed, ReferralVoided)


class Error(PalletError):
    """Why the pallet refused a call."""

    ALREADY_SET = 0, "The account has said who brought it; that is for ever."
    SELF_REFERRAL = 1, "Nobody brings itself."
    NOT_NEW = 2, "The account has had a job, is a provider, or has made too many transactions."
    REFERS_OTHERS = 3, "The account has brought others itself: referrals are one level deep."
    NOT_QUALIFIED = 4, "The referrer has burned less than 50 AGPU, and not provided for 30 eras."
    NOT_REFERRED = 5, "Nobody brought this account."
    NOTHING_VESTED = 6, "Nothing of this referral has vested yet."
