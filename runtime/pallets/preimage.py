"""Preimage: bytes behind hashes, paid for by a deposit while nobody needs them.

A referendum names its call by hash; anyone may publish the bytes. Who notes a preimage holds a
deposit for it and gets it back; a preimage that the chain has requested stays until the chain
releases it. Names, indices and layouts are those of FRAME's `pallet_preimage`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from runtime.frame import (
    Context,
    DispatchError,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    PalletError,
    Weight,
    call,
    ensure,
    ensure_signed,
    event,
    invariant,
)
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.frame.preimages import (
    MAX_INLINE_BYTES,
    MAX_PREIMAGE_BYTES,
    BoundedCall,
    Inline,
    Lookup,
)
from runtime.primitives.hashing import IDENTITY, blake2_256
from runtime.primitives.schema import Bounded, Named, Uint
from runtime.primitives.types import H256, U32, AccountId, Balance

MAX_UPDATES = 100
"""Hashes in one call of `ensure_updated`; FRAME's bound."""

HOLD = Weight(reads=2, writes=2, compute=10_000)
"""Setting a deposit aside or giving it back: the account and its holds."""

STATUS = Weight(reads=1, writes=1, compute=5_000)


HoldConsideration = Annotated[
    int, Named(Uint(16), "frame_support::traits::tokens::fungible::HoldConsideration")
]
"""What a preimage costs while it lies here, in planck on hold."""

Ticket = tuple[AccountId, HoldConsideration]
"""Who pays for a preimage, and how much."""


@dataclass(frozen=True, slots=True)
class Unrequested:
    """Noted by an account, which may take it back at any time."""

    index: ClassVar[int] = 0
    ticket: Ticket
    len_: U32


@dataclass(frozen=True, slots=True)
class Requested:
    """Needed by the chain, `count` times over; noted or still to be noted."""

    index: ClassVar[int] = 1
    maybe_ticket: Ticket | None
    count: U32
    maybe_len: U32 | None


RequestStatus = Unrequested | Requested


def ticket_of(status: RequestStatus) -> Ticket | None:
    """Return who pays for a preimage, if anyone does."""
    return status.ticket if isinstance(status, Unrequested) else status.maybe_ticket


@dataclass(frozen=True, slots=True)
class OldUnrequested:
    """`Unrequested` as older chains wrote it."""

    name: ClassVar[str] = "Unrequested"
    index: ClassVar[int] = 0
    deposit: tuple[AccountId, Balance]
    len_: U32


@dataclass(frozen=True, slots=True)
class OldRequested:
    """`Requested` as older chains wrote it."""

    name: ClassVar[str] = "Requested"
    index: ClassVar[int] = 1
    deposit: tuple[AccountId, Balance] | None
    count: U32
    len_: U32 | None


OldRequestStatus = OldUnrequested | OldRequested


@event
class Noted:
    """A preimage was stored."""

    hash: H256


@event
class PreimageRequested:
    """The chain needs a preimage."""

    name: ClassVar[str] = "Requested"
    hash: H256


@event
class Cleared:
    """A preimage was removed."""

    hash: H256


class Error(PalletError):
    """Why Preimage refused a call."""

    TOO_BIG = 0, "The preimage is too long."
    ALREADY_NOTED = 1, "The preimage is stored already."
    NOT_AUTHORIZED = 2, "The preimage was noted by another account."
    NOT_NOTED = 3, "Nobody noted this preimage."
    REQUESTED = 4, "The preimage is needed and cannot be removed."
    NOT_REQUESTED = 5, "The preimage was not requested."
    TOO_MANY = 6, "More hashes than one call may name."
    TOO_FEW = 7, "The call names no hash."


@dataclass(frozen=True, slots=True)
class Config:
    """What a preimage costs while it lies in state."""

    base_deposit: Balance
    byte_deposit: Balance


def note_weight(bytes: bytes) -> Weight:
    """Return what noting a preimage costs: its hash, twice, and its way into the trie."""
    return STATUS + HOLD + Weight(reads=1, writes=1, compute=4 * len(bytes))


