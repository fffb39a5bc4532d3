"""Session: who validates, with which keys, and when a change of keys takes effect.

A session is an epoch. Keys that a validator sets in session n are announced by the first block of
session n + 1 and act from session n + 2 on, so that light readers know them one session ahead.
Who validates is elected by staking, a session ahead of each era; purging its keys retires a
validator, and so does losing the last of its stake. An offender is disabled: it keeps its place,
but its blocks are refused. Source: FRAME, pallet_session.
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
from runtime.frame.sessions import KeyName, Member, SessionListener
from runtime.primitives.block import BABE_ENGINE, GRANDPA_ENGINE, Consensus
from runtime.primitives.crypto import verify_ed25519
from runtime.primitives.finality import VoterDisabled
from runtime.primitives.fixed import Perbill, PerbillParts
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.membership import AUDIT_KEY, BABE_KEY, GRANDPA_KEY
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.slot_claim import AuthorDisabled
from runtime.primitives.types import U32, U64, AccountId, PublicKey

MAX_VALIDATORS = 64

Stakes = Annotated[tuple[tuple[AccountId, U64], ...], Bounded(MAX_VALIDATORS)]
"""Accounts that may validate, and what each has at stake."""

Disabled = Annotated[tuple[tuple[U32, PerbillParts], ...], Bounded(MAX_VALIDATORS)]
"""Places of validators, ascending, and how grave their offences were."""

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
        return (BABE_KEY, self.babe), (GRANDPA_KEY, self.grandpa), (AUDIT_KEY, self.audit)


Keys = Annotated[tuple[tuple[AccountId, SessionKeys], ...], Bounded(MAX_VALIDATORS)]


@dataclass(frozen=True, slots=True)
class Queued:
    """A validator of the session after this one."""

    account: AccountId
    babe: PublicKey
    stake: U64


class Bonds(Protocol):
    """Who has something at stake as a validator."""

    def is_bonded(self, who: AccountId) -> bool:
        """Say whether an account has put up a bond, and so may have session keys."""
        ...


@event
class NewSession:
    """A session has begun; its number counts sessions, not blocks."""

    session_index: U32


@event
class NewQueued:
    """The validators of the session after this one are known, and differ from this one's."""


@event
class ValidatorDisabled:
    """A validator offended: its blocks are refused."""

    validator: AccountId


@event
class ValidatorReenabled:
    """A validator may author again."""

    validator: AccountId


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_PROOF = 0, "The proof must hold a signature over the account by each of the new keys."
    NO_ASSOCIATED_VALIDATOR_ID = 1, "This account has no bond."
    DUPLICATED_KEY = 2, "Another validator uses one of these keys."
    NO_KEYS = 3, "This account has no session keys."


