"""What referenda need from the rest of the runtime, why they refuse, and the chain's constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import EnsureOrigin, Origin, PalletError
from runtime.frame.fungible import HoldReason
from runtime.frame.origins import OriginCaller
from runtime.frame.polls import UNHEARD, TrackId, Turnout
from runtime.frame.preimages import BoundedCall
from runtime.frame.schedule import TaskAddress, TaskName
from runtime.pallets.referenda.tracks import Tracks
from runtime.primitives.types import H256, AccountId, Balance, BlockNumber


class Ledger(Protocol):
    """The token of which deposits are."""

    def hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Set `amount` aside, or raise `DispatchError`."""

    def release(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Give `amount` back."""

    def burn_held(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount`."""

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has set aside."""
        ...

    def active_issuance(self) -> Balance:
        """Return all that could vote."""
        ...


class Agenda(Protocol):
    """Where calls wait for their block."""

    def place_call(
        self,
        when: BlockNumber,
        priority: int,
        origin: OriginCaller,
        call: BoundedCall,
        name: TaskName | None = None,
    ) -> TaskAddress | None:
        """Put a call into the first agenda from a block on that has room; None if none has."""
        ...

    def cancel_task(self, address: TaskAddress, origin: Origin) -> None:
        """Take a call out, or raise `DispatchError`."""


class Library(Protocol):
    """Where preimages are."""

    def length(self, hash_: H256) -> int | None:
        """Return how long the preimage of a hash is, or None if it is not there."""
        ...


class Lockers(Protocol):
    """Those who have bound themselves to the network for a while."""

    def is_locker(self, who: AccountId) -> bool:
        """Say whether a stake of an account is locked."""
        ...


class Nobody:
    """Nobody has a stake that is locked."""

    def is_locker(self, _who: AccountId) -> bool:
        """Return that the account has none."""
        return False


NOBODY = Nobody()


class Error(PalletError):
    """Why Referenda refused a call."""

    NOT_ONGOING = 0, "The referendum does not take votes."
    HAS_DEPOSIT = 1, "The decision deposit was placed already."
    BAD_TRACK = 2, "There is no such track."
    FULL = 3, "There are too many referenda."
    QUEUE_EMPTY = 4, "No referendum of the track waits."
    BAD_REFERENDUM = 5, "There is no such referendum."
    NOTHING_TO_DO = 6, "There is nothing to do."
    NO_TRACK = 7, "No track decides on calls of this origin."
    UNFINISHED = 8, "The deposit stays until the referendum has ended."
    NO_PERMISSION = 9, "Only who submitted the referendum may do so."
    NO_DEPOSIT = 10, "There is no deposit to give back."
    BAD_STATUS = 11, "The deposit of a referendum that ended like this is not given back."
    PREIMAGE_NOT_EXIST = 12, "The preimage is not on the chain."
    PREIMAGE_STORED_WITH_DIFFERENT_LENGTH = 13, "The preimage has another length."


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of governance, fixed by the runtime."""

    submission_deposit: Balance
    """Half of it for an account with a stake that is locked: it stays to bear what it proposes."""
    undeciding_timeout: BlockNumber
    """From its submission until a referendum that nobody decides lapses."""
    late_extension: BlockNumber
    """How much longer a decision goes on that turned late."""
    tracks: Tracks
    origins: tuple[tuple[OriginCaller, TrackId], ...]
    """Which track decides on calls of an origin."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What referenda need from the rest of the runtime."""

    ledger: Ledger
    """Its active issuance is the electorate."""
    agenda: Agenda
    library: Library
    turnout: Turnout = UNHEARD
    """Who hears how referenda end."""
    lockers: Lockers = NOBODY
    """Whose locked stake makes a referendum cheaper to submit."""


@dataclass(frozen=True, slots=True)
class Powers:
    """Who may stop referenda."""

    cancel: EnsureOrigin[None]
    kill: EnsureOrigin[None]
