"""Reservations: compute that is paid for ahead, by the epoch, and can be passed on.

An owner sets aside what work in one market may cost it over a number of epochs. In each of them it
can have jobs of so many units paid from that, and these wait in front of others. A premium is
burned at once: it is the price of coming first, whether that is used or not. The rest stays on hold
on the owner's account: it goes to jobs, to a new owner together with the reservation, or back.

Reservations have so many places, and a premium on money alone would let somebody take them all who
sets next to nothing aside. So an epoch of a place costs something too, with the square of how many
are taken, as a deposit of a queue does: see `place_price`. It is priced by the place and not by the
money, so that whoever fills places cannot multiply what a large reservation burns.
Source: design page "Economy", section 5.5, and 5.6 for the form of the price; requirement 68.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Protocol

from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.compute.price import Price, fee_of
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128_MAX, AccountId, Balance, BlockNumber
from runtime.terms import Queueing

RESERVATION = HoldReason.RESERVATION

MAX_RESERVATIONS = 512
"""Reservations of the whole chain: one stored list of 4 KB says which there are."""
RESERVATIONS_PER_ACCOUNT = 16
"""Nobody takes them all."""
MAX_EPOCHS = 720
"""A month of epochs of an hour."""
PREMIUM = PERBILL // 50
"""The part burned on top of what is set aside."""
STEEPNESS = 15
"""An epoch of the last place costs so many queue deposits: what they grow by in a queue."""

LIST = Weight(reads=3, writes=3)
"""A reservation, the list of all, and the number of its owner's."""
MONEY = Weight(reads=4, writes=4)
"""The account and the holds of one party, the issuance, and what was burned."""
MARKET = Weight(reads=8)
"""Whether there is a market, its price, and the factors."""
PLACE = Weight(reads=1)
"""What a place in a queue costs."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Work paid for ahead."""

    owner: AccountId
    market: Market
    units: U64
    """Micro-CU that can be ordered in each epoch."""
    starts: BlockNumber
    epochs: U32
    held: Balance
    """What is left of the money set aside."""
    epoch: U32
    """The epoch, counted from the start, of the last use."""
    used: U64
    """Micro-CU ordered in that epoch."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    epoch_blocks: BlockNumber
    minimum_fee: Balance
    """The least that the units of an epoch cost."""


class Prices(Protocol):
    """What work costs; planck per CU."""

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        ...

    def price(self, market: Market) -> Balance:
        """Return the price of a market now."""
        ...

    def ceiling(self, limit: Balance, latency: LatencyClass, tip: int) -> Price:
        """Return the most that a CU can cost while a market's price is at most `limit`."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def queue(self) -> Queueing:
        """What a place in a queue costs, and so one among the reservations."""
        ...


@event
class Reserved:
    """An account paid for work ahead: this is set aside, and the premium was burned."""

    reservation: U64
    owner: AccountId
    market: Market
    held: Balance
    premium: Balance


@event
class Drawn:
    """A job takes units and money of a reservation."""

    reservation: U64
    units: U64
    amount: Balance


@event
class Transferred:
    """A reservation has a new owner, with all that is left of it."""

    reservation: U64
    old: AccountId
    new: AccountId


@event
class Closed:
    """A reservation ended; what was left of it went back to its owner."""

    reservation: U64
    owner: AccountId
    returned: Balance


class Error(PalletError):
    """Why the pallet refused a call."""

    UNKNOWN_MARKET = 0, "There is no market of this tier and region."
    NOTHING_RESERVED = 1, "The units and the epochs must be above zero."
    TOO_LONG = 2, "A reservation may last 720 epochs at most."
    MAX_PRICE_TOO_LOW = 3, "The highest price allowed is below the price now."
    AMOUNT_TOO_LARGE = 4, "What is to be set aside would be more than a balance can be."
    TOO_MANY = 5, "Too many reservations are open, of this account or of all."
    UNKNOWN_RESERVATION = 6, "There is no such reservation."
    NOT_OWNER = 7, "Only the owner of the reservation may do this."
    WRONG_MARKET = 8, "The reservation is for another market."
    ENDED = 9, "The reservation has ended."
    USED_UP = 10, "The units left of this epoch do not reach."


