"""What the chain keeps of behaviour and of the pools, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.frame import PalletError, event
from runtime.frame.earnings import Rule
from runtime.frame.polls import PollIndex
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U16, U32, U64, U128, AccountId, Balance

EPOCHS_KEPT = 84
"""Closed epochs whose earnings and scores are kept: as long as availability can be claimed."""
ERAS_KEPT = 28
"""Closed eras whose pools can be claimed; what nobody claims is then the treasury's."""
WINDOW_ERAS = 28
"""Eras in which referenda ended that participation is counted over."""
ENDED_ERAS = ERAS_KEPT + WINDOW_ERAS
"""Eras whose referenda are known: the oldest claim looks back over a whole window."""
MAX_ENDED = 256
"""Referenda that count of those that end in one era; ten tracks decide on a hundred at a time."""
MAX_CASTS = 128
"""Ongoing referenda in which the turnout of an account is counted."""
CAST_ERAS = 98
"""A referendum is over in 70 eras, and its turnout can be claimed for 28 more."""
MAX_RECENT = 34
"""Votes of one referendum that may still be too late, by part of an era."""
BUCKETS_PER_ERA = 16
"""Parts of an era by which votes are dated: a vote counts as cast when its part has ended."""
MAX_RULES = 16
"""By which an account can earn; there are fewer."""
MAX_ACCURATE = 256
"""Accounts that earn accuracy points in an era: four full sets of validators."""


class Pool(Enum):
    """What a part of each mint is put aside for. The indices are on the wire: only append."""

    INFRA = 0
    """Attested upgrades, by points."""
    GOVERNANCE = 1
    """Votes in referenda, by the AMAX they were cast with."""
    ACCURACY = 2
    """Blocks and right verdicts, by points."""


@dataclass(frozen=True, slots=True)
class SubScores:
    """How an account behaved in an epoch: five scores in parts per billion."""

    compute: U32
    stake: U32
    governance: U32
    infra: U32
    referral: U32


@dataclass(frozen=True, slots=True)
class BehaviourScore:
    """The score of an account in an epoch, and what it is made of, in parts per billion."""

    epoch: U64
    is_final: bool
    """Whether the epoch is over and the score written down; before, it is what it would be now."""
    score: U32
    parts: SubScores


@dataclass(frozen=True, slots=True)
class Earned:
    """What a rule paid."""

    rule: Rule
    amount: Balance


Items = Annotated[tuple[Earned, ...], Bounded(MAX_RULES)]
"""What an account earned in an epoch, each rule once, in order of first payment."""


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What an account did and earned in an epoch."""

    earned: Items
    scores: SubScores | None
    """Known once the epoch is closed."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a list of each epoch is worked off."""

    epoch: U64
    place: U32


@dataclass(frozen=True, slots=True)
class PoolEra:
    """What came into a pool in an era, and the shares that divide it."""

    inflow: Balance
    shares: U128
    paid: Balance


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The points for which an account has its part of the infrastructure pool."""

    points: U128
    since: U32
    """The first era that they count in."""
    until: U32
    """The first era that they count no more in, unless somebody looks at them anew."""
    known_since: U32
    """Since this era the account has had points without a break,"""
    known_points: U128
    """so many at least before those of now counted."""


@dataclass(frozen=True, slots=True)
class Accurate:
    """What an account earned in an era by blocks and verdicts."""

    account: AccountId
    points: U32


AccuratePoints = Annotated[tuple[Accurate, ...], Bounded(MAX_ACCURATE)]


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote in an ongoing referendum: when, in sixteenths of an era, and with how much."""

    poll: PollIndex
    bucket: U64
    amount: Balance


@dataclass(frozen=True, slots=True)
class CountedEra:
    """The referenda that ended in an era and in which an account had voted in time."""

    era: U32
    polls: U16
    amount: U128
    """The AMAX of its votes, added up."""


@dataclass(frozen=True, slots=True)
class Casts:
    """The turnout of an account."""

    open: Annotated[tuple[Cast, ...], Bounded(MAX_CASTS)]
    counted: Annotated[tuple[CountedEra, ...], Bounded(ENDED_ERAS)]
    resolved: U32
    """Referenda that ended before this era are counted."""


NO_CASTS = Casts((), (), 0)


@dataclass(frozen=True, slots=True)
class Recent:
    """The AMAX of votes that were cast in one part of an era."""

    bucket: U64
    amount: U128


@dataclass(frozen=True, slots=True)
class PollVotes:
    """The AMAX of the votes in an ongoing referendum, in time and perhaps too late."""

    settled: U128
    recent: Annotated[tuple[Recent, ...], Bounded(MAX_RECENT)]


NO_VOTES = PollVotes(0, ())


@dataclass(frozen=True, slots=True)
class EndedPoll:
    """A referendum that was decided, and until when a vote in it was in time."""

    poll: PollIndex
    last_bucket: U64


@dataclass(frozen=True, slots=True)
class EndedEra:
    """The referenda that were decided in an era."""

    amount: U128
    """The AMAX of all votes in them that were in time."""
    polls: Annotated[tuple[EndedPoll, ...], Bounded(MAX_ENDED)]


NONE_ENDED = EndedEra(0, ())


@dataclass(frozen=True, slots=True)
class TurnoutWindow:
    """Sums over the referenda that were decided in the last 28 closed eras."""

    polls: U32
    amount: U128


@dataclass(frozen=True, slots=True)
class Claimable:
    """What an account can claim of a pool now."""

    pool: Pool
    amount: Balance


@event
class PoolEraClosed:
    """What came into a pool in an era is divided; without shares it went to the treasury."""

    pool: Pool
    era: U32
    inflow: Balance
    shares: U128


@event
class PoolSwept:
    """What nobody claimed of an era, and what did not divide, went to the treasury."""

    pool: Pool
    era: U32
    amount: Balance


@event
class PayoutClaimed:
    """An account has its part of a pool, for all eras that it had not claimed."""

    who: AccountId
    pool: Pool
    amount: Balance


@event
class Enrolled:
    """The points of an account's upgrades were looked at, and count for 28 eras."""

    who: AccountId
    points: U128
    until: U32


EVENTS = (PoolEraClosed, PoolSwept, PayoutClaimed, Enrolled)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOTHING_TO_CLAIM = 0, "The account has nothing to claim of this pool."
