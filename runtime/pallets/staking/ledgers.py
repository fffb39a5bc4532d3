"""The stakes of accounts: what counts, what is on its way out, and what is taken of both.

Invariant: the total of a ledger is on hold, and is what counts, what is on its way out, and what
is owed for slashes that wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.frame.fungible import HoldReason
from runtime.pallets.staking import events
from runtime.pallets.staking.events import Error
from runtime.pallets.staking.records import (
    BURNED,
    MAX_CHUNKS,
    REWARD,
    STAKE_UNIT,
    UNLOCK_ERAS,
    RewardDestination,
    StakingLedger,
    UnlockChunk,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking

BOND = HoldReason.VALIDATOR_BOND

Chunks = tuple[UnlockChunk, ...]


class Ledgers:
    """Moves stakes; keeps nothing of its own."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def of(self, who: AccountId) -> StakingLedger:
        """Return the ledger of an account that calls, or refuse."""
        return require(self._pallet.ledger.get(who), Error.NOT_CONTROLLER)

    def open(self, who: AccountId, amount: Balance, payee: RewardDestination) -> None:
        """Set a first stake aside."""
        pallet = self._pallet
        ensure(who not in pallet.ledger, Error.ALREADY_BONDED)
        ensure(amount >= pallet.config.existential_deposit, Error.INSUFFICIENT_BOND)
        pallet.currency.hold(BOND, who, amount)
        pallet.bonded[who], pallet.payee[who] = who, payee
        pallet.ledger[who] = StakingLedger(who, amount, amount)
        pallet.deposit(events.Bonded(who, amount))

    def add(self, who: AccountId, amount: Balance) -> None:
        """Set more aside; it counts from the next election on."""
        ledger = self.of(who)
        self._pallet.currency.hold(BOND, who, amount)
        self.put(replace(ledger, total=ledger.total + amount, active=ledger.active + amount))
        self._pallet.deposit(events.Bonded(who, amount))

    def unbond(self, ledger: StakingLedger, value: Balance) -> None:
        """Let an amount leave what counts; it is free once offences of its last era are old.

        What would be left as dust leaves too.
        """
        pallet = self._pallet
        left = max(ledger.active - value, 0)
        left = left if left >= pallet.config.existential_deposit else 0
        ensure(left >= pallet.roles.least(ledger.stash), Error.INSUFFICIENT_BOND)
        amount = ledger.active - left
        if not amount:
            return
        era = pallet.eras.answering() + UNLOCK_ERAS
        chunks = with_chunk(ledger.unlocking, UnlockChunk(amount, era))
        ensure(len(chunks) <= MAX_CHUNKS, Error.NO_MORE_CHUNKS)
        self.put(replace(ledger, active=left, unlocking=chunks))
        pallet.deposit(events.Unbonded(ledger.stash, amount))

    def rebond(self, ledger: StakingLedger, amount: Balance) -> None:
        """Let what left last count again, up to `amount`, or refuse if nothing is leaving."""
        ensure(bool(ledger.unlocking), Error.NO_UNLOCK_CHUNK)
        chunks, back = taken_last(ledger.unlocking, amount)
        self.put(replace(ledger, active=ledger.active + back, unlocking=chunks))
        self._pallet.deposit(events.Bonded(ledger.stash, back))

    def withdraw(self, ledger: StakingLedger) -> None:
        """Free what has waited long enough; a ledger with nothing left ends."""
        pallet, who, era = self._pallet, ledger.stash, self._pallet.era()
        waiting = tuple(chunk for chunk in ledger.unlocking if chunk.era > era)
        left = sum(chunk.value for chunk in waiting)
        amount = sum(chunk.value for chunk in ledger.unlocking) - left
        if not amount:
            return
        pallet.currency.release(BOND, who, amount)
        pallet.deposit(events.Withdrawn(who, amount))
        self.put(replace(ledger, total=ledger.total - amount, unlocking=waiting))

    def put(self, ledger: StakingLedger) -> None:
        """Record a ledger, and what its account now weighs as a voter; forget an empty one."""
        pallet, who = self._pallet, ledger.stash
        if ledger.total:
            pallet.ledger[who] = ledger
            pallet.ports.voters.update(who, ledger.active // STAKE_UNIT)
            return
        pallet.roles.leave(who)
        pallet.ports.seats.forget(who)
        del pallet.ledger[who]
        del pallet.bonded[who]
        del pallet.payee[who]

    # --------------------------------------------------------------------------- what slashes do

    def liable(self, who: AccountId, era: int) -> Balance:
        """Return what an account still has of what may answer for an era."""
        ledger = self._pallet.ledger.get(who)
        if ledger is None:
            return 0
        waiting = (one.value for one in ledger.unlocking if one.era >= era + UNLOCK_ERAS)
        return ledger.active + sum(waiting)

    def set_aside(self, who: AccountId, amount: Balance, era: int) -> Balance:
        """Let up to `amount` of what was at stake in an era count no more; return how much it was.

        It stays on hold until it is taken. What is on its way out pays after what counts, unless
        it had left before the era.
        """
        ledger = self._pallet.ledger.get(who)
        if ledger is None:
            return 0
        from_active = min(amount, ledger.active)
        kept = tuple(one for one in ledger.unlocking if one.era < era + UNLOCK_ERAS)
        liable = ledger.unlocking[len(kept) :]
        left, from_chunks = taken_last(liable, amount - from_active)
        active = ledger.active - from_active
        self.put(replace(ledger, active=active, unlocking=kept + left))
        return from_active + from_chunks

    def give_back(self, who: AccountId, amount: Balance) -> None:
        """Let what was set aside count again."""
        ledger = self._pallet.ledger[who]
        self.put(replace(ledger, active=ledger.active + amount))

    def take(self, who: AccountId, amount: Balance, reporters: tuple[AccountId, ...]) -> None:
        """Take what was set aside, and divide it: half is burned."""
        pallet = self._pallet
        if not amount:
            return
        rest = amount - BURNED.of(amount)
        paid = sum(self._give(who, one, REWARD.of(rest)) for one in reporters)
        kept = self._give(who, pallet.config.treasury, rest - paid)
        pallet.currency.burn_held(BOND, who, amount - paid - kept)
        pallet.deposit(events.Slashed(who, amount))
        pallet.deposit(events.SlashDivided(who, amount, kept, paid))
        ledger = pallet.ledger[who]
        self.put(replace(ledger, total=ledger.total - amount))

    def _give(self, source: AccountId, dest: AccountId, amount: Balance) -> Balance:
        """Pay out of a stake; return what arrived: nothing, where it would be dust."""
        pallet = self._pallet
        pay = pallet.currency.transfer_on_hold
        return amount if amount and pallet.attempt(pay, BOND, source, dest, amount) else 0


def with_chunk(chunks: Chunks, new: UnlockChunk) -> Chunks:
    """Add an amount to those on their way out, which ascend by era."""
    if chunks and chunks[-1].era >= new.era:
        # an election that failed lets its era come again
        last = chunks[-1]
        return (*chunks[:-1], replace(last, value=last.value + new.value))
    return (*chunks, new)


def taken_last(chunks: Chunks, amount: Balance) -> tuple[Chunks, Balance]:
    """Take up to `amount` of chunks, the last first; return what is left, and what was taken."""
    left, taken = chunks, 0
    while left and taken < amount:
        last = left[-1]
        part = min(last.value, amount - taken)
        taken += part
        rest = (replace(last, value=last.value - part),) if part < last.value else ()
        left = left[:-1] + rest
    return left, taken
