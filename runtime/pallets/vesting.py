"""Vesting: tokens that become their owner's to spend block by block.

What has not vested is on hold in its owner's account: it cannot be paid with, and on AMAX not be
set aside for voting either, which a freeze would allow. Anyone may have what has vested released.
Names, indices and layouts are those of FRAME's `pallet_vesting`, except that FRAME locks where this
pallet holds, so that the account of a beneficiary must exist already. Source: design page
"Economy", 5.19; requirement D9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

from runtime.frame import (
    BadOrigin,
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency, HoldReason
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import is_pallet_account
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber

MAX_SCHEDULES = 28
"""Of one account; FRAME's usual bound."""
HOLD = HoldReason.VESTING

RELEASE = Weight(reads=5, writes=5, compute=20_000)
"""The schedules of an account, its balance, its holds and the holds' total, and what votes."""
GRANT = RELEASE + Weight(reads=2, writes=2, compute=10_000)
"""The account of who gives, too."""


@dataclass(frozen=True, slots=True)
class VestingInfo:
    """An amount of which so much becomes free with every block after the first."""

    type_path: ClassVar[str] = "pallet_vesting::vesting_info::VestingInfo"
    locked: Balance
    per_block: Balance
    starting_block: BlockNumber

    def unvested(self, number: BlockNumber) -> Balance:
        """Return what is not yet free at a block."""
        passed = max(number - self.starting_block, 0)
        return max(self.locked - self.per_block * passed, 0)

    @property
    def ending_block(self) -> BlockNumber:
        """The first block at which all of it is free."""
        return self.starting_block - (-self.locked // self.per_block)


Schedules = Annotated[tuple[VestingInfo, ...], Bounded(MAX_SCHEDULES)]


@event
class VestingUpdated:
    """Something vested, or more is to vest."""

    account: AccountId
    unvested: Balance


@event
class VestingCompleted:
    """All that an account had vesting is free."""

    account: AccountId


class Electorate(Protocol):
    """What of a token votes."""

    def deactivate(self, amount: Balance) -> None:
        """Count `amount` out of what votes, or in again if it is negative."""


class NoElectorate:
    """For a token that does not vote."""

    def deactivate(self, amount: Balance) -> None:
        """Keep nothing."""


VOTELESS = NoElectorate()


class Error(PalletError):
    """Why Vesting refused a call."""

    NOT_VESTING = 0, "Nothing of this account is vesting."
    AT_MAX_VESTING_SCHEDULES = 1, "The account has as many schedules as there may be."
    AMOUNT_LOW = 2, "The amount is below the least that may vest."
    SCHEDULE_INDEX_OUT_OF_BOUNDS = 3, "There is no such schedule."
    INVALID_SCHEDULE_PARAMS = 4, "Something must vest with every block, and end in time."


class Vesting(Pallet):
    """Tokens that become free block by block."""

    events = (VestingUpdated, VestingCompleted)
    errors = Error

    vesting: Map[AccountId, Schedules] = Map()
    """What is vesting of each account, the oldest schedule first; none where nothing is."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        least: Balance,
        *,
        index: int,
        name: str = "Vesting",
        electorate: Electorate = VOTELESS,
        reserved: int = 0,
    ) -> None:
        """Let amounts of `least` planck and more vest.

        `reserved` schedules of each account are kept for what pallets grant.
        """
        super().__init__(context, index=index, name=name)
        self._currency, self._least = currency, least
        self._electorate, self._most_given = electorate, MAX_SCHEDULES - reserved

    def build(self, schedules: tuple[tuple[AccountId, VestingInfo], ...]) -> None:
        """Write the state of block 0: each account has so much more free than is to vest."""
        for who, schedule in schedules:
            self._add(who, schedule)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=RELEASE)
    def vest(self, origin: Origin) -> None:
        """Release what has vested of the signer."""
        self._release(ensure_signed(origin))

    @call(1, weight=RELEASE)
    def vest_other(self, origin: Origin, target: MultiAddress) -> None:
        """Release what has vested of somebody. Anyone may."""
        ensure_signed(origin)
        self._release(account_of(target))

    @call(2, weight=GRANT)
    def vested_transfer(self, origin: Origin, target: MultiAddress, schedule: VestingInfo) -> None:
        """Give the signer's tokens to somebody to whom they become free by a schedule."""
        self._give(ensure_signed(origin), account_of(target), schedule)

    @call(3, weight=GRANT)
    def force_vested_transfer(
        self, origin: Origin, source: MultiAddress, target: MultiAddress, schedule: VestingInfo
    ) -> None:
        """Give somebody's tokens to another by a schedule, but no pallet's. Root only."""
        ensure_root(origin)
        giver = account_of(source)
        ensure(not is_pallet_account(giver), BadOrigin.BAD_ORIGIN)
        self._give(giver, account_of(target), schedule)

    @call(4, weight=RELEASE)
    def merge_schedules(self, origin: Origin, schedule1_index: U32, schedule2_index: U32) -> None:
        """Make one schedule of two of the signer's; it ends when the later of them would."""
        who = ensure_signed(origin)
        now, schedules = self.context.number, list(self._schedules(who))
        if schedule1_index == schedule2_index:
            return
        last = max(schedule1_index, schedule2_index)
        ensure(last < len(schedules), Error.SCHEDULE_INDEX_OUT_OF_BOUNDS)
        two = schedules.pop(last), schedules.pop(min(schedule1_index, schedule2_index))
        if (whole := merged(two, now)) is not None:
            schedules.append(whole)
        self._keep(who, tuple(schedules))

    @call(5, weight=RELEASE)
    def force_remove_vesting_schedule(
        self, origin: Origin, target: MultiAddress, schedule_index: U32
    ) -> None:
        """Make all of a schedule free at once. Root only."""
        ensure_root(origin)
        who = account_of(target)
        schedules = self._schedules(who)
        ensure(schedule_index < len(schedules), Error.SCHEDULE_INDEX_OUT_OF_BOUNDS)
        self._keep(who, schedules[:schedule_index] + schedules[schedule_index + 1 :])

    # ------------------------------------------------------------------- what other pallets may do

    def grant(
        self, who: AccountId, amount: Balance, start: BlockNumber, blocks: BlockNumber
    ) -> None:
        """Let `amount` of an account's balance vest in so many blocks from a later one on.

        All that begins with the same block is one schedule: so who grants by periods needs as many
        schedules as periods are under way.

        Raises:
            DispatchError: the account cannot spend so much, or has too many schedules.
        """
        now, schedules = self.context.number, self.vesting.get(who) or ()
        assert now < start, f"a grant from block {start} on in block {now}"
        alike = [
            one
            for one in schedules
            if one.starting_block == start and one.ending_block <= start + blocks
        ][:1]
        others = tuple(one for one in schedules if one not in alike and one.unvested(now))
        ensure(len(others) < MAX_SCHEDULES, Error.AT_MAX_VESTING_SCHEDULES)
        locked = amount + sum(one.locked for one in alike)
        whole = VestingInfo(locked, -(-locked // blocks), start)
        ensure(is_sound(whole), Error.INVALID_SCHEDULE_PARAMS)
        self._hold(who, amount)
        self._keep(who, (*others, whole))

    # ---------------------------------------------------------------------------------- constants

    @constant
    def min_vested_transfer(self) -> Balance:
        """Return the least that may vest."""
        return self._least

    @constant
    def max_vesting_schedules(self) -> U32:
        """Return how many schedules an account may have."""
        return MAX_SCHEDULES

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def the_unvested_is_held(self) -> bool:
        """Of each account so much is on hold as was unvested when it was last looked at."""
        ledger = self._currency
        return all(
            schedules
            and ledger.held(HOLD, who)
            >= sum(one.unvested(self.context.number) for one in schedules)
            for who, schedules in self.vesting.items()
        )

    # ------------------------------------------------------------------------------------ helpers

    def _schedules(self, who: AccountId) -> tuple[VestingInfo, ...]:
        return require(self.vesting.get(who), Error.NOT_VESTING)

    def _give(self, source: AccountId, target: AccountId, schedule: VestingInfo) -> None:
        ensure(schedule.locked >= self._least, Error.AMOUNT_LOW)
        there = self.vesting.get(target) or ()
        ensure(len(there) < self._most_given, Error.AT_MAX_VESTING_SCHEDULES)
        ensure(is_sound(schedule), Error.INVALID_SCHEDULE_PARAMS)
        self._currency.transfer(source, target, schedule.locked)
        self._add(target, schedule)

    def _add(self, who: AccountId, schedule: VestingInfo) -> None:
        """Hold what is to vest of a balance that is there already."""
        self._hold(who, schedule.locked)
        self._keep(who, (*(self.vesting.get(who) or ()), schedule))

    def _hold(self, who: AccountId, amount: Balance) -> None:
        """Set aside what is to vest: until then it does not vote."""
        self._currency.hold(HOLD, who, amount)
        self._electorate.deactivate(amount)

    def _release(self, who: AccountId) -> None:
        self._keep(who, self._schedules(who))

    def _keep(self, who: AccountId, schedules: tuple[VestingInfo, ...]) -> None:
        """Remember what still vests, and release all else that is on hold."""
        now = self.context.number
        left = tuple(one for one in schedules if one.unvested(now))
        unvested = sum(one.unvested(now) for one in left)
        if free := self._currency.held(HOLD, who) - unvested:
            self._currency.release(HOLD, who, free)
            self._electorate.deactivate(-free)
        if left:
            self.vesting[who] = left
            self.deposit(VestingUpdated(who, unvested))
        else:
            del self.vesting[who]
            self.deposit(VestingCompleted(who))


def is_sound(schedule: VestingInfo) -> bool:
    """Say whether a schedule moves, and ends at a block that can be numbered."""
    return schedule.per_block > 0 and schedule.ending_block < 1 << 32


def merged(two: tuple[VestingInfo, VestingInfo], now: BlockNumber) -> VestingInfo | None:
    """Return one schedule for what is left of two, or None if all of it is free.

    It starts now, or with the later of those that are yet to start, and ends with the later one;
    what does not divide evenly takes a little longer.
    """
    left = [one for one in two if one.unvested(now)]
    if len(left) < 2:
        return left[0] if left else None
    start = max(now, *(one.starting_block for one in left))
    end = max(one.ending_block for one in left)
    locked = sum(one.unvested(now) for one in left)
    return VestingInfo(locked, max(locked // max(end - start, 1), 1), start)