def place_price(deposit: Balance, taken: int) -> Balance:
    """Return what an epoch of a place costs while so many of N are taken, in planck.

    15 d · ∫ N x² dx from taken/N to (taken + 1)/N = 15 d · ((taken + 1)³ - taken³) / (3 N²), d the
    deposit of a queue: the average of the price over the place, rounded up. Places cost the same
    whether they are bought one by one or at once, and all N together 15 d N / 3.
    """
    thirds = (taken + 1) ** 3 - taken**3
    return -(-STEEPNESS * deposit * thirds // (3 * MAX_RESERVATIONS**2))


class Reservations(Pallet):
    """Compute that is paid for ahead, by the epoch, and can be passed on."""

    events = (Reserved, Drawn, Transferred, Closed)
    errors = Error

    next_id: Value[U64] = Value(default=0)
    """The id of the next reservation."""
    reservations: Map[U64, Reservation] = Map(hasher=TWOX_64_CONCAT)
    """What is paid for ahead."""
    open: Value[Annotated[tuple[U64, ...], Bounded(MAX_RESERVATIONS)]] = Value(default=())
    """The ids of all reservations, in order."""
    owned: Map[AccountId, U32] = Map(default=0)
    """How many reservations each account has."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        prices: Prices,
        config: Config,
        *,
        terms: Terms,
        index: int,
        name: str = "Reservations",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.prices, self.config = currency, prices, config
        self.terms = terms

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=LIST + MONEY + MARKET + PLACE + Weight(reads=1, writes=1))
    def reserve(
        self, origin: Origin, market: Market, units: U64, epochs: U32, max_price: Balance
    ) -> None:
        """Pay for `units` micro-CU in each of `epochs` epochs from now, at `max_price` per CU.

        What that comes to goes on hold. On top a fiftieth of it is burned, as the price of waiting
        in front, and for each epoch the price of a place: next to nothing while few are taken, and
        `Steepness` times the deposit of a queue for the last of them.
        """
        owner = ensure_signed(origin)
        ensure(self.prices.has_market(market), Error.UNKNOWN_MARKET)
        ensure(units > 0 and epochs > 0, Error.NOTHING_RESERVED)
        ensure(epochs <= MAX_EPOCHS, Error.TOO_LONG)
        ensure(self.prices.price(market) <= max_price, Error.MAX_PRICE_TOO_LOW)
        highest = self.prices.ceiling(max_price, LatencyClass.STANDARD, 0)
        held = epochs * fee_of(units, highest, self.config.minimum_fee).total
        place = place_price(self.terms.queue.deposit, len(self.open))
        premium = held * PREMIUM // PERBILL + epochs * place
        ensure(held + premium <= U128_MAX, Error.AMOUNT_TOO_LARGE)
        ensure(len(self.open) < MAX_RESERVATIONS, Error.TOO_MANY)
        self._admit(owner)
        self.currency.hold(RESERVATION, owner, held + premium)
        self.currency.burn_held(RESERVATION, owner, premium)
        number, now = self.next_id, self.context.number
        self.next_id, self.open = number + 1, (*self.open, number)
        self.reservations[number] = Reservation(owner, market, units, now, epochs, held, 0, 0)
        self.deposit(Reserved(number, owner, market, held, premium))

    @call(1, weight=LIST + MONEY * 2 + Weight(reads=1, writes=1))
    def transfer_reservation(self, origin: Origin, reservation: U64, to: AccountId) -> None:
        """Give a reservation, with all that is left of it, to another account. Its owner only."""
        record = self._own(origin, reservation)
        ensure(self.context.number < self._end(record), Error.ENDED)
        if to != record.owner:
            self._admit(to)
            self.owned[record.owner] -= 1
            self.currency.transfer_on_hold(RESERVATION, record.owner, to, record.held)
            self.currency.hold(RESERVATION, to, record.held)
            self.reservations[reservation] = replace(record, owner=to)
            self.deposit(Transferred(reservation, record.owner, to))

    @call(2, weight=LIST + MONEY)
    def close_reservation(self, origin: Origin, reservation: U64) -> None:
        """End a reservation and return what is left. Its owner, or anyone once it has run out."""
        who = ensure_signed(origin)
        record = require(self.reservations.get(reservation), Error.UNKNOWN_RESERVATION)
        is_over = self.context.number >= self._end(record)
        ensure(is_over or who == record.owner, Error.NOT_OWNER)
        self._close(reservation, record)

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Look at one reservation, another in each block, and end it if it has run out."""
        listed = self.open
        if not listed:
            return Weight(reads=1)
        reservation = listed[number % len(listed)]
        record = self.reservations[reservation]
        if number >= self._end(record):
            is_done = self.attempt(self._close, reservation, record)
            assert is_done, f"reservation {reservation} can not be closed"
        return LIST + MONEY

    @constant
    def epoch_length(self) -> U32:
        """Blocks of an epoch of a reservation."""
        return self.config.epoch_blocks

    @constant
    def premium(self) -> U32:
        """Return the part of a reservation that is burned on top of it, in ppb."""
        return PREMIUM

    @constant
    def max_reservations(self) -> U32:
        """Return how many places there are for reservations."""
        return MAX_RESERVATIONS

    @constant
    def steepness(self) -> U32:
        """Return how many queue deposits an epoch of the last place costs."""
        return STEEPNESS

    # ------------------------------------------------------------------- what jobs may ask it for

    def draw(
        self, number: int, who: AccountId, market: Market, units: int, amount: Balance
    ) -> None:
        """Give up to `amount` of a reservation of `who` free, for a job of so many micro-CU.

        Units that were drawn once are drawn: a job that is withdrawn does not bring them back.
        """
        record = require(self.reservations.get(number), Error.UNKNOWN_RESERVATION)
        ensure(record.owner == who, Error.NOT_OWNER)
        ensure(record.market == market, Error.WRONG_MARKET)
        ensure(self.context.number < self._end(record), Error.ENDED)
        epoch = (self.context.number - record.starts) // self.config.epoch_blocks
        used = units + (record.used if record.epoch == epoch else 0)
        ensure(used <= record.units, Error.USED_UP)
        amount = min(amount, record.held)
        self.currency.release(RESERVATION, who, amount)
        left = record.held - amount
        self.reservations[number] = replace(record, epoch=epoch, used=used, held=left)
        self.deposit(Drawn(number, units, amount))

    # ----------------------------------------------------------------------------------- helpers

    def _own(self, origin: Origin, number: int) -> Reservation:
        who = ensure_signed(origin)
        record = require(self.reservations.get(number), Error.UNKNOWN_RESERVATION)
        ensure(record.owner == who, Error.NOT_OWNER)
        return record

    def _admit(self, owner: AccountId) -> None:
        """Count one more reservation of an account, or refuse it."""
        ensure(self.owned[owner] < RESERVATIONS_PER_ACCOUNT, Error.TOO_MANY)
        self.owned[owner] += 1

    def _close(self, number: int, record: Reservation) -> None:
        self.currency.release(RESERVATION, record.owner, record.held)
        del self.reservations[number]
        self.open = tuple(one for one in self.open if one != number)
        self.owned[record.owner] -= 1
        self.deposit(Closed(number, record.owner, record.held))

    def _end(self, record: Reservation) -> BlockNumber:
        """Return the first block in which a reservation is good no more."""
        return record.starts + record.epochs * self.config.epoch_blocks

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def reservations_are_held(self) -> bool:
        """Each owner has on hold what is left of its reservations: none is overdrawn."""
        parts = [(one.owner, one.held) for _, one in self.reservations.items()]
        return are_held(self.currency, RESERVATION, parts)

    @invariant
    def reservations_are_listed(self) -> bool:
        """Each reservation is listed once, in order, and each owner's are counted."""
        found = dict(self.reservations.items())
        owners = [one.owner for one in found.values()]
        counted = {owner: owners.count(owner) for owner in owners}
        return list(self.open) == sorted(found) and counted == dict(self.owned.items())
