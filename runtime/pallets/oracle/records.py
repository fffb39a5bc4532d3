"""What the oracle keeps: feeds, who reports them, reports on their way, and accepted values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Protocol

from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U8,
    U32,
    U128,
    UNIT,
    AccountId,
    Balance,
    BlockNumber,
    Moment,
)
from runtime.terms import Reporting

FeedId = U32

MAX_MEMBERS = 21
"""Members, those that are jailed included: a median of more is not safer, only dearer."""
MAX_FEEDS = 32
"""Feeds; with eight a block, the work of a round is done in four of its twenty."""
MAX_CHUNKS = 8
"""Parts of a bond on their way out: a slash looks at each."""
MAX_SNAPSHOTS = 26
"""The sums at the start of each of 24 epochs, one before them, and the newest."""
OFFENCES_KEPT = 3
"""So many outliers within the window remove a member."""
MAX_VALUE = 10**27
"""The largest value: its sum over all blocks that a number can count still fits 128 bits."""
MAX_NAME_BYTES = MAX_SOURCE_BYTES = 32
MAX_DECIMALS = 18

FeedName = Annotated[bytes, Bounded(MAX_NAME_BYTES)]
Source = Annotated[bytes, Bounded(MAX_SOURCE_BYTES)]


@dataclass(frozen=True, slots=True)
class Feed:
    """A number that members report."""

    name: FeedName
    """Such as `agpu/usd`."""
    decimals: U8
    """Digits of its values behind the point."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a member says of a feed."""

    value: U128
    """In units of the feed's last decimal."""
    observed_at: Moment
    """When its source had this value, in ms since 1970."""
    source: Source
    """Where the value is from, in the member's words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A member's commitment in a round, and its report once it is shown."""

    who: AccountId
    sealed: H256
    report: Report | None


Entries = Annotated[tuple[Entry, ...], Bounded(MAX_MEMBERS)]


@dataclass(frozen=True, slots=True)
class Price:
    """The value of a feed that was accepted last."""

    value: U128
    observed_at: Moment
    """When the source of the median had it."""
    updated_at: BlockNumber
    """The block in which it was accepted."""
    round: U32
    reports: U8
    is_healthy: bool
    """Whether the last round with reports was accepted; otherwise this value is only held."""
    cumulative: U128
    """The sum of value times blocks, up to the block of the update."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The sum of value times blocks at a block."""

    block: BlockNumber
    cumulative: U128


Snapshots = Annotated[tuple[Snapshot, ...], Bounded(MAX_SNAPSHOTS)]


class MemberStatus(Enum):
    """Whether a member reports. Indices are append-only."""

    APPROVED = 0
    """Has a seat and no bond yet."""
    ACTIVE = 1
    """Reports."""
    JAILED = 2
    """Was silent for too long, or lost too much of its bond."""
    REMOVED = 3
    """Lost its seat; may only withdraw."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a bond on its way out, still liable until then."""

    era: U32
    """The era from which it can be withdrawn."""
    amount: Balance


@dataclass(frozen=True, slots=True)
class Member:
    """An account that reports, or did."""

    status: MemberStatus
    bond: Balance
    unbonding: Annotated[tuple[Chunk, ...], Bounded(MAX_CHUNKS)]
    missed: U8
    """Rounds in a row in which it revealed nothing."""
    jailed_until: BlockNumber
    outlier_rounds: Annotated[tuple[U32, ...], Bounded(OFFENCES_KEPT)]
    """The last rounds in which it was far off."""
    earned: Balance
    """What it can claim."""

    @property
    def total(self) -> Balance:
        """Everything it has on hold."""
        return self.bond + sum(chunk.amount for chunk in self.unbonding)


NEWCOMER = Member(MemberStatus.APPROVED, 0, (), 0, 0, (), 0)
"""The record of a member that was approved just now."""

Points = tuple[AccountId, U32]
"""A member that revealed something in a round, and how many of its reports were accurate."""

Tally = Annotated[tuple[Points, ...], Bounded(MAX_MEMBERS)]


class Fault(Enum):
    """What a member is slashed for. Indices are append-only."""

    NOT_REVEALED = 0
    """It committed to a report and did not show it."""
    OUTLIER = 1
    """It was more than a tenth off an accepted median."""
    WRONG_VERDICT = 2
    """It attested the opposite of what a committee decided."""
    NO_VERDICT = 3
    """It was drawn into a committee and said nothing."""


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How a feed stands, for clients."""

    id: FeedId
    name: FeedName
    decimals: U8
    value: U128 | None
    """The accepted value; nothing where there is none or it is stale."""
    average: U128 | None
    """Over the last 24 epochs, weighted by time."""
    observed_at: Moment
    updated_at: BlockNumber
    reports: U8
    is_healthy: bool
    round: U32
    """The round that takes commitments now."""
    committed: U8
    """Commitments in it."""
    revealed: U8
    """Reports shown of the round before."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the oracle stands, for clients."""

    members: tuple[AccountId, ...]
    """Those that report."""
    jailed: tuple[AccountId, ...]
    round: U32
    round_blocks: U32
    feeds: tuple[FeedHealth, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    pot: AccountId
    """The oracles' part of every fee, and of the pay for capacity."""
    treasury: AccountId
    existential_deposit: Balance
    era_blocks: BlockNumber
    epoch_blocks: BlockNumber
    epoch_milliseconds: int
    minimum_bond: Balance = 1_000 * UNIT
    round_blocks: BlockNumber = 20
    """Two minutes to commit, two to reveal."""
    jail_rounds: int = 12
    unbonding_eras: int = 28
    outlier_eras: int = 30
    average_epochs: int = 24
    feeds_per_block: int = 8

    @property
    def epoch(self) -> BlockNumber:
        """Blocks of an epoch, or of a round where epochs are shorter, as on local chains."""
        return max(self.epoch_blocks, self.round_blocks)


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def oracle(self) -> Reporting:
        """When reports make a value."""
        ...


class Time(Protocol):
    """The time of the block."""

    @property
    def now(self) -> Moment:
        """Return it, in ms since 1970."""
        ...


class Accuracy(Protocol):
    """Where it is counted who was right."""

    def was_right(self, who: AccountId, points: int) -> None:
        """Hear that an account was right."""


class NoAccuracy:
    """Keeps nothing: for an oracle without behavioural mining."""

    def was_right(self, who: AccountId, points: int) -> None:
        """Keep nothing."""


UNSCORED = NoAccuracy()
