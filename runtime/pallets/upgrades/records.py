"""What the chain keeps of claims of better infrastructure, what it announces, why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U32,
    U64,
    U128,
    UNIT,
    AccountId,
    Balance,
    BlockNumber,
)

PERBILL = 10**9

COMMITTEE = 5
"""Oracles that are drawn to attest a claim."""
AGREEING = 4
"""Equal verdicts that decide; with fewer nothing is decided."""
MAX_CLAIMS = 4_096
"""Claims on the chain; each holds a bond."""
MAX_DRAWS = 64
"""Claims that wait for their committee: sixteen blocks of draws, far within the randomness kept."""
LIFETIME_ERAS = 365
"""Eras over which points fall to nothing, in a straight line."""

ClaimId = U64


class ClaimKind(Enum):
    """What was improved. Indices are append-only."""

    COOLING = 0
    """Less power for what is not computing (PUE)."""
    EFFICIENCY = 1
    """More CU per kWh."""
    NETWORK = 2
    MEMORY = 3
    GENERATION = 4
    """Newer devices."""
    RENEWABLE = 5
    """A larger share of renewable energy."""


WEIGHTS = {
    ClaimKind.COOLING: PERBILL,
    ClaimKind.EFFICIENCY: PERBILL,
    ClaimKind.RENEWABLE: PERBILL,
    ClaimKind.NETWORK: PERBILL // 2,
    ClaimKind.MEMORY: PERBILL // 2,
    ClaimKind.GENERATION: PERBILL // 2,
}
"""What a kind counts, in ppb: half where proven capacity is paid for the gain already."""


class Verdict(Enum):
    """What an oracle found. Indices are append-only."""

    GENUINE = 0
    FALSE = 1


class Cause(Enum):
    """Why a claim is looked at. Indices are append-only."""

    SUBMITTED = 0
    CHALLENGED = 1
    AUDITED = 2
    """Drawn by chance from those that count."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A drawn oracle, and what it found."""

    oracle: AccountId
    verdict: Verdict | None


Committee = Annotated[tuple[Seat, ...], Bounded(COMMITTEE)]


@dataclass(frozen=True, slots=True)
class Review:
    """A look at a claim."""

    cause: Cause
    draw_at: BlockNumber
    """The block whose randomness draws the committee."""
    until: BlockNumber
    """The first block in which the verdicts can be counted; 0 before the draw."""
    committee: Committee
    challenger: AccountId | None


@dataclass(frozen=True, slots=True)
class Live:
    """What an accepted claim counts."""

    points: U128
    """At first; micro-CU per epoch."""
    since: U32
    """The era from which they fall."""
    place: U32
    """In the list of accepted claims."""

    def points_at(self, era: int) -> int:
        """Return what is left of the points in an era, rounded down."""
        return self.points * max(self.since + LIFETIME_ERAS - era, 0) // LIFETIME_ERAS

    @property
    def sums(self) -> Sums:
        """Return the points as a line."""
        return Sums(self.points, self.points * (self.since + LIFETIME_ERAS))

    def has_ended(self, era: int) -> bool:
        """Say whether nothing is left."""
        return era >= self.since + LIFETIME_ERAS


@dataclass(frozen=True, slots=True)
class Claim:
    """What a provider says it has improved."""

    provider: AccountId
    kind: ClaimKind
    baseline_root: H256
    """The root of its telemetry before."""
    evidence: H256
    """The hash of what shows the gain; the documents are served off the chain."""
    gain: U32
    """In ppb."""
    baseline: U64
    """Proven capacity of the provider when it claimed, in micro-CU per epoch."""
    efficiency: U64
    """Micro-CU per kWh of the provider when it claimed; 0 for claims that it says nothing of."""
    bond: Balance
    review: Review | None
    live: Live | None


@dataclass(frozen=True, slots=True)
class Sums:
    """The points of many claims, as a straight line over the eras."""

    points: U128
    """Σ points."""
    ends: U128
    """Σ points · (since + 365)."""

    def plus(self, other: Sums) -> Sums:
        """Return the sums with more claims."""
        return Sums(self.points + other.points, self.ends + other.ends)

    def minus(self, other: Sums) -> Sums:
        """Return the sums without some of their claims."""
        return Sums(self.points - other.points, self.ends - other.ends)

    def at(self, era: int) -> int:
        """Return the points in an era, rounded down.

        A claim that ended and was not swept yet counts below zero: too little, never too much.
        """
        return max(self.ends - self.points * era, 0) // LIFETIME_ERAS


NO_POINTS = Sums(0, 0)


@dataclass(frozen=True, slots=True)
class Account:
    """The accepted claims of a provider, together."""

    sums: Sums
    group: AccountId | None
    """The operator group that they count for: that of its newest claim."""


