"""What voting stores and announces; the layouts are those of `pallet_conviction_voting`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

from runtime.frame import event
from runtime.frame.metadata.shapes import CompositeDef, Field, TypeInfo
from runtime.frame.polls import PollIndex, Tally, TrackId
from runtime.primitives.compact import DecodeError
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded, Custom, Named, Product, Uint
from runtime.primitives.types import U8, U32, U128, AccountId, Balance, BlockNumber

MAX_VOTES = 64
"""Votes of one account on one track: as much as one call may have to change."""

MAX_TRACKS = 32
"""Tracks on which one account may have something locked; there are fewer."""


class Conviction(Enum):
    """For how long a voter is bound to a vote, and so by how much it counts."""

    NONE = 0
    LOCKED1X = 1
    LOCKED2X = 2
    LOCKED3X = 3
    LOCKED4X = 4
    LOCKED5X = 5
    LOCKED6X = 6

    def votes(self, amount: Balance) -> int:
        """Return how much `amount` counts: a tenth without conviction, up to six times with."""
        number: int = self.value
        return amount * number if number else amount // 10

    @property
    def lock_periods(self) -> int:
        """For how many periods the winners are bound: 0, 1, 2, 4, 8, 16, 32."""
        number: int = self.value
        return (1 << number) >> 1


@record
class Vote:
    """For or against, and with which conviction."""

    is_aye: bool
    conviction: Conviction


AYE = 1 << 7
"""The bit of a vote's byte that is set for aye; the rest is the conviction."""


def _write_vote(vote: Vote) -> bytes:
    return bytes((AYE * vote.is_aye | vote.conviction.value,))


def _read_vote(raw: bytes, offset: int) -> tuple[Vote, int]:
    number = raw[offset] & ~AYE
    if number > Conviction.LOCKED6X.value:
        raise DecodeError(f"wanted a conviction of 0 to 6, got {number}")
    return Vote(bool(raw[offset] & AYE), Conviction(number)), offset + 1


def _describe_vote(registry: Any) -> TypeInfo:
    byte = Field(None, registry.id_of(U8), "u8", ())
    return TypeInfo(("pallet_conviction_voting", "vote", "Vote"), (), CompositeDef((byte,)), ())


VoteByte = Annotated[Vote, Custom(_write_vote, _read_vote, _describe_vote, "Vote")]


@record
class Delegations:
    """What others have put into somebody's hands."""

    type_path: ClassVar[str] = "pallet_conviction_voting::types::Delegations"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Balance", Balance),)
    votes: U128 = 0
    """With conviction."""
    capital: Balance = 0
    """Without."""

    def __add__(self, other: Delegations) -> Delegations:
        """Return both together."""
        return Delegations(self.votes + other.votes, self.capital + other.capital)

    def __sub__(self, other: Delegations) -> Delegations:
        """Return what is left without the other."""
        return Delegations(self.votes - other.votes, self.capital - other.capital)

    def of(self, vote: Vote) -> tuple[int, int, int]:
        """Return the ayes, nays and support that this adds to a tally, cast like `vote`."""
        return (self.votes, 0, self.capital) if vote.is_aye else (0, self.votes, 0)


NO_DELEGATIONS = Delegations()


@record
class Standard:
    """A vote for or against."""

    index: ClassVar[int] = 0
    vote: VoteByte
    balance: Balance

    @property
    def amount(self) -> Balance:
        """All that is put up."""
        return self.balance

    @property
    def counts(self) -> tuple[int, int, int]:
        """The ayes, nays and support that it adds to a tally."""
        conviction = self.vote.conviction
        return Delegations(conviction.votes(self.balance), self.balance).of(self.vote)

    def locked_if(self, is_approved: bool) -> tuple[int, Balance] | None:
        """Return for how many periods how much is bound by the outcome: the winners' stake."""
        periods = self.vote.conviction.lock_periods
        return (periods, self.balance) if periods and self.vote.is_aye is is_approved else None


@record
class Split:
    """Two votes, for and against, without conviction."""

    index: ClassVar[int] = 1
    aye: Balance
    nay: Balance

    @property
    def amount(self) -> Balance:
        """All that is put up."""
        return self.aye + self.nay

    @property
    def counts(self) -> tuple[int, int, int]:
        """The ayes, nays and support that it adds to a tally."""
        return Conviction.NONE.votes(self.aye), Conviction.NONE.votes(self.nay), self.aye

    def locked_if(self, is_approved: bool) -> tuple[int, Balance] | None:  # noqa: ARG002
        """Return None: without conviction nobody is bound."""
        return None


