"""ValidatorBonds: what validators have at stake, and what offences take of it.

A bond is a hold on the validator's own account, set at genesis; staking will let it grow, leave and
be nominated, behind the same interface to offences. An offence costs a part of what the offender
had at stake in the session of the offence. It stops counting as stake at once, and is taken seven
eras later, so that a referendum can cancel it: half is burned, the rest goes to the treasury, and
of that a twentieth to who reported it.
Source: design page "Economy", section 5.10; names follow FRAME's `pallet_staking::slashing`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Protocol

from runtime.frame import (
    Context,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    event,
    invariant,
)
from runtime.frame.fungible import Currency, HoldReason
from runtime.frame.offence import MAX_OFFENDERS, MAX_REPORTERS, Exposure, OffenceDetails
from runtime.frame.sessions import Member
from runtime.primitives.fixed import Perbill, PerbillParts
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, AccountId, Balance

BOND = HoldReason.VALIDATOR_BOND

STAKE_UNIT = 10**9
"""Planck that weigh one in consensus: the existential deposit, so that every stake fits 64 bits."""

SLASH_DEFER_ERAS = 7
"""Eras between an era's end and the slashes for what was done in it: time for a referendum."""

BONDING_ERAS = 28
"""Eras for which an offence is punished: as long as a bond takes to leave."""

BURNED = Perbill.from_percent(50)
REWARD = Perbill.from_percent(5)
"""The reporter's part of what is not burned: more than its cost, too little to live on."""

TOLERATED = 3
"""Fewer than one in three may be disabled: more, and blocks and votes would stop."""

SLASH = Weight(reads=10, writes=10)
"""The bond, three accounts and their holds, and the total issuance."""


@dataclass(frozen=True, slots=True)
class Bond:
    """What a validator has on hold."""

    total: Balance
    active: Balance
    """What counts as stake: the total without the slashes that wait."""


@dataclass(frozen=True, slots=True)
class UnappliedSlash:
    """What an offender owes for an era, not taken yet."""

    validator: AccountId
    own: Balance
    reporters: Annotated[tuple[AccountId, ...], Bounded(MAX_REPORTERS)]
    """Who is paid for the report."""


Unapplied = Annotated[tuple[UnappliedSlash, ...], Bounded(MAX_OFFENDERS)]

EraStarts = Annotated[tuple[tuple[U32, U32], ...], Bounded(BONDING_ERAS + 2)]
"""Eras and the first session of each."""

NEW_ERA = Weight(reads=6 + BONDING_ERAS + MAX_OFFENDERS, writes=6 + BONDING_ERAS + MAX_OFFENDERS)
"""Lists of slashes that may be due, and what an era that ends left of its validators' slashes."""