NO_CLAIMS = Account(NO_POINTS, None)


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    era_blocks: BlockNumber
    bond: Balance = 100 * UNIT
    """What a claim, or a challenge, puts at stake."""
    history_eras: int = 14
    """A provider with a shorter past has no baseline."""
    review_eras: int = 7
    draw_delay: int = 2
    """Blocks from a claim to the randomness that draws its committee."""
    draws_per_block: int = 4
    audits_per_block: int = 4
    audit_percent: int = 5
    """Of the accepted claims, in each era."""
    sweeps_per_block: int = 2
    decided_per_block: int = 4
    wrong: int = 10_000_000
    """Of an oracle's bond, in ppb, for the verdict that was overruled."""
    silent: int = 5_000_000
    """Of an oracle's bond, in ppb, for none."""
    group_divisor: int = 4
    """A group counts at most a quarter of what all others have: a fifth of the whole."""


@event
class ClaimSubmitted:
    """A provider says that it improved something; oracles will be drawn to look at it."""

    claim: ClaimId
    provider: AccountId
    kind: ClaimKind
    gain: U32
    evidence: H256


@event
class CommitteeDrawn:
    """These oracles attest a claim; their verdicts are counted in the block named, or later."""

    claim: ClaimId
    cause: Cause
    oracles: Annotated[tuple[AccountId, ...], Bounded(COMMITTEE)]
    until: BlockNumber


@event
class ClaimAttested:
    """A drawn oracle said what it found."""

    claim: ClaimId
    oracle: AccountId
    verdict: Verdict


@event
class ClaimChallenged:
    """Somebody put up a bond that a claim is false."""

    claim: ClaimId
    challenger: AccountId


@event
class AuditDrawn:
    """An accepted claim was drawn to be looked at again."""

    claim: ClaimId


@event
class ClaimAccepted:
    """A claim counts, with these points now; or, looked at again, it goes on counting."""

    claim: ClaimId
    provider: AccountId
    points: U128


@event
class ClaimRefuted:
    """A claim was found false: its bond is burned, or shared with who challenged it."""

    claim: ClaimId
    provider: AccountId
    burned: Balance
    challenger: Balance


@event
class ClaimUnshown:
    """The provider's work per kWh has not grown since it claimed that: the claim lapses."""

    claim: ClaimId
    provider: AccountId
    before: U64
    """Micro-CU per kWh, as with the claim."""
    now: U64


@event
class ClaimUndecided:
    """The oracles did not agree, or were too few: a new claim lapses, an accepted one stays."""

    claim: ClaimId


@event
class ChallengeFailed:
    """A challenged claim was genuine: the challenger's bond is the provider's, or burned."""

    claim: ClaimId
    challenger: AccountId
    burned: Balance
    provider: Balance


@event
class ClaimEnded:
    """A claim does not count any more: it was withdrawn, or its time is over."""

    claim: ClaimId
    provider: AccountId


EVENTS = (
    ClaimSubmitted,
    CommitteeDrawn,
    ClaimAttested,
    ClaimChallenged,
    AuditDrawn,
    ClaimAccepted,
    ClaimRefuted,
    ClaimUndecided,
    ChallengeFailed,
    ClaimEnded,
    ClaimUnshown,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_PROVIDER = 0, "Only a provider's own account claims for it."
    NO_HISTORY = 1, "A claim needs 14 eras of history, and proven work in the last epochs."
    GAIN_OUT_OF_RANGE = 2, "A gain is from 1 to 1,000,000,000 parts per billion."
    CLAIM_EXISTS = 3, "The provider has a claim of this kind already."
    TOO_MANY_CLAIMS = 4, "There are as many claims as the chain keeps."
    QUEUE_FULL = 5, "Too many claims wait for their committees; try again in some blocks."
    TOO_FEW_ORACLES = 6, "There are fewer oracles than a committee has seats."
    UNKNOWN_CLAIM = 7, "There is no such claim."
    NOT_DRAWN = 8, "The account was not drawn for this claim, or nobody was yet."
    ALREADY_ATTESTED = 9, "The oracle has said what it found."
    TOO_LATE = 10, "The time for verdicts is over; the claim can be finalised."
    TOO_EARLY = 11, "Verdicts are counted seven eras after the draw."
    ALREADY_CHALLENGED = 12, "Somebody has challenged the claim already."
    OWN_CLAIM = 13, "The claimant and the drawn oracles do not challenge."
    NOT_CLAIMANT = 14, "Only who made the claim withdraws it."
    UNDER_REVIEW = 15, "The claim is being looked at."
    NOT_ENDED = 16, "The claim counts, and nothing is to be decided."
    NO_ENERGY = 17, "A claim of efficiency needs energy in the last heartbeats to compare with."