class Preimage(Pallet):
    """Bytes behind hashes."""

    events = (Noted, PreimageRequested, Cleared)
    errors = Error

    status_for: Map[H256, OldRequestStatus] = Map(hasher=IDENTITY)
    """The status of preimages as older chains wrote it; nothing is stored here."""
    request_status_for: Map[H256, RequestStatus] = Map(hasher=IDENTITY)
    """Who noted a preimage and how often it was requested, by its hash."""
    preimage_for: Map[tuple[H256, U32], Annotated[bytes, Bounded(MAX_PREIMAGE_BYTES)]] = Map(
        hasher=IDENTITY
    )
    """The bytes of a preimage, by its hash and its length."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        manager: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Preimage",
    ) -> None:
        """Hold deposits in `currency`; who passes `manager` notes and requests without one."""
        super().__init__(context, index=index, name=name)
        self.currency, self.manager, self.config = currency, manager, config

    @call(0, weight=note_weight)
    def note_preimage(self, origin: Origin, bytes: bytes) -> None:
        """Store a preimage; a deposit is held for it unless the chain has requested it."""
        self._note(bytes, self._depositor(origin))

    @call(1, weight=STATUS + HOLD + Weight(writes=1))
    def unnote_preimage(self, origin: Origin, hash_: H256) -> None:
        """Take your deposit back; the preimage goes unless the chain needs it."""
        who = self._depositor(origin)
        status = self.status(hash_)
        if status is None:
            raise DispatchError(Error.NOT_NOTED)
        ticket = ticket_of(status)
        ensure(who is None or (ticket is not None and ticket[0] == who), Error.NOT_AUTHORIZED)
        if ticket is not None:
            self._refund(ticket)
        match status:
            case Unrequested(_, size):
                self._remove(hash_, size)
            case Requested(None):
                self._unrequest(hash_)
            case _:
                self.request_status_for[hash_] = replace(status, maybe_ticket=None)

    @call(2, weight=STATUS)
    def request_preimage(self, origin: Origin, hash_: H256) -> None:
        """Keep a preimage, or wait for it; whoever notes it then pays no deposit."""
        self.manager(origin)
        self._request(hash_)

    @call(3, weight=STATUS + Weight(writes=1))
    def unrequest_preimage(self, origin: Origin, hash_: H256) -> None:
        """Let a preimage go that was requested before."""
        self.manager(origin)
        self._unrequest(hash_)

    @call(4, weight=lambda hashes: Weight(compute=1_000) * (len(hashes) + 1))
    def ensure_updated(self, origin: Origin, hashes: tuple[H256, ...]) -> None:
        """Move statuses to the current layout: all of this chain are in it from the start."""
        ensure_signed(origin)
        ensure(len(hashes) > 0, Error.TOO_FEW)
        ensure(len(hashes) <= MAX_UPDATES, Error.TOO_MANY)

    def bound(self, raw: bytes) -> BoundedCall:
        """Name a call; a long one is stored and requested."""
        if len(raw) <= MAX_INLINE_BYTES:
            return Inline(raw)
        hash_ = blake2_256(raw)
        match self.status(hash_):
            case None | Requested(maybe_len=None):
                self._note(raw, None)
            case _:
                self._request(hash_)
        return Lookup(hash_, len(raw))

    def request(self, bounded: BoundedCall) -> None:
        """Keep the bytes of a call until they are released as often as they were requested."""
        if not isinstance(bounded, Inline):
            self._request(bounded.hash)

    def release(self, bounded: BoundedCall) -> None:
        """Let the bytes of a call go; nothing happens if they were not requested."""
        if not isinstance(bounded, Inline) and isinstance(self.status(bounded.hash), Requested):
            self._unrequest(bounded.hash)

    def peek(self, bounded: BoundedCall) -> bytes | None:
        """Return the bytes of a call, or None if they are not there."""
        if isinstance(bounded, Inline):
            return bounded.call
        size = bounded.len_ if isinstance(bounded, Lookup) else self.length(bounded.hash)
        return None if size is None else self.preimage_for.get((bounded.hash, size))

    def length(self, hash_: H256) -> int | None:
        """Return how long the preimage of a hash is, or None if it is not here."""
        match self.status(hash_):
            case Unrequested(_, size):
                return size
            case Requested(_, _, size):
                return size
            case None:
                return None

    def status(self, hash_: H256) -> RequestStatus | None:
        """Return who noted the preimage of a hash and who needs it, if anyone does."""
        return self.request_status_for.get(hash_)

    def _depositor(self, origin: Origin) -> AccountId | None:
        """Return who pays: the signer, or nobody where a manager calls."""
        try:
            self.manager(origin)
        except DispatchError:
            return ensure_signed(origin)
        return None

    def _note(self, raw: bytes, depositor: AccountId | None) -> None:
        size, hash_ = len(raw), blake2_256(raw)
        ensure(size <= MAX_PREIMAGE_BYTES, Error.TOO_BIG)
        match self.status(hash_):
            case Requested(maybe_len=None) as status:
                self.request_status_for[hash_] = replace(status, maybe_len=size)
            case None if depositor is None:
                self.request_status_for[hash_] = Requested(None, 1, size)
            case None:
                assert depositor is not None
                cost = self.config.base_deposit + self.config.byte_deposit * size
                self.currency.hold(HoldReason.PREIMAGE, depositor, cost)
                ticket = (depositor, cost)
                self.request_status_for[hash_] = Unrequested(ticket, size)
            case _:
                raise DispatchError(Error.ALREADY_NOTED)
        self.preimage_for[hash_, size] = raw
        self.deposit(Noted(hash_))

    def _request(self, hash_: H256) -> None:
        match self.status(hash_):
            case Requested(count=count) as status:
                self.request_status_for[hash_] = replace(status, count=count + 1)
                return
            case Unrequested(ticket, size):
                self.request_status_for[hash_] = Requested(ticket, 1, size)
            case None:
                self.request_status_for[hash_] = Requested(None, 1, None)
        self.deposit(PreimageRequested(hash_))

    def _unrequest(self, hash_: H256) -> None:
        status = self.status(hash_)
        if not isinstance(status, Requested):
            raise DispatchError(Error.NOT_REQUESTED)
        if status.count > 1:
            self.request_status_for[hash_] = replace(status, count=status.count - 1)
        elif status.maybe_len is None:
            del self.request_status_for[hash_]
        elif status.maybe_ticket is None:
            self._remove(hash_, status.maybe_len)
        else:
            self.request_status_for[hash_] = Unrequested(status.maybe_ticket, status.maybe_len)

    def _remove(self, hash_: H256, size: int) -> None:
        del self.request_status_for[hash_]
        del self.preimage_for[hash_, size]
        self.deposit(Cleared(hash_))

    def _refund(self, ticket: Ticket) -> None:
        who, cost = ticket
        self.currency.release(HoldReason.PREIMAGE, who, cost)

    @invariant
    def a_preimage_is_here_if_its_status_says_so(self) -> bool:
        """Each status with a length has the bytes of that hash and length, and no others are."""
        stored = [key for key, _ in self.preimage_for.items()]
        true = [(blake2_256(raw), len(raw)) for _, raw in self.preimage_for.items()]
        said = [(hash_, self.length(hash_)) for hash_, _ in self.request_status_for.items()]
        present = [(hash_, size) for hash_, size in said if size is not None]
        return stored == true and sorted(stored) == sorted(present)

    @invariant
    def deposits_are_on_hold(self) -> bool:
        """Equal sums: what an account has on hold for preimages, and its tickets."""
        tickets = (ticket_of(status) for _, status in self.request_status_for.items())
        parts = (ticket for ticket in tickets if ticket is not None)
        return are_held(self.currency, HoldReason.PREIMAGE, parts)
