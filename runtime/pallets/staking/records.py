"""What the chain keeps of stakes, eras and slashes; the shapes are those that wallets know."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, ClassVar

from runtime.frame.offence import MAX_OFFENDERS, MAX_REPORTERS, IndividualExposure
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.fixed import Perbill
from runtime.primitives.schema import Bounded, Compact
from runtime.primitives.types import (
    U32,
    AccountId,
    Balance,
    CompactBalance,
    CompactU32,
    Moment,
)

STAKE_UNIT = 10**9
"""Planck that weigh one in consensus: the existential deposit, so that every stake fits 64 bits."""

MAX_WINNERS = 64
"""Validators of an era at most: as many as a session has places."""

MAX_CANDIDATES = 256
"""Accounts that may stand for election: one byte names one of them."""

MAX_VOTERS = 512
"""Accounts that an election hears, those with most at stake first: what bounds its weight."""

MAX_NOMINATIONS = 16
"""Validators that one nominator may name."""

MAX_CHUNKS = 32
"""Amounts on their way out of one bond: one for each era until the first is free."""

PAGE_NOMINATORS = 32
"""Nominators of one page of an exposure: what one payout pays, and one step of a slash takes."""

HISTORY_ERAS = 84
"""Eras for which a reward can be collected, and exposures are kept."""

SLASH_DEFER_ERAS = 7
"""Eras between an era's end and the slashes for what was done in it: time for a referendum."""

BONDING_ERAS = 28
"""Eras for which an offence is punished."""

UNLOCK_ERAS = BONDING_ERAS + 1
"""Eras from the last one in which a stake counts to that in which it is free: one more than its
offences are punished for, so that the last report still finds it."""

BURNED = Perbill.from_percent(50)
REWARD = Perbill.from_percent(5)
"""The reporter's part of what is not burned: more than its cost, too little to live on."""

AUTHOR_POINTS = 20
"""For a block. Source: design page "Economy", section 5.10."""


@dataclass(frozen=True, slots=True)
class ToBond:
    """Add rewards to the bond."""

    name: ClassVar[str] = "Staked"
    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class ToStash:
    """Pay rewards to the account that staked; they stay free."""

    name: ClassVar[str] = "Stash"
    index: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class ToController:
    """The same as `Stash`: a stash controls itself here."""

    name: ClassVar[str] = "Controller"
    index: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class ToAccount:
    """Pay rewards to another account."""

    name: ClassVar[str] = "Account"
    index: ClassVar[int] = 3
    account: AccountId


@dataclass(frozen=True, slots=True)
class ToNobody:
    """Collect no rewards: in the end the treasury has them."""

    name: ClassVar[str] = "None"
    index: ClassVar[int] = 4


RewardDestination = ToBond | ToStash | ToController | ToAccount | ToNobody


@dataclass(frozen=True, slots=True)
class UnlockChunk:
    """An amount that has left what counts, and the era from which it can be withdrawn."""

    value: CompactBalance
    era: CompactU32


@dataclass(frozen=True, slots=True)
class StakingLedger:
    """What an account has on hold as stake.

    The total is what counts, what is on its way out, and what is owed for slashes that wait.
    """

    stash: AccountId
    total: CompactBalance
    active: CompactBalance
    """What counts as stake from the next election on."""
    unlocking: Annotated[tuple[UnlockChunk, ...], Bounded(MAX_CHUNKS)] = ()
    legacy_claimed_rewards: Annotated[tuple[U32, ...], Bounded(0)] = ()
    """Always empty: wallets look for it. Claims are kept by era, in `claimed_rewards`."""


class Forcing(Enum):
    """Whether eras begin by the blocks. Indices are append-only."""

    NOT_FORCING = 0
    FORCE_NEW = 1
    """The next session elects; then eras begin by the blocks again."""
    FORCE_NONE = 2
    """No era begins."""
    FORCE_ALWAYS = 3
    """Each session elects."""


