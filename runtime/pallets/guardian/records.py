"""What the guardians' pallet stores and announces."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, ClassVar

from runtime.frame import event
from runtime.frame.fungibles import AssetId
from runtime.frame.polls import PollIndex
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, AccountId, Balance, BlockNumber

SEATS = 7
"""Guardians, at most."""

MAX_CANDIDATES = 32
"""Who may stand at the same time: an election sorts them all in one block."""

MAX_APPROVALS = 16
"""Candidates that one account may approve of."""

MOTIONS_EACH = 2
"""Motions under way that one guardian may have begun, so that none keeps the others from it."""

MAX_MOTIONS = SEATS * MOTIONS_EACH


@record
class WhitelistCall:
    """Let a call be made as the chain itself, once the quick track has passed it."""

    index: ClassVar[int] = 0
    call_hash: H256


@record
class Veto:
    """Postpone the call of a referendum that was approved."""

    index: ClassVar[int] = 1
    referendum: PollIndex


@record
class Brake:
    """Enter safe mode."""

    index: ClassVar[int] = 2


@record
class FreezeAsset:
    """Stop a tokenised asset for seven eras at most: it neither moves nor counts."""

    index: ClassVar[int] = 3
    asset: AssetId


Action = WhitelistCall | Veto | Brake | FreezeAsset
"""What guardians may do: there is nothing else."""


@record
class Member:
    """A guardian."""

    who: AccountId
    approval: Balance
    """AMAX that approved, when it was elected."""
    deposit: Balance


@record
class Candidate:
    """An account that stands for election."""

    id: U32
    """Counts candidacies: who stands again begins without the approvals of before."""
    who: AccountId
    deposit: Balance
    approval: Balance
    """AMAX that approves so far."""


@record
class Voter:
    """Of which candidacies an account approves, and with how much AMAX."""

    votes: Annotated[tuple[U32, ...], Bounded(MAX_APPROVALS)]
    stake: Balance


@record
class Motion:
    """An action that some guardians stand behind."""

    action: Action
    ayes: Annotated[tuple[AccountId, ...], Bounded(SEATS)]
    """In the order in which they approved."""
    end: BlockNumber
    """The last block in which others may join them."""


Members = Annotated[tuple[Member, ...], Bounded(SEATS)]
Candidates = Annotated[tuple[Candidate, ...], Bounded(MAX_CANDIDATES)]
Motions = Annotated[tuple[Motion, ...], Bounded(MAX_MOTIONS)]
Ballot = Annotated[tuple[AccountId, ...], Bounded(MAX_APPROVALS)]
"""Candidates of whom an account approves."""


class Renouncing(Enum):
    """What an account gives up."""

    MEMBER = 0
    CANDIDATE = 1


@event
class NewTerm:
    """These are the guardians until the next election, with the AMAX that approved of each."""

    new_members: tuple[tuple[AccountId, Balance], ...]


@event
class EmptyTerm:
    """Nobody was approved of by enough AMAX: there are no guardians until the next election."""


@event
class CandidateSlashed:
    """A candidate of whom hardly any AMAX approved lost its deposit."""

    candidate: AccountId
    amount: Balance


@event
class MemberKicked:
    """A referendum took an account its seat."""

    member: AccountId


@event
class Renounced:
    """An account gave up its seat or its candidacy."""

    candidate: AccountId


@event
class CandidacySubmitted:
    """An account stands for election."""

    candidate: AccountId


@event
class Voted:
    """An account approves of candidates, each with all of its stake."""

    who: AccountId
    votes: Ballot
    stake: Balance


@event
class VoterRemoved:
    """An account approves of nobody any more; its AMAX is free."""

    who: AccountId


@event
class Approved:
    """A guardian stands behind an action; so many do now."""

    action: Action
    by: AccountId
    ayes: U32


@event
class Executed:
    """Enough guardians stood behind an action: it was done."""

    action: Action


@event
class Postponed:
    """The call of a referendum will not be made before a block."""

    referendum: PollIndex
    until: BlockNumber


EVENTS = (
    NewTerm,
    EmptyTerm,
    CandidateSlashed,
    MemberKicked,
    Renounced,
    CandidacySubmitted,
    Voted,
    VoterRemoved,
    Approved,
    Executed,
    Postponed,
)
