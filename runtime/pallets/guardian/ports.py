"""What guardians need from the rest of the runtime, why they are refused, and the constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import PalletError
from runtime.frame.fungible import FreezeReason, HoldReason
from runtime.frame.fungibles import AssetId
from runtime.frame.polls import PollIndex
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import H256, AccountId, Balance, BlockNumber


class Ledger(Protocol):
    """The token that elects."""

    def total(self, who: AccountId) -> Balance:
        """Return all that `who` owns."""
        ...

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has set aside."""
        ...

    def hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Set `amount` aside, or raise `DispatchError`."""

    def release(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Give `amount` back."""

    def burn_held(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount`."""

    def set_freeze(self, reason: FreezeReason, who: AccountId, amount: Balance) -> None:
        """Keep `amount` of the balance of `who` from being spent."""

    def active_issuance(self) -> Balance:
        """Return all that could vote."""
        ...


class Seasoned(Protocol):
    """Who has set AMAX aside for voting, and since when."""

    def set_aside_by(self, who: AccountId, number: BlockNumber) -> Balance:
        """Return what an account has set aside since a block or longer."""
        ...


class Enactments(Protocol):
    """The calls of referenda that were approved and wait for their block."""

    def waits(self, referendum: PollIndex) -> bool:
        """Say whether the call of a referendum waits."""
        ...

    def postpone(self, referendum: PollIndex, blocks: BlockNumber) -> BlockNumber | None:
        """Let a call wait for so many blocks more; return its block, None if none has room."""
        ...


class Reviewed(Protocol):
    """The calls that may be made as the chain itself."""

    def allow(self, call_hash: H256) -> None:
        """Let a call be made as the chain itself, once; or raise `DispatchError`."""


class SafeMode(Protocol):
    """What lets accounts do only what is vital."""

    def begin(self) -> None:
        """Begin safe mode, or raise `DispatchError`."""


class TokenisedAssets(Protocol):
    """The tokens that stand for things outside the chain."""

    def ensure_can_freeze(self, asset: AssetId) -> None:
        """Raise `DispatchError` where an asset cannot be stopped now."""

    def freeze(self, asset: AssetId) -> None:
        """Stop an asset for a while, or raise `DispatchError`."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What guardians need from the rest of the runtime."""

    ledger: Ledger
    """Its active issuance is the electorate."""
    seasoned: Seasoned
    enactments: Enactments
    reviewed: Reviewed
    safe_mode: SafeMode
    assets: TokenisedAssets


@dataclass(frozen=True, slots=True)
class Needed:
    """How many guardians must stand behind an action, however many there are."""

    whitelist: int
    veto: int
    brake: int
    freeze: int


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of guardians, fixed by the runtime; periods in blocks."""

    term: BlockNumber
    """From one election to the next."""
    fixed: BlockNumber
    """Before an election: nobody leaves the list of candidates, for nobody could take the place."""
    season: BlockNumber
    """How long AMAX must have been set aside when it elects."""
    candidacy_deposit: Balance
    least_stake: Balance
    """AMAX with which an account may vote, at least: each voter is stored."""
    seat: Perbill
    """Of the electorate, which must approve of who gets a seat."""
    notable: Perbill
    """Of the electorate: with less approval a candidate loses its deposit."""
    needed: Needed
    motion: BlockNumber
    """For how long guardians may join a motion."""
    veto: BlockNumber
    """By how much a veto postpones a call."""
    brake_pause: BlockNumber
    """From one time that guardians enter safe mode until they may do so again."""


class Error(PalletError):
    """Why Guardian refused a call."""

    NOT_MEMBER = 0, "Only a guardian may do so."
    DUPLICATE_VOTE = 1, "The guardian stands behind this already."
    TOO_MANY_PROPOSALS = 2, "The guardian has begun as many motions as one may have under way."
    NOTHING_TO_VETO = 3, "No call of this referendum waits to be made."
    ALREADY_VETOED = 4, "The call of a referendum is postponed once."
    BRAKED_LATELY = 5, "Guardians entered safe mode not long ago."
    NO_ROOM = 6, "The agendas of those blocks are full."
    NOT_CANDIDATE = 7, "The account does not stand for election."
    DUPLICATED_CANDIDATE = 8, "The account stands for election already."
    TOO_MANY_CANDIDATES = 9, "As many accounts stand for election as may."
    CANDIDATES_FIXED = 10, "The election is near: nobody leaves the list of candidates any more."
    NO_VOTES = 11, "An account approves of one candidate at least."
    DUPLICATED_VOTE = 12, "An account approves of a candidate once."
    LOW_STAKE = 13, "The stake is less than what an account may vote with."
    NOT_SEASONED = 14, "Less was set aside for voting, long enough ago."
    MUST_BE_VOTER = 15, "The account approves of nobody."
