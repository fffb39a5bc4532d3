"""Session: who validates, with which keys, and when a change of keys takes effect.

A session is an epoch. Keys that a validator sets in session n are announced by the first block of
session n + 1 and act from session n + 2 on, so that light readers know them one session ahead.
Who validates is fixed at genesis until staking elects it; purging its keys retires a validator.
Source: FRAME, pallet_session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    ensure,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.primitives.crypto import verify_ed25519
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import U32, U64, AccountId, PublicKey

MAX_VALIDATORS = 64

Stakes = Annotated[tuple[tuple[AccountId, U64], ...], Bounded(MAX_VALIDATORS)]
"""Accounts that may validate, and what each has at stake."""

Voters = tuple[tuple[PublicKey, U64], ...]
"""Finality keys and their weights."""

OWNERSHIP_DOMAIN = b"POP_"
"""Before the account in what each new key signs, so that the signature serves nothing else."""

SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What a validator acts with; all are ed25519."""

    type_path: ClassVar[str] = "starminer_runtime::SessionKeys"
    babe: PublicKey
    """Claims slots and seals blocks."""
    grandpa: PublicKey
    """Votes on finality."""
    audit: PublicKey
    """Signs the verdicts of audits."""

    def by_kind(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return each key after the four letters of its kind, in order."""
        return (b"babe", self.babe), (b"gran", self.grandpa), (b"audi", self.audit)


KeyName = tuple[Annotated[bytes, Fixed(4)], bytes]
"""The four letters of a kind, and a key of it."""

Keys = Annotated[tuple[tuple[AccountId, SessionKeys], ...], Bounded(MAX_VALIDATORS)]


@dataclass(frozen=True, slots=True)
class Queued:
    """A validator of the session after this one."""

    account: AccountId
    babe: PublicKey
    stake: U64


class Finality(Protocol):
    """What votes on finality, and must hear who does."""

    def on_new_session(self, voters: Voters) -> None:
        """Hear who votes in the session that begins with this block."""


@event
class NewSession:
    """A session has begun; its number counts sessions, not blocks."""

    session_index: U32


@event
class NewQueued:
    """The validators of the session after this one are known, and differ from this one's."""


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_PROOF = 0, "The proof must hold a signature over the account by each of the new keys."
    NO_ASSOCIATED_VALIDATOR_ID = 1, "This account does not validate."
    DUPLICATED_KEY = 2, "Another validator uses one of these keys."
    NO_KEYS = 3, "This account has no session keys."


class Session(Pallet):
    """Who validates, and with which keys."""

    events = (NewSession, NewQueued)
    errors = Error

    electorate: Value[Stakes] = Value(default=())
    """The accounts that may validate, and their stakes; staking will elect them."""
    validators: Value[Annotated[tuple[AccountId, ...], Bounded(MAX_VALIDATORS)]] = Value(default=())
    """The validators of this session, in order of authority."""
    current_index: Value[U32] = Value(default=0)
    """The number of this session."""
    queued_changed: Value[bool] = Value(default=False)
    """Whether the session after this one has other validators or keys than this one."""
    queued_keys: Value[Keys] = Value(default=())
    """The validators of the session after this one and their keys."""
    next_keys: Map[AccountId, SessionKeys] = Map(hasher=TWOX_64_CONCAT)
    """The keys that each account has set; they are queued when a session begins."""
    key_owner: Map[KeyName, AccountId] = Map(hasher=TWOX_64_CONCAT)
    """The validator that acts with a key, by the key and its kind."""

    def __init__(
        self, context: Context, finality: Finality, *, index: int, name: str = "Session"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.finality = finality

    def build(self, electorate: Stakes, keys: tuple[SessionKeys, ...]) -> None:
        """Write the state of block 0; its validators act in the first two sessions."""
        self.electorate = electorate
        self.validators = tuple(account for account, _ in electorate)
        self.queued_keys = tuple(zip(self.validators, keys, strict=True))
        for account, owned in self.queued_keys:
            self._own(account, owned)
        self.finality.on_new_session(self._voters(self.queued_keys))

    @call(0, weight=Weight(reads=6, writes=7, compute=600_000))
    def set_keys(
        self, origin: Origin, keys: SessionKeys, proof: Annotated[bytes, Bounded(256)]
    ) -> None:
        """Set the keys that you validate with, from the session after the next on.

        The proof is the signatures of the three keys over `POP_` and your account, one after the
        other: it shows that the keys are yours.
        """
        who = ensure_signed(origin)
        ensure(who in dict(self.electorate), Error.NO_ASSOCIATED_VALIDATOR_ID)
        ensure(is_owner(who, keys, proof), Error.INVALID_PROOF)
        for name in keys.by_kind():
            ensure(self.key_owner.get(name) in (None, who), Error.DUPLICATED_KEY)
        self._disown(self.next_keys.get(who))
        self._own(who, keys)

    @call(1, weight=Weight(reads=4, writes=4))
    def purge_keys(self, origin: Origin) -> None:
        """Remove your keys: you stop validating in the session after the next."""
        who = ensure_signed(origin)
        self._disown(require(self.next_keys.get(who), Error.NO_KEYS))
        del self.next_keys[who]

    def rotate(self) -> None:
        """Begin a session: who was queued acts, and who has keys is queued."""
        stakes = dict(self.electorate)
        active = self.queued_keys
        self.validators = tuple(account for account, _ in active)
        self.current_index += 1
        if self.queued_changed:
            self.finality.on_new_session(self._voters(active))
        with_keys = ((account, self.next_keys.get(account)) for account in stakes)
        queued = tuple((account, keys) for account, keys in with_keys if keys is not None)
        # a chain without validators would stop for good, so the last ones stay
        self.queued_keys = queued or active
        self.queued_changed = self.queued_keys != active
        self.deposit(NewSession(self.current_index))
        if self.queued_changed:
            self.deposit(NewQueued())

    def queued(self) -> tuple[Queued, ...]:
        """Return the validators of the session after this one, in order of authority."""
        stakes = dict(self.electorate)
        return tuple(
            Queued(account, keys.babe, stakes[account]) for account, keys in self.queued_keys
        )

    def stakes(self) -> Stakes:
        """Return the accounts that may validate and their stakes."""
        return self.electorate

    def validator(self, authority_index: int) -> AccountId | None:
        """Return the account behind an authority, or None if there is no such authority."""
        validators = self.validators
        return validators[authority_index] if authority_index < len(validators) else None

    def _voters(self, keys: Keys) -> Voters:
        stakes = dict(self.electorate)
        return tuple((owned.grandpa, stakes[account]) for account, owned in keys)

    def _own(self, who: AccountId, keys: SessionKeys) -> None:
        self.next_keys[who] = keys
        for name in keys.by_kind():
            self.key_owner[name] = who

    def _disown(self, keys: SessionKeys | None) -> None:
        for name in keys.by_kind() if keys is not None else ():
            del self.key_owner[name]

    @invariant
    def each_key_has_one_owner(self) -> bool:
        """Owners of keys are those whose next keys they are."""
        owners = {
            name: account for account, keys in self.next_keys.items() for name in keys.by_kind()
        }
        return owners == dict(self.key_owner.items())

    @invariant
    def only_the_electorate_validates(self) -> bool:
        """Nobody has keys or a seat, now or queued, who may not validate."""
        may = [account for account, _ in self.electorate]
        accounts = [account for account, _ in self.next_keys.items()]
        accounts += [*self.validators, *(account for account, _ in self.queued_keys)]
        return all(account in may for account in accounts)


def ownership_message(who: AccountId) -> bytes:
    """Return what the session keys of an account sign."""
    return OWNERSHIP_DOMAIN + encode(who, AccountId)


def is_owner(who: AccountId, keys: SessionKeys, proof: bytes) -> bool:
    """Return whether each of the keys signed the account."""
    names = keys.by_kind()
    if len(proof) != SIGNATURE_BYTES * len(names):
        return False
    message = ownership_message(who)
    return all(
        verify_ed25519(proof[SIGNATURE_BYTES * n : SIGNATURE_BYTES * (n + 1)], message, key)
        for n, (_, key) in enumerate(names)
    )