class Seats(Protocol):
    """The validators of the session, as those who punish them see it."""

    def set_stake(self, who: AccountId, stake: U64) -> None:
        """Let a stake weigh from the next session on."""

    def disable(self, who: AccountId, severity: Perbill, tolerated: int) -> None:
        """Refuse the blocks of a validator, unless one in `tolerated` is disabled already."""

    def enable_all(self) -> None:
        """End what `disable` did."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    era_blocks: int
    treasury: AccountId


@event
class Slashed:
    """A part of a bond was taken."""

    staker: AccountId
    amount: Balance


@event
class SlashReported:
    """A validator offended in an era; unless it is cancelled it will lose this part of its bond."""

    validator: AccountId
    fraction: PerbillParts
    slash_era: U32


@event
class OldSlashingReportDiscarded:
    """A report was of a session whose offences are not punished any more."""

    session_index: U32


@event
class SlashCancelled:
    """A slash will not be taken; the stake counts again."""

    validator: AccountId
    amount: Balance
    slash_era: U32


@event
class SlashDivided:
    """Where a slash went: what is left of `amount` was burned."""

    staker: AccountId
    amount: Balance
    treasury: Balance
    reporter: Balance


class Error(PalletError):
    """Why the pallet refused a call."""

    EMPTY_TARGETS = 0, "There is nothing to cancel."
    NOT_SORTED_AND_UNIQUE = 1, "The places must ascend."
    INVALID_SLASH_INDEX = 2, "No slash of this era has this place."


class ValidatorBonds(Pallet):
    """What validators have at stake, and what offences take of it."""

    events = (Slashed, SlashReported, OldSlashingReportDiscarded, SlashCancelled, SlashDivided)
    errors = Error

    bonds: Map[AccountId, Bond] = Map(hasher=TWOX_64_CONCAT)
    """The bond of each validator."""
    current_era: Value[U32] = Value(default=0)
    """The era of this session: an era begins with the first session that starts in it."""
    bonded_eras: Value[EraStarts] = Value(default=())
    """The eras whose offences are punished, and the first session of each."""
    unapplied_slashes: Map[U32, Unapplied] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What will be taken, by the era of the offence."""
    validator_slash_in_era: DoubleMap[U32, AccountId, tuple[PerbillParts, Balance]] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """The gravest offence of a validator in an era, and what it owes for it."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        seats: Seats,
        config: Config,
        *,
        index: int,
        name: str = "ValidatorBonds",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.seats, self.config = currency, seats, config

    def build(self, bonds: tuple[tuple[AccountId, Balance], ...]) -> None:
        """Write the state of block 0: set aside the bond of each validator."""
        for who, amount in bonds:
            self.currency.hold(BOND, who, amount)
            self.bonds[who] = Bond(amount, amount)

    @call(
        0,
        weight=lambda _, slash_indices: SLASH * len(slash_indices) + Weight(reads=2, writes=2),
    )
    def cancel_deferred_slash(
        self,
        origin: Origin,
        era: U32,
        slash_indices: Annotated[tuple[U32, ...], Bounded(MAX_OFFENDERS)],
    ) -> None:
        """Cancel slashes of an era, by their places, before they are taken. For referenda."""
        ensure_root(origin)
        ensure(len(slash_indices) > 0, Error.EMPTY_TARGETS)
        ascending = tuple(sorted(dict.fromkeys(slash_indices)))
        ensure(slash_indices == ascending, Error.NOT_SORTED_AND_UNIQUE)
        waiting = self.unapplied_slashes[era]
        ensure(slash_indices[-1] < len(waiting), Error.INVALID_SLASH_INDEX)
        for place in slash_indices:
            slash = waiting[place]
            self._set(slash.validator, give_back=slash.own)
            self.deposit(SlashCancelled(slash.validator, slash.own, era))
        self.unapplied_slashes[era] = tuple(
            slash for place, slash in enumerate(waiting) if place not in slash_indices
        )

    @constant
    def bonding_duration(self) -> U32:
        """Return the eras for which an offence is punished."""
        return BONDING_ERAS

    @constant
    def slash_defer_duration(self) -> U32:
        """Return the eras between the era of an offence and its slash."""
        return SLASH_DEFER_ERAS

    # ----------------------------------------------------------------- what other pallets may ask

    def exposure(self, who: AccountId) -> Exposure:
        """Return what a validator has at stake now."""
        bond = self.bonds.get(who)
        active = 0 if bond is None else bond.active
        return Exposure(active, active)

    def oldest_session(self) -> U32:
        """Return the first session whose offences are still punished."""
        return self.bonded_eras[0][1] if self.bonded_eras else 0

    def begins_era(self, number: int) -> bool:
        """Return whether a session that begins with a block of this number opens an era."""
        return number // self.config.era_blocks > self.current_era

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:  # noqa: ARG002
        """Open an era if it is time: take what is due, and let the disabled author again."""
        if self.bonded_eras and not self.begins_era(self.context.number):
            return NEW_ERA
        era = self.current_era = self.context.number // self.config.era_blocks
        starts = (*self.bonded_eras, (era, index))
        kept = tuple(start for start in starts if start[0] + BONDING_ERAS >= era)
        for past, _ in starts[: len(starts) - len(kept)]:
            for (_, who), _ in tuple(self.validator_slash_in_era.items_under(past)):
                del self.validator_slash_in_era[past, who]
        self.bonded_eras = kept
        self.seats.enable_all()
        return NEW_ERA + SLASH * self._apply_due(tuple(past for past, _ in starts))

    def on_offence(
        self, offenders: tuple[OffenceDetails, ...], fraction: Perbill, session: U32
    ) -> None:
        """Let offenders owe a part of what they had at stake, and disable them in this era."""
        era = self._era_of(session)
        if era is None:
            self.deposit(OldSlashingReportDiscarded(session))
            return
        for offender in offenders:
            self._punish(offender, fraction, era)
            if era == self.current_era:
                self.seats.disable(offender.offender[0], fraction, TOLERATED)

    # ------------------------------------------------------------------------------------ helpers

    def _punish(self, details: OffenceDetails, fraction: Perbill, era: int) -> None:
        """Let an offender owe what this offence costs beyond what it owes for the era already."""
        validator, exposure = details.offender
        known, owed = self.validator_slash_in_era.get((era, validator)) or (0, 0)
        if fraction.parts <= known or validator not in self.bonds:
            return
        amount = min(max(fraction.of(exposure.own) - owed, 0), self.bonds[validator].active)
        self.validator_slash_in_era[era, validator] = (fraction.parts, owed + amount)
        self.deposit(SlashReported(validator, fraction.parts, era))
        self._set(validator, give_back=-amount)
        slash = UnappliedSlash(validator, amount, details.reporters)
        if _is_due(era, self.current_era):
            self._apply(slash)
        else:
            self.unapplied_slashes[era] = _with(self.unapplied_slashes[era], slash)

    def _apply_due(self, eras: tuple[int, ...]) -> int:
        """Take what is due of what was done in `eras`; return how many slashes that were."""
        applied = 0
        for era in eras:
            waiting = self.unapplied_slashes[era] if _is_due(era, self.current_era) else ()
            for slash in waiting:
                self._apply(slash)
            if waiting:
                del self.unapplied_slashes[era]
            applied += len(waiting)
        return applied

    def _apply(self, slash: UnappliedSlash) -> None:
        """Take a slash from the bond, and divide it."""
        who, amount = slash.validator, slash.own
        bond = self.bonds[who]
        self.bonds[who] = replace(bond, total=bond.total - amount)
        rest = amount - BURNED.of(amount)
        paid = sum(self._give(who, one, REWARD.of(rest)) for one in slash.reporters)
        kept = self._give(who, self.config.treasury, rest - paid)
        self.currency.burn_held(BOND, who, amount - paid - kept)
        self.deposit(Slashed(who, amount))
        self.deposit(SlashDivided(who, amount, kept, paid))

    def _give(self, source: AccountId, dest: AccountId, amount: Balance) -> Balance:
        """Pay out of a bond; return what arrived: nothing, where it would be dust."""
        pay = self.currency.transfer_on_hold
        return amount if amount and self.attempt(pay, BOND, source, dest, amount) else 0

    def _set(self, who: AccountId, *, give_back: Balance) -> None:
        """Change the part of a bond that counts as stake."""
        bond = self.bonds[who]
        active = bond.active + give_back
        self.bonds[who] = replace(bond, active=active)
        self.seats.set_stake(who, active // STAKE_UNIT)

    def _era_of(self, session: int) -> int | None:
        """Return the era of a session, or None if its offences are not punished any more."""
        eras = [era for era, first in self.bonded_eras if first <= session]
        return eras[-1] if eras else None

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def bonds_are_held(self) -> bool:
        """Each bond is on hold, whole."""
        bonds = self.bonds.items()
        return all(self.currency.held(BOND, who) == bond.total for who, bond in bonds)

    @invariant
    def what_is_owed_is_not_stake(self) -> bool:
        """Of each bond all but the waiting slashes counts as stake."""
        owed: dict[AccountId, Balance] = {}
        waiting = [slash for era, listed in self.unapplied_slashes.items() for slash in listed]
        for slash in waiting:
            owed[slash.validator] = owed.get(slash.validator, 0) + slash.own
        bonds = dict(self.bonds.items())
        agree = all(bond.total - bond.active == owed.pop(who, 0) for who, bond in bonds.items())
        return agree and not owed


def _is_due(era: int, now: int) -> bool:
    """Return whether slashes for an era are taken in the era `now`."""
    return now > era + SLASH_DEFER_ERAS


def _with(waiting: tuple[UnappliedSlash, ...], slash: UnappliedSlash) -> Unapplied:
    """Add a slash to those that wait; a validator has one for each era."""
    for place, one in enumerate(waiting):
        if one.validator == slash.validator:
            more = replace(one, own=one.own + slash.own)
            return (*waiting[:place], more, *waiting[place + 1 :])
    return (*waiting, slash)
