"""Identity: what accounts say of themselves, and what registrars say of that.

All of it is optional and public: nobody is asked who they are (requirement D1). What is stored is
paid for by a deposit on hold. Registrars are named by referendum, and judge descriptions for a fee
that the account holds. Names, indices and layouts are those of FRAME's `pallet_identity`, without
user names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.frame import (
    Context,
    DispatchError,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.pallets.identity.types import (
    EVENTS,
    MAX_REGISTRARS,
    MAX_SUBS,
    STICKY,
    Config,
    DataField,
    Error,
    FeePaid,
    IdentityCleared,
    IdentityInfo,
    IdentityKilled,
    IdentitySet,
    Judgement,
    JudgementGiven,
    JudgementRequested,
    Judgements,
    JudgementUnrequested,
    RegistrarAdded,
    RegistrarIndex,
    RegistrarInfo,
    Registrars,
    Registration,
    SubIdentitiesSet,
    SubIdentityAdded,
    SubIdentityRemoved,
    SubIdentityRenamed,
    SubIdentityRevoked,
    Subs,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, CompactBalance, CompactU32

HOLD = HoldReason.IDENTITY

RECORD = Weight(reads=2, writes=1, compute=30_000)
"""The identity and the registrars."""

DEPOSIT = Weight(reads=2, writes=2, compute=10_000)
"""The account and its holds."""

SUB = Weight(reads=3, writes=2, compute=20_000)
"""The identity, the accounts under it, and whom one of them is under."""

ALL_SUBS = Weight(reads=MAX_SUBS, writes=MAX_SUBS)
"""Whom each account under an identity is under."""

BURN = Weight(reads=2, writes=2)


class Identity(Pallet):
    """What accounts say of themselves, and what registrars say of that."""

    events = EVENTS
    errors = Error

    identity_of: Map[AccountId, Registration] = Map(hasher=TWOX_64_CONCAT)
    """What each account says of itself, and how that was judged."""
    super_of: Map[AccountId, tuple[AccountId, DataField]] = Map()
    """Under whose identity an account is, and its name there."""
    subs_of: Map[AccountId, Subs] = Map(default=(0, ()), hasher=TWOX_64_CONCAT)
    """Which accounts are under an identity, and what is on hold for them."""
    registrars: Value[Registrars] = Value(default=())
    """Who judges, by index."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        governs: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Identity",
    ) -> None:
        """Who passes `governs` names registrars and removes identities."""
        super().__init__(context, index=index, name=name)
        self.currency, self.governs, self.config = currency, governs, config

    @call(0, weight=Weight(reads=1, writes=1))
    def add_registrar(self, origin: Origin, account: MultiAddress) -> None:
        """Let an account judge identities. A referendum on registries only."""
        self.governs(origin)
        there = self.registrars
        ensure(len(there) < MAX_REGISTRARS, Error.TOO_MANY_REGISTRARS)
        self.registrars = (*there, RegistrarInfo(account_of(account), 0, 0))
        self.deposit(RegistrarAdded(len(there)))

    @call(1, weight=RECORD + DEPOSIT)
    def set_identity(self, origin: Origin, info: IdentityInfo) -> None:
        """Describe yourself; a deposit by its length is held, and most judgements are void."""
        who = ensure_signed(origin)
        old, needed = self.identity_of.get(who), self._deposit_for(info)
        kept: Judgements = ()
        if old is not None:
            kept = tuple(one for one in old.judgements if isinstance(one[1], STICKY))
        self._adjust(who, 0 if old is None else old.deposit, needed)
        self.identity_of[who] = Registration(kept, needed, info)
        self.deposit(IdentitySet(who))

    @call(2, weight=SUB + DEPOSIT + ALL_SUBS + ALL_SUBS)
    def set_subs(
        self,
        origin: Origin,
        subs: Annotated[tuple[tuple[AccountId, DataField], ...], Bounded(MAX_SUBS)],
    ) -> None:
        """Name all accounts under your identity anew; a deposit is held for each."""
        who = ensure_signed(origin)
        ensure(who in self.identity_of, Error.NOT_FOUND)
        named = dict(subs)
        ensure(len(named) == len(subs), Error.ALREADY_CLAIMED)
        owners = (self.super_of.get(one) for one in named)
        ensure(all(one is None or one[0] == who for one in owners), Error.ALREADY_CLAIMED)
        held, before = self.subs_of[who]
        needed = self.config.sub_deposit * len(named)
        self._adjust(who, held, needed)
        for one in before:
            del self.super_of[one]
        for one, name in named.items():
            self.super_of[one] = (who, name)
        self.subs_of[who] = (needed, tuple(named))
        self.deposit(SubIdentitiesSet(who, len(named), needed))

    @call(3, weight=RECORD + SUB + DEPOSIT + ALL_SUBS)
    def clear_identity(self, origin: Origin) -> None:
        """Take your description back, with all accounts under it; you have the deposits again."""
        who = ensure_signed(origin)
        held = self._remove(who)
        self.currency.release(HOLD, who, held)
        self.deposit(IdentityCleared(who, held))

    @call(4, weight=RECORD + DEPOSIT)
    def request_judgement(
        self, origin: Origin, reg_index: CompactU32, max_fee: CompactBalance
    ) -> None:
        """Ask a registrar to judge what you say of yourself; the fee is on hold until then."""
        who, registrar = ensure_signed(origin), self._registrar(reg_index, Error.EMPTY_INDEX)
        ensure(max_fee >= registrar.fee, Error.FEE_CHANGED)
        identity = require(self.identity_of.get(who), Error.NO_IDENTITY)
        given = dict(identity.judgements).get(reg_index)
        ensure(not isinstance(given, STICKY), Error.STICKY_JUDGEMENT)
        self.currency.hold(HOLD, who, registrar.fee)
        self._judge(who, identity, reg_index, FeePaid(registrar.fee))
        self.deposit(JudgementRequested(who, reg_index))

    @call(5, weight=RECORD + DEPOSIT)
    def cancel_request(self, origin: Origin, reg_index: U32) -> None:
        """Do not ask a registrar any more; you have its fee again."""
        who = ensure_signed(origin)
        identity = require(self.identity_of.get(who), Error.NO_IDENTITY)
        given = require(dict(identity.judgements).get(reg_index), Error.NOT_FOUND)
        if not isinstance(given, FeePaid):
            raise DispatchError(Error.JUDGEMENT_GIVEN)
        self.currency.release(HOLD, who, given.fee)
        left = tuple(one for one in identity.judgements if one[0] != reg_index)
        self.identity_of[who] = replace(identity, judgements=left)
        self.deposit(JudgementUnrequested(who, reg_index))

    @call(6, weight=Weight(reads=1, writes=1))
    def set_fee(self, origin: Origin, index: CompactU32, fee: CompactBalance) -> None:
        """Say what your judgement costs, as a registrar."""
        self._change(index, replace(self._own(origin, index), fee=fee))

    @call(7, weight=Weight(reads=1, writes=1))
    def set_account_id(self, origin: Origin, index: CompactU32, new: MultiAddress) -> None:
        """Hand a registrar over to another account."""
        self._change(index, replace(self._own(origin, index), account=account_of(new)))

    @call(8, weight=Weight(reads=1, writes=1))
    def set_fields(self, origin: Origin, index: CompactU32, fields: U64) -> None:
        """Say which fields you judge, as a registrar: one bit for each."""
        self._change(index, replace(self._own(origin, index), fields=fields))

    @call(9, weight=RECORD + DEPOSIT + Weight(reads=1, writes=1))
    def provide_judgement(
        self,
        origin: Origin,
        reg_index: CompactU32,
        target: MultiAddress,
        judgement: Judgement,
        identity: H256,
    ) -> None:
        """Judge what an account says of itself, named by its hash; a fee on hold is paid."""
        registrar, who = self._own(origin, reg_index), account_of(target)
        ensure(not isinstance(judgement, FeePaid), Error.INVALID_JUDGEMENT)
        found = require(self.identity_of.get(who), Error.INVALID_TARGET)
        is_same = blake2_256(encode(found.info, IdentityInfo)) == identity
        ensure(is_same, Error.JUDGEMENT_FOR_DIFFERENT_IDENTITY)
        given = dict(found.judgements).get(reg_index)
        if isinstance(given, FeePaid):
            pay = self.currency.transfer_on_hold
            is_paid = self.attempt(pay, HOLD, who, registrar.account, given.fee)
            ensure(is_paid, Error.JUDGEMENT_PAYMENT_FAILED)
        self._judge(who, found, reg_index, judgement)
        self.deposit(JudgementGiven(who, reg_index))

    @call(10, weight=RECORD + SUB + DEPOSIT + ALL_SUBS + BURN)
    def kill_identity(self, origin: Origin, target: MultiAddress) -> None:
        """Remove a description; its deposits burn. A referendum on registries only."""
        self.governs(origin)
        who = account_of(target)
        held = self._remove(who)
        self.currency.burn_held(HOLD, who, held)
        self.deposit(IdentityKilled(who, held))

    @call(11, weight=SUB + DEPOSIT)
    def add_sub(self, origin: Origin, sub: MultiAddress, data: DataField) -> None:
        """Put an account under your identity, with a name; a deposit is held for it."""
        who, one, amount = ensure_signed(origin), account_of(sub), self.config.sub_deposit
        ensure(who in self.identity_of, Error.NO_IDENTITY)
        ensure(one not in self.super_of, Error.ALREADY_CLAIMED)
        held, there = self.subs_of[who]
        ensure(len(there) < MAX_SUBS, Error.TOO_MANY_SUB_ACCOUNTS)
        self.currency.hold(HOLD, who, amount)
        self.super_of[one] = (who, data)
        self.subs_of[who] = (held + amount, (*there, one))
        self.deposit(SubIdentityAdded(one, who, amount))

    @call(12, weight=SUB)
    def rename_sub(self, origin: Origin, sub: MultiAddress, data: DataField) -> None:
        """Give an account under your identity another name."""
        who, one = ensure_signed(origin), account_of(sub)
        ensure(who in self.identity_of, Error.NO_IDENTITY)
        owner = self.super_of.get(one)
        ensure(owner is not None and owner[0] == who, Error.NOT_OWNED)
        self.super_of[one] = (who, data)
        self.deposit(SubIdentityRenamed(one, who))

    @call(13, weight=SUB + DEPOSIT)
    def remove_sub(self, origin: Origin, sub: MultiAddress) -> None:
        """Take an account from under your identity; you have the deposit for it again."""
        who, one = ensure_signed(origin), account_of(sub)
        ensure(who in self.identity_of, Error.NO_IDENTITY)
        owner, _ = require(self.super_of.get(one), Error.NOT_SUB)
        ensure(owner == who, Error.NOT_OWNED)
        amount = self._leave(one, who)
        self.currency.release(HOLD, who, amount)
        self.deposit(SubIdentityRemoved(one, who, amount))

    @call(14, weight=SUB + DEPOSIT + DEPOSIT)
    def quit_sub(self, origin: Origin) -> None:
        """Leave the identity that you are under; the deposit that was held for it is yours."""
        one = ensure_signed(origin)
        who, _ = require(self.super_of.get(one), Error.NOT_SUB)
        amount = self._leave(one, who)
        self.currency.transfer_on_hold(HOLD, who, one, amount)
        self.deposit(SubIdentityRevoked(one, who, amount))

    @constant
    def basic_deposit(self) -> Balance:
        """Return what an identity holds at least."""
        return self.config.basic_deposit

    @constant
    def byte_deposit(self) -> Balance:
        """Return what it holds for each byte."""
        return self.config.byte_deposit

    @constant
    def sub_account_deposit(self) -> Balance:
        """Return what it holds for each account under it."""
        return self.config.sub_deposit

    @constant
    def max_sub_accounts(self) -> U32:
        """Return how many accounts may be under an identity."""
        return MAX_SUBS

    @constant
    def max_registrars(self) -> U32:
        """Return how many registrars there may be."""
        return MAX_REGISTRARS

    def _deposit_for(self, info: IdentityInfo) -> Balance:
        size = len(encode(info, IdentityInfo))
        return self.config.basic_deposit + self.config.byte_deposit * size

    def _adjust(self, who: AccountId, held: Balance, needed: Balance) -> None:
        """Hold more, or give back what is held too much."""
        if needed > held:
            self.currency.hold(HOLD, who, needed - held)
        elif held > needed:
            self.currency.release(HOLD, who, held - needed)

    def _remove(self, who: AccountId) -> Balance:
        """Forget an identity and whatever is under it; return what is on hold for both."""
        found = require(self.identity_of.get(who), Error.NOT_FOUND)
        held, there = self.subs_of[who]
        del self.identity_of[who]
        for one in there:
            del self.super_of[one]
        del self.subs_of[who]
        return found.held + held

    def _leave(self, sub: AccountId, who: AccountId) -> Balance:
        """Take an account from under an identity; return what was held for it."""
        held, there = self.subs_of[who]
        amount = self.config.sub_deposit
        del self.super_of[sub]
        self.subs_of[who] = (held - amount, tuple(one for one in there if one != sub))
        return amount

    def _registrar(self, index: RegistrarIndex, error: Error) -> RegistrarInfo:
        there = self.registrars
        return require(there[index] if index < len(there) else None, error)

    def _own(self, origin: Origin, index: RegistrarIndex) -> RegistrarInfo:
        """Return the registrar of an index, if the caller is it."""
        who, registrar = ensure_signed(origin), self._registrar(index, Error.INVALID_INDEX)
        ensure(registrar.account == who, Error.INVALID_INDEX)
        return registrar

    def _change(self, index: RegistrarIndex, to: RegistrarInfo) -> None:
        there = self.registrars
        self.registrars = (*there[:index], to, *there[index + 1 :])

    def _judge(
        self, who: AccountId, identity: Registration, index: RegistrarIndex, what: Judgement
    ) -> None:
        """Write a judgement, in place of one of the same registrar."""
        others = [one for one in identity.judgements if one[0] != index]
        judgements = tuple(sorted([*others, (index, what)], key=lambda one: one[0]))
        self.identity_of[who] = replace(identity, judgements=judgements)

    @invariant
    def deposits_are_on_hold(self) -> bool:
        """Equal: what an account has on hold, and its deposits, fees, and those for others."""
        parts = [(who, one.held) for who, one in self.identity_of.items()]
        parts += [(who, held) for who, (held, _) in self.subs_of.items()]
        return are_held(self.currency, HOLD, parts)

    @invariant
    def names_lead_both_ways(self) -> bool:
        """Equal: who is under an identity, and whom identities have under them, each paid for."""
        down = {one: who for who, (_, there) in self.subs_of.items() for one in there}
        up = {one: who for one, (who, _) in self.super_of.items()}
        each = self.config.sub_deposit
        is_paid = all(held == each * len(there) for _, (held, there) in self.subs_of.items())
        return down == up and is_paid and all(who in self.identity_of for who in up.values())