class Session(Pallet):
    """Who validates, and with which keys."""

    events = (NewSession, NewQueued, ValidatorDisabled, ValidatorReenabled)
    errors = Error

    electorate: Value[Stakes] = Value(default=())
    """The accounts that were elected to validate, and their stakes."""
    validators: Value[Annotated[tuple[AccountId, ...], Bounded(MAX_VALIDATORS)]] = Value(default=())
    """The validators of this session, in order of authority."""
    current_index: Value[U32] = Value(default=0)
    """The number of this session."""
    queued_changed: Value[bool] = Value(default=False)
    """Whether the session after this one has other validators or keys than this one."""
    queued_keys: Value[Keys] = Value(default=())
    """The validators of the session after this one and their keys."""
    disabled_validators: Value[Disabled] = Value(default=())
    """The places of the validators whose blocks are refused, and how grave their offences were."""
    next_keys: Map[AccountId, SessionKeys] = Map(hasher=TWOX_64_CONCAT)
    """The keys that each account has set; they are queued when a session begins."""
    key_owner: Map[KeyName, AccountId] = Map(hasher=TWOX_64_CONCAT)
    """The validator that acts with a key, by the key and its kind."""

    def __init__(
        self, context: Context, bonds: Bonds, *, index: int, name: str = "Session"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.bonds = bonds

    def build(self, electorate: Stakes, keys: tuple[SessionKeys, ...]) -> tuple[Member, ...]:
        """Write the state of block 0; its validators act in the first two sessions."""
        self.electorate = electorate
        self.validators = tuple(account for account, _ in electorate)
        self.queued_keys = tuple(zip(self.validators, keys, strict=True))
        for account, owned in self.queued_keys:
            self._own(account, owned)
        return self._members(self.queued_keys)

    @call(0, weight=Weight(reads=6, writes=7, compute=600_000))
    def set_keys(
        self, origin: Origin, keys: SessionKeys, proof: Annotated[bytes, Bounded(256)]
    ) -> None:
        """Set the keys that you validate with, from the session after the next on.

        The proof is the signatures of the three keys over `POP_` and your account, one after the
        other: it shows that the keys are yours.
        """
        who = ensure_signed(origin)
        ensure(self.bonds.is_bonded(who), Error.NO_ASSOCIATED_VALIDATOR_ID)
        ensure(is_owner(who, keys, proof), Error.INVALID_PROOF)
        for name in keys.by_kind():
            ensure(self.key_owner.get(name) in (None, who), Error.DUPLICATED_KEY)
        self._disown(self.next_keys.get(who))
        self._own(who, keys)

    @call(1, weight=Weight(reads=4, writes=4))
    def purge_keys(self, origin: Origin) -> None:
        """Remove your keys: you stop validating in the session after the next."""
        who = ensure_signed(origin)
        require(self.next_keys.get(who), Error.NO_KEYS)
        self.forget(who)

    def begin(self) -> tuple[Member, ...]:
        """Begin a session: who was queued acts."""
        active = self.queued_keys
        members = self._members(active)
        self.disabled_validators = self._disabled_among(active)
        self.validators = tuple(account for account, _ in active)
        self.current_index += 1
        self.deposit(NewSession(self.current_index))
        return members

    def queue(self) -> None:
        """Queue for the session after this one who was elected, and has keys and stake."""
        stakes, active = dict(self.electorate), self.queued_keys
        with_keys = ((account, self.next_keys.get(account)) for account in stakes)
        queued = tuple(
            (account, keys) for account, keys in with_keys if keys is not None and stakes[account]
        )
        # a chain without validators would stop for good, so the last ones stay
        self.queued_keys = queued or active
        self.queued_changed = self.queued_keys != active
        if self.queued_changed:
            self.deposit(NewQueued())

    def has_keys(self, who: AccountId) -> bool:
        """Say whether an account has set the keys that a validator acts with."""
        return who in self.next_keys

    def elect(self, electorate: Stakes) -> None:
        """Let these accounts validate from the next session on, if they still have keys then.

        Who stays keeps its place in the order, so that nothing changes where nobody comes or goes.
        """
        stakes = dict(electorate)
        before = dict(self.electorate)
        stay = tuple((who, stakes[who]) for who in before if who in stakes)
        come = tuple((who, stake) for who, stake in electorate if who not in before)
        self.electorate = stay + come

    def forget(self, who: AccountId) -> None:
        """Remove the keys of an account, if it has set some."""
        self._disown(self.next_keys.get(who))
        del self.next_keys[who]

    def queued(self) -> tuple[Queued, ...]:
        """Return the validators of the session after this one, in order of authority."""
        stakes = dict(self.electorate)
        return tuple(
            Queued(account, keys.babe, _weight(stakes.get(account, 0)))
            for account, keys in self.queued_keys
        )

    def set_stake(self, who: AccountId, stake: U64) -> None:
        """Let a stake weigh from the next session on; who has none loses its place."""
        self.electorate = tuple(
            (account, stake if account == who else weight) for account, weight in self.electorate
        )

    def disable(self, who: AccountId, severity: Perbill) -> None:
        """Refuse the blocks of a validator of this session.

        Fewer than one validator in three is disabled: who comes later keeps its place.
        """
        validators, disabled = self.validators, dict(self.disabled_validators)
        if who not in validators:
            return
        place = validators.index(who)
        if place in disabled:
            disabled[place] = max(disabled[place], severity.parts)
        elif len(disabled) < most_disabled(len(validators)):
            disabled[place] = severity.parts
            self._announce_disabled(who, place)
        self.disabled_validators = tuple(sorted(disabled.items()))

    def enable_all(self) -> None:
        """End what `disable` did."""
        for place, _ in self.disabled_validators:
            self.deposit(ValidatorReenabled(self.validators[place]))
        self.disabled_validators = ()

    def disabled(self) -> tuple[U32, ...]:
        """Return the places of the validators of this session whose blocks are refused."""
        return tuple(place for place, _ in self.disabled_validators)

    def disabled_next(self) -> tuple[U32, ...]:
        """Return the places that they will have in the next session."""
        return tuple(place for place, _ in self._disabled_among(self.queued_keys))

    def stakes(self) -> Stakes:
        """Return the accounts that may validate and their stakes."""
        return self.electorate

    def validator(self, authority_index: int) -> AccountId | None:
        """Return the account behind an authority, or None if there is no such authority."""
        validators = self.validators
        return validators[authority_index] if authority_index < len(validators) else None

    def _members(self, keys: Keys) -> tuple[Member, ...]:
        stakes = dict(self.electorate)
        return tuple(
            Member(account, _weight(stakes.get(account, 0)), owned.by_kind())
            for account, owned in keys
        )

    def _disabled_among(self, keys: Keys) -> Disabled:
        """Return who is disabled, by the places that `keys` gives.

        Of fewer validators fewer may be disabled: the gravest are, or nobody would make blocks.
        """
        validators = self.validators
        grave = {validators[place]: severity for place, severity in self.disabled_validators}
        found = ((n, grave[account]) for n, (account, _) in enumerate(keys) if account in grave)
        gravest = sorted(found, key=lambda one: (-one[1], one[0]))
        return tuple(sorted(gravest[: most_disabled(len(keys))]))

    def _announce_disabled(self, who: AccountId, place: int) -> None:
        """Tell readers of headers, and of events, that a validator is disabled."""
        author, voter = AuthorDisabled(place).payload(), VoterDisabled(place).payload()
        self.context.digest.append(Consensus(BABE_ENGINE, author))
        self.context.digest.append(Consensus(GRANDPA_ENGINE, voter))
        self.deposit(ValidatorDisabled(who))

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
    def only_the_bonded_have_keys(self) -> bool:
        """Nobody has keys who has no bond."""
        return all(self.bonds.is_bonded(who) for who, _ in self.next_keys.items())

    @invariant
    def the_disabled_are_validators(self) -> bool:
        """Disabled places ascend, and lie among the validators."""
        places = self.disabled()
        ascending = list(places) == sorted(dict.fromkeys(places))
        return ascending and all(place < len(self.validators) for place in places)


class Sessions:
    """Sessions, as Babe sees them: with each begins what must hear of it, in order."""

    def __init__(self, session: Session, listeners: tuple[SessionListener, ...]) -> None:
        self.session, self.listeners = session, listeners

    def build(self, electorate: Stakes, keys: tuple[SessionKeys, ...]) -> None:
        """Begin the session of block 0."""
        self._tell(self.session.build(electorate, keys))

    def rotate(self) -> Weight:
        """Begin a session; return what that cost its listeners, who may elect for the next one."""
        cost = self._tell(self.session.begin())
        self.session.queue()
        return cost

    def queued(self) -> tuple[Queued, ...]:
        """Return the validators of the session after this one, in order of authority."""
        return self.session.queued()

    def current_index(self) -> U32:
        """Return the number of the session under way."""
        return self.session.current_index

    def disabled(self) -> tuple[U32, ...]:
        """Return the places of the validators whose blocks are refused."""
        return self.session.disabled()

    def _tell(self, members: tuple[Member, ...]) -> Weight:
        cost = Weight()
        for listener in self.listeners:
            cost = cost + listener.on_new_session(self.session.current_index, members)
        return cost


def most_disabled(validators: int) -> int:
    """Return how many may be disabled: with a third or more, blocks and votes would stop."""
    return max(validators - 1, 0) // 3


def _weight(stake: int) -> int:
    """Return what a stake weighs: a place weighs something, even where all stake is gone."""
    return max(stake, 1)


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