FORCED = (Forcing.FORCE_NEW, Forcing.FORCE_ALWAYS)


@dataclass(frozen=True, slots=True)
class ValidatorPrefs:
    """On what terms a validator takes nominations."""

    commission: Annotated[int, Compact(4)] = 0
    """The validator's part of the rewards before they are divided, in parts per billion."""
    blocked: bool = False
    """Whether it takes no new nominations."""


@dataclass(frozen=True, slots=True)
class Nominations:
    """Whom a nominator wants to validate."""

    targets: Annotated[tuple[AccountId, ...], Bounded(MAX_NOMINATIONS)]
    submitted_in: U32
    """The era in which it named them."""
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class ActiveEraInfo:
    """The era under way."""

    index: U32
    start: Moment | None = None
    """Not noted: eras are counted in blocks."""


@dataclass(frozen=True, slots=True)
class PagedExposureMetadata:
    """What stands behind a validator in an era."""

    total: CompactBalance
    own: CompactBalance
    nominator_count: U32
    page_count: U32


@dataclass(frozen=True, slots=True)
class ExposurePage:
    """A part of the nominators behind a validator in an era."""

    page_total: CompactBalance
    others: Annotated[tuple[IndividualExposure, ...], Bounded(PAGE_NOMINATORS)]


@dataclass(frozen=True, slots=True)
class EraRewardPoints:
    """By what the validators of an era divide its reward."""

    total: U32 = 0
    individual: dict[AccountId, U32] = field(default_factory=dict)


Places = Annotated[tuple[U32, ...], Bounded(MAX_OFFENDERS)]
"""Places of slashes among those that wait for an era."""

Claimed = Annotated[tuple[U32, ...], Bounded(256)]
"""Pages of an exposure."""

Targets = Annotated[tuple[MultiAddress, ...], Bounded(64)]
"""Whom a nominator names, as it may repeat itself."""

MAX_KICKED = 64
"""Nominators that one call removes: two pages of an exposure."""

Kicks = Annotated[tuple[MultiAddress, ...], Bounded(MAX_KICKED)]
"""Nominators that a validator does without."""

Owing = Annotated[tuple[tuple[AccountId, Balance], ...], Bounded(MAX_VOTERS)]
"""Accounts and what each of them owes."""


@dataclass(frozen=True, slots=True)
class UnappliedSlash:
    """What an offender and those behind it owe for an era, not taken yet."""

    validator: AccountId
    own: Balance
    others: Owing
    """Its nominators, by their part of its exposure in that era."""
    reporters: Annotated[tuple[AccountId, ...], Bounded(MAX_REPORTERS)]
    """Who is paid for the report."""
    payout: Balance
    """What they receive, if all that is owed is still there."""

    @property
    def nominated(self) -> Balance:
        """Return what nominators owe."""
        return sum(amount for _, amount in self.others)


@dataclass(frozen=True, slots=True)
class Collecting:
    """A slash of nominators that is being taken, some of them in each block."""

    era: U32
    slash: UnappliedSlash
    place: U32
    """The place of the nominator who is next."""


Unapplied = Annotated[tuple[UnappliedSlash, ...], Bounded(MAX_OFFENDERS)]

EraStarts = Annotated[tuple[tuple[U32, U32], ...], Bounded(BONDING_ERAS + 2)]
"""Eras and the first session of each."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an election may become."""

    candidates: int = MAX_CANDIDATES
    """Accounts that may be validators or stand for it."""
    nominators: int = 16_384
    """Accounts that may nominate."""
    voters: int = MAX_VOTERS
    """Accounts that an election hears."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    era_blocks: int
    session_blocks: int
    """Blocks of a session at most: one for each slot."""
    treasury: AccountId
    pot: AccountId
    """Where the validators' share of fees and of capacity payments arrives."""
    existential_deposit: Balance
    limits: Limits = Limits()
