"""Who stands for election, and who nominates: an account does one of both, or neither."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.pallets.staking import events
from runtime.pallets.staking.events import Error
from runtime.pallets.staking.records import (
    MAX_NOMINATIONS,
    STAKE_UNIT,
    Nominations,
    StakingLedger,
    ValidatorPrefs,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking


class Roles:
    """Keeps the counters and the list of voters in step with validators and nominators."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def validate(self, ledger: StakingLedger, prefs: ValidatorPrefs) -> None:
        """Let who has enough at stake stand for election on fair terms, or refuse."""
        pallet = self._pallet
        ensure(ledger.active >= pallet.min_validator_bond, Error.INSUFFICIENT_BOND)
        ensure(prefs.commission <= Perbill.ONE, Error.BAD_COMMISSION)
        ensure(prefs.commission >= pallet.min_commission, Error.COMMISSION_TOO_LOW)
        self.stand(ledger.stash, prefs)

    def stand(self, who: AccountId, prefs: ValidatorPrefs) -> None:
        """Let an account stand for election, or change its terms."""
        pallet = self._pallet
        if who not in pallet.validators:
            limit = pallet.config.limits.candidates
            ensure(pallet.counter_for_validators < limit, Error.TOO_MANY_VALIDATORS)
            self.leave(who)
            pallet.counter_for_validators += 1
            self._enlist(who)
        pallet.validators[who] = prefs
        pallet.deposit(events.ValidatorPrefsSet(who, prefs))

    def nominate(self, who: AccountId, targets: tuple[AccountId, ...]) -> None:
        """Let an account name whom it wants to validate."""
        pallet = self._pallet
        before = pallet.nominators.get(who)
        known = () if before is None else before.targets
        names = tuple(dict.fromkeys(targets))
        ensure(bool(names), Error.EMPTY_TARGETS)
        ensure(len(names) <= MAX_NOMINATIONS, Error.TOO_MANY_TARGETS)
        for name in names:
            prefs = pallet.validators.get(name)
            takes = prefs is not None and (name in known or not prefs.blocked)
            ensure(takes, Error.BAD_TARGET)
        if before is None:
            limit = pallet.config.limits.nominators
            ensure(pallet.counter_for_nominators < limit, Error.TOO_MANY_NOMINATORS)
            self.leave(who)
            pallet.counter_for_nominators += 1
            self._enlist(who)
        pallet.nominators[who] = Nominations(names, pallet.counting_era())
        pallet.deposit(events.Nominated(who, len(names)))

    def kick(self, validator: AccountId, names: tuple[AccountId, ...]) -> None:
        """Remove a validator from what nominators named; who then names nobody leaves."""
        pallet = self._pallet
        for name in names:
            nominations = pallet.nominators.get(name)
            if nominations is None or validator not in nominations.targets:
                continue
            left = tuple(one for one in nominations.targets if one != validator)
            pallet.deposit(events.Kicked(name, validator))
            if left:
                pallet.nominators[name] = replace(nominations, targets=left)
            else:
                self.chill(name)

    def raise_commission(self, validator: AccountId) -> None:
        """Let a validator have at least the least commission, or refuse."""
        pallet = self._pallet
        prefs = require(pallet.validators.get(validator), Error.NOT_STASH)
        if prefs.commission < (least := pallet.min_commission):
            pallet.validators[validator] = replace(prefs, commission=least)
            pallet.deposit(events.ValidatorPrefsSet(validator, pallet.validators[validator]))

    def leave(self, who: AccountId) -> bool:
        """Let an account do neither; return whether it did anything."""
        pallet = self._pallet
        if who in pallet.validators:
            del pallet.validators[who]
            pallet.counter_for_validators -= 1
        elif who in pallet.nominators:
            del pallet.nominators[who]
            pallet.counter_for_nominators -= 1
        else:
            return False
        pallet.ports.voters.remove(who)
        return True

    def chill(self, who: AccountId) -> None:
        """Let an account do neither from the next era on."""
        if self.leave(who):
            self._pallet.deposit(events.Chilled(who))

    def chill_other(self, ledger: StakingLedger) -> None:
        """Chill an account whose stake fell below the least for what it does, or refuse."""
        ensure(ledger.active < self.least(ledger.stash), Error.CANNOT_CHILL_OTHER)
        self.chill(ledger.stash)

    def least(self, who: AccountId) -> Balance:
        """Return the least that must count as stake for what an account does, in planck."""
        pallet = self._pallet
        if who in pallet.validators:
            return pallet.min_validator_bond
        return pallet.min_nominator_bond if who in pallet.nominators else 0

    def _enlist(self, who: AccountId) -> None:
        pallet = self._pallet
        pallet.ports.voters.insert(who, pallet.ledger[who].active // STAKE_UNIT)