@record
class SplitAbstain:
    """Votes for and against, and support for deciding either way."""

    index: ClassVar[int] = 2
    aye: Balance
    nay: Balance
    abstain: Balance

    @property
    def amount(self) -> Balance:
        """All that is put up."""
        return self.aye + self.nay + self.abstain

    @property
    def counts(self) -> tuple[int, int, int]:
        """The ayes, nays and support that it adds to a tally."""
        ayes, nays = Conviction.NONE.votes(self.aye), Conviction.NONE.votes(self.nay)
        return ayes, nays, self.aye + self.abstain

    def locked_if(self, is_approved: bool) -> tuple[int, Balance] | None:  # noqa: ARG002
        """Return the abstaining part: it counts in full as support, so it is bound like 1x."""
        return (Conviction.LOCKED1X.lock_periods, self.abstain) if self.abstain else None


AccountVote = Standard | Split | SplitAbstain


def changed(tally: Tally, added: tuple[int, int, int], sign: int = 1) -> Tally:
    """Return a tally with ayes, nays and support added, or taken away for a sign of -1."""
    ayes, nays, support = added
    return tally.changed(sign * ayes, sign * nays, sign * support)


PriorLock = Annotated[
    tuple[BlockNumber, Balance],
    Named(Product((Uint(4), Uint(16))), "pallet_conviction_voting::vote::PriorLock"),
]
"""What is still bound by votes that were removed: until which block, and how much."""

NO_LOCK = (0, 0)


def longer_lock(lock: tuple[int, int], until: BlockNumber, amount: Balance) -> tuple[int, int]:
    """Return a lock that holds as long and as much as both."""
    return max(lock[0], until), max(lock[1], amount)


@dataclass(frozen=True, slots=True)
class Casting:
    """An account that votes for itself, and perhaps for others."""

    index: ClassVar[int] = 0
    votes: Annotated[tuple[tuple[PollIndex, AccountVote], ...], Bounded(MAX_VOTES)] = ()
    """Its votes, in order of their referenda."""
    delegations: Delegations = NO_DELEGATIONS
    prior: PriorLock = NO_LOCK

    @property
    def locked(self) -> Balance:
        """The most that one of its votes binds."""
        return max([self.prior[1], *(vote.amount for _, vote in self.votes)])


@dataclass(frozen=True, slots=True)
class Delegating:
    """An account for which another votes."""

    index: ClassVar[int] = 1
    balance: Balance
    target: AccountId
    conviction: Conviction
    delegations: Delegations
    """What others put into its hands before; it counts nowhere while this account delegates."""
    prior: PriorLock

    @property
    def locked(self) -> Balance:
        """What the delegation binds."""
        return max(self.prior[1], self.balance)

    @property
    def given(self) -> Delegations:
        """What the delegate has from it."""
        return Delegations(self.conviction.votes(self.balance), self.balance)


Voting = Casting | Delegating

ClassLocks = Annotated[tuple[tuple[TrackId, Balance], ...], Bounded(MAX_TRACKS)]
"""What is bound on each track."""


@event
class Delegated:
    """An account lets another vote for it."""

    has_named_fields: ClassVar[bool] = False
    who: AccountId
    target: AccountId


@event
class Undelegated:
    """An account votes for itself again."""

    has_named_fields: ClassVar[bool] = False
    who: AccountId


@event
class Voted:
    """An account has voted."""

    who: AccountId
    vote: AccountVote


@event
class VoteRemoved:
    """An account took a vote back."""

    who: AccountId
    vote: AccountVote


@event
class VoteUnlocked:
    """What an account had bound on a track was looked at anew."""

    who: AccountId
    class_: TrackId


@event
class Seasoning:
    """An account set AMAX aside for voting; it votes when it has lain there long enough."""

    index: ClassVar[int] = 50
    who: AccountId
    amount: Balance
    since: U32


@event
class Unseasoned:
    """An account took AMAX back that it had set aside for voting."""

    index: ClassVar[int] = 51
    who: AccountId
    amount: Balance


EVENTS = (
    Delegated,
    Undelegated,
    Voted,
    VoteRemoved,
    VoteUnlocked,
    Seasoning,
    Unseasoned,
)
