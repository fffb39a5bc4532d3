"""Oracle: numbers from outside, by the median of up to 21 members, or none.

Members are approved by referendum and put up a bond; each has one vote. In each round of 20 blocks
a member seals a report, in the next it shows it; the seal binds account, feed and round, so it can
be neither copied nor taken over. A round counts if two thirds of its reports agree; the value then
moves by 5 % at most. If it does not count, the last value is held until it is stale: a feed halts
rather than lies. Nothing that mints or charges AGPU reads a feed.
Source: design page "Economy", section 5.12, and D5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.frame import (
    Context,
    DoubleMap,
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
from runtime.frame.fungible import Currency
from runtime.pallets.oracle import events, views
from runtime.pallets.oracle.bonds import BOND, Bonds
from runtime.pallets.oracle.events import EVENTS, Error
from runtime.pallets.oracle.records import (
    MAX_DECIMALS,
    MAX_FEEDS,
    MAX_MEMBERS,
    MAX_VALUE,
    NEWCOMER,
    UNSCORED,
    Accuracy,
    Config,
    Entries,
    Entry,
    Feed,
    FeedId,
    FeedName,
    Health,
    Member,
    MemberStatus,
    Price,
    Report,
    Snapshots,
    Tally,
    Terms,
    Time,
)
from runtime.pallets.oracle.rounds import Closing
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U8, U32, AccountId, Balance

RECORD = Weight(reads=4, writes=4)
"""A member, and the lists of seats and of those that report."""
MONEY = Weight(reads=5, writes=5)
"""Accounts, holds and total issuance behind one movement of a bond."""
OPEN_ROUNDS = 3
"""Rounds that have reports: that which is sealed, shown, and closed."""


class Oracle(Pallet):
    """Numbers from outside, by the median of its members."""

    events = EVENTS
    errors = Error

    seats: Value[Annotated[tuple[AccountId, ...], Bounded(MAX_MEMBERS)]] = Value(default=())
    """The accounts that governance approved."""
    active: Value[Annotated[tuple[AccountId, ...], Bounded(MAX_MEMBERS)]] = Value(default=())
    """Those of them that report."""
    member: Map[AccountId, Member] = Map(name="Members")
    """Each member's record; also of former ones that have something left."""
    next_feed: Value[U32] = Value(default=0)
    """The id of the next feed."""
    feed_ids: Value[Annotated[tuple[FeedId, ...], Bounded(MAX_FEEDS)]] = Value(default=())
    """The feeds that are asked for, ascending."""
    feeds: Map[FeedId, Feed] = Map(hasher=TWOX_64_CONCAT)
    """What each feed is."""
    entries: DoubleMap[FeedId, U32, Entries] = DoubleMap(
        default=(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Sealed and shown reports, by feed and round."""
    prices: Map[FeedId, Price] = Map(hasher=TWOX_64_CONCAT)
    """The last accepted value of each feed."""
    snapshots: Map[FeedId, Snapshots] = Map(default=(), hasher=TWOX_64_CONCAT)
    """The sums of each feed's value at the starts of its last epochs."""
    next_round: Value[U32 | None] = Value(default=None)
    """The oldest round that is not closed."""
    cursor: Value[FeedId] = Value(default=0)
    """The first feed that is not closed in that round."""
    tally: Value[Tally] = Value(default=())
    """Accurate reports of that round so far."""
    owed: Value[Balance] = Value(default=0)
    """What members earned and have not claimed."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        governs: EnsureOrigin[None],
        terms: Terms,
        config: Config,
        *,
        time: Time,
        accuracy: Accuracy = UNSCORED,
        index: int,
        name: str = "Oracle",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.governs, self.terms = currency, governs, terms
        self.config, self.time, self.accuracy = config, time, accuracy
        self.bonds, self.closing = Bonds(self), Closing(self)

    def build(self, members: tuple[AccountId, ...], feeds: tuple[Feed, ...]) -> None:
        """Write the state of block 0: feeds, and approved members, who have not joined yet."""
        self.seats = members
        for who in members:
            self.member[who] = NEWCOMER
        for feed in feeds:
            self._add(feed)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=RECORD)
    def add_member(self, origin: Origin, who: AccountId) -> None:
        """Give an account a seat. A referendum on registries only; the account then joins."""
        self.governs(origin)
        ensure(who not in self.seats, Error.ALREADY_MEMBER)
        ensure(len(self.seats) < MAX_MEMBERS, Error.TOO_MANY_MEMBERS)
        self.seats = (*self.seats, who)
        former = self.member.get(who)
        known = NEWCOMER if former is None else former
        self.member[who] = replace(known, status=MemberStatus.APPROVED, outlier_rounds=())
        self.deposit(events.MemberAdded(who))

    @call(1, weight=RECORD)
    def remove_member(self, origin: Origin, who: AccountId) -> None:
        """Take a seat away; the bond is free 28 eras later. A referendum on registries only."""
        self.governs(origin)
        ensure(who in self.seats, Error.NOT_MEMBER)
        self.bonds.remove(who)

    @call(2, weight=Weight(reads=2 + MAX_FEEDS, writes=3))
    def add_feed(self, origin: Origin, feed: FeedName, decimals: U8) -> None:
        """Ask for a number, with so many digits behind its point. A referendum on registries."""
        self.governs(origin)
        ensure(len(feed) > 0 and decimals <= MAX_DECIMALS, Error.INVALID_FEED)
        ensure(len(self.feed_ids) < MAX_FEEDS, Error.TOO_MANY_FEEDS)
        names = [self.feeds[one].name for one in self.feed_ids]
        ensure(feed not in names, Error.FEED_EXISTS)
        self._add(Feed(feed, decimals))

    @call(3, weight=Weight(reads=3, writes=4 + OPEN_ROUNDS))
    def remove_feed(self, origin: Origin, feed: FeedId) -> None:
        """Ask for a number no more; reports under way are dropped. A referendum on registries."""
        self.governs(origin)
        ensure(feed in self.feed_ids, Error.UNKNOWN_FEED)
        self.feed_ids = tuple(one for one in self.feed_ids if one != feed)
        for back in range(OPEN_ROUNDS):
            del self.entries[feed, max(self.current_round() - back, 0)]
        del self.feeds[feed], self.prices[feed], self.snapshots[feed]
        self.deposit(events.FeedRemoved(feed))

    @call(4, weight=RECORD + MONEY)
    def join(self, origin: Origin, bond: Balance) -> None:
        """Put up a bond and begin to report. For approved accounts whose time in jail is over."""
        who, member = self._seated(origin)
        ensure(member.status is MemberStatus.APPROVED, Error.ALREADY_JOINED)
        ensure(self.context.number >= member.jailed_until, Error.STILL_JAILED)
        ensure(bond >= self.config.minimum_bond, Error.BOND_TOO_LOW)
        self.currency.hold(BOND, who, bond)
        active = replace(member, status=MemberStatus.ACTIVE, bond=bond, missed=0)
        self.bonds.put(who, active)
        self.deposit(events.Joined(who, bond))

    @call(5, weight=RECORD + MONEY)
    def bond_extra(self, origin: Origin, amount: Balance) -> None:
        """Add to the bond."""
        who, member = self._seated(origin)
        ensure(member.status is not MemberStatus.APPROVED, Error.NOT_ACTIVE)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        self.currency.hold(BOND, who, amount)
        self.member[who] = replace(member, bond=member.bond + amount)
        self.deposit(events.BondAdded(who, amount))

    @call(6, weight=RECORD)
    def unbond(self, origin: Origin, amount: Balance) -> None:
        """Start to take `amount` out of the bond: 28 eras. All of it ends the reporting."""
        who, member = self._seated(origin)
        ensure(0 < amount <= member.bond, Error.ZERO_AMOUNT)
        rest = member.bond - amount
        ensure(not rest or rest >= self.config.minimum_bond, Error.BOND_TOO_LOW)
        member = self.bonds.leave(who, member, amount)
        status = member.status if rest else MemberStatus.APPROVED
        self.bonds.put(who, replace(member, status=status))

    @call(7, weight=RECORD + MONEY)
    def withdraw_unbonded(self, origin: Origin) -> None:
        """Take back what left the bond 28 eras ago."""
        who = ensure_signed(origin)
        member = require(self.member.get(who), Error.NOT_MEMBER)
        kept = tuple(chunk for chunk in member.unbonding if chunk.era > self.era())
        left = replace(member, unbonding=kept)
        due = member.total - left.total
        ensure(due > 0, Error.NOTHING_DUE)
        self.currency.release(BOND, who, due)
        self.member[who] = left
        self.deposit(events.Withdrawn(who, due))
        self.bonds.forget(who)

    @call(8, weight=RECORD)
    def unjail(self, origin: Origin) -> None:
        """Report again after jail, with the least bond at least."""
        who, member = self._seated(origin)
        ensure(member.status is MemberStatus.JAILED, Error.NOT_JAILED)
        ensure(self.context.number >= member.jailed_until, Error.STILL_JAILED)
        ensure(member.bond >= self.config.minimum_bond, Error.BOND_TOO_LOW)
        self.bonds.put(who, replace(member, status=MemberStatus.ACTIVE, missed=0))
        self.deposit(events.Unjailed(who))

    @call(9, weight=Weight(reads=4, writes=1), is_free_if_accepted=True)
    def commit(self, origin: Origin, feed: FeedId, round_: U32, sealed: H256) -> None:
        """Seal a report on a feed in the round under way. Free, once per feed and round.

        The seal is the BLAKE2b-256 hash of report, salt, account, feed and round, in SCALE. It
        costs half a percent of the bond not to show it in the next round, so a transaction that
        comes a round late is refused.
        """
        who = ensure_signed(origin)
        ensure(who in self.active, Error.NOT_ACTIVE)
        ensure(feed in self.feed_ids, Error.UNKNOWN_FEED)
        ensure(round_ == self.current_round(), Error.WRONG_ROUND)
        entries = self.entries[feed, round_]
        ensure(all(entry.who != who for entry in entries), Error.ALREADY_COMMITTED)
        ensure(len(entries) < MAX_MEMBERS, Error.ROUND_FULL)
        self.entries[feed, round_] = (*entries, Entry(who, sealed, None))
        self.deposit(events.Committed(feed, round_, who))

    @call(10, weight=Weight(reads=3, writes=1), is_free_if_accepted=True)
    def reveal(self, origin: Origin, feed: FeedId, report: Report, salt: H256) -> None:
        """Show the report that was sealed in the round before. Free, once per feed and round."""
        who, shown = ensure_signed(origin), self.current_round() - 1
        ensure(shown >= 0, Error.NOT_COMMITTED)
        entries = self.entries[feed, shown]
        entry = require(next((one for one in entries if one.who == who), None), Error.NOT_COMMITTED)
        ensure(entry.report is None, Error.ALREADY_REVEALED)
        ensure(seal(report, salt, who, feed, shown) == entry.sealed, Error.WRONG_SEAL)
        ensure(0 < report.value <= MAX_VALUE, Error.VALUE_OUT_OF_RANGE)
        now = self.time.now
        ensure(report.observed_at <= now, Error.FROM_THE_FUTURE)
        ensure(report.observed_at + views.stale_milliseconds(self) > now, Error.TOO_OLD)
        place, opened = entries.index(entry), replace(entry, report=report)
        self.entries[feed, shown] = (*entries[:place], opened, *entries[place + 1 :])
        self.deposit(events.Revealed(feed, shown, who, report))

    @call(11, weight=RECORD + MONEY)
    def claim(self, origin: Origin, who: AccountId) -> None:
        """Pay a member what its accurate reports earned. Anyone may."""
        ensure_signed(origin)
        member = self.member.get(who)
        earned = 0 if member is None else member.earned
        ensure(earned > 0, Error.NOTHING_EARNED)
        self.currency.transfer(self.config.pot, who, earned)
        self.owed -= earned
        self.member[who] = replace(self.member[who], earned=0)
        self.deposit(events.Claimed(who, earned))
        self.bonds.forget(who)

    # ------------------------------------------------------------------------------------- hooks

    def on_poll(self, number: int, left: int) -> Weight:
        """Close the round before the last, some feeds in each block."""
        return self.closing.run(number, left)

    @constant
    def minimum_bond(self) -> Balance:
        """Return the least bond of a member."""
        return self.config.minimum_bond

    @constant
    def round_blocks(self) -> U32:
        """Return the blocks of a round."""
        return self.config.round_blocks

    # ----------------------------------------------------------------- what other pallets may ask

    def stale_blocks(self) -> int:
        """Return the blocks after which a value that was not renewed is none."""
        return self.terms.oracle.stale_epochs * self.config.epoch

    def members(self) -> tuple[AccountId, ...]:
        """Return the members that report."""
        return self.active

    def value(self, feed: FeedId) -> tuple[int, int] | None:
        """Return the value of a feed and the block in which it was accepted; None when stale."""
        price = views.fresh(self, feed)
        return None if price is None else (price.value, price.updated_at)

    def twap(self, feed: FeedId) -> int | None:
        """Return the average of a feed over 24 epochs, weighted by time; None when stale."""
        return views.average_of(self, feed)

    def is_healthy(self, feed: FeedId) -> bool:
        """Say whether the last round of a feed agreed, and its value is not stale."""
        price = views.fresh(self, feed)
        return price is not None and price.is_healthy

    def slash(self, who: AccountId, part: int) -> Balance:
        """Take a part, in ppb, of what a member has on hold; return what was taken."""
        return self.bonds.slash(who, part)

    def credit(self, who: AccountId) -> None:
        """Let what a member did beside its reports earn as much as an accurate one."""
        points = dict(self.tally)
        points[who] = points.get(who, 0) + 1
        self.tally = tuple((one, count) for one, count in points.items() if one in self.active)

    def health(self) -> Health:
        """Return how members and feeds stand."""
        return views.health_of(self)

    def current_round(self) -> int:
        """Return the round under way."""
        return self.context.number // self.config.round_blocks

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.config.era_blocks

    # ------------------------------------------------------------------------------------ helpers

    def _add(self, feed: Feed) -> None:
        number, self.next_feed = self.next_feed, self.next_feed + 1
        self.feeds[number], self.feed_ids = feed, (*self.feed_ids, number)
        self.deposit(events.FeedAdded(number, feed.name, feed.decimals))

    def _seated(self, origin: Origin) -> tuple[AccountId, Member]:
        who = ensure_signed(origin)
        ensure(who in self.seats, Error.NOT_MEMBER)
        return who, self.member[who]

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def bonds_are_held(self) -> bool:
        """Each member has on hold its bond and what is on its way out of it."""
        records = self.member.items()
        return all(self.currency.held(BOND, who) == one.total for who, one in records)

    @invariant
    def seats_and_records_agree(self) -> bool:
        """Seats are the records that are not removed, and those that report are the active."""
        records = list(self.member.items())
        kept = [who for who, one in records if one.status is not MemberStatus.REMOVED]
        active = [who for who, one in records if one.status is MemberStatus.ACTIVE]
        return sorted(self.seats) == sorted(kept) and sorted(self.active) == sorted(active)

    @invariant
    def the_pot_covers_what_is_owed(self) -> bool:
        """Equal: what members have earned, and what is owed; the pot has it."""
        earned = sum(one.earned for _, one in self.member.items())
        return earned == self.owed <= self.currency.free(self.config.pot)

    @invariant
    def feeds_are_listed(self) -> bool:
        """Nothing is kept of feeds that are not listed, and the list ascends."""
        known = tuple(sorted(feed for feed, _ in self.feeds.items()))
        kept = [feed for feed, _ in self.prices.items()]
        kept += [feed for feed, _ in self.snapshots.items()]
        kept += [feed for (feed, _), _ in self.entries.items()]
        return self.feed_ids == known and all(feed in known for feed in kept)

    @invariant
    def only_open_rounds_have_reports(self) -> bool:
        """No reports are kept of closed rounds, and each account has one in a round."""
        first = self.next_round or 0
        return all(
            round_ >= first and len(entries) == len(dict.fromkeys(one.who for one in entries))
            for (_, round_), entries in self.entries.items()
        )


def seal(report: Report, salt: H256, who: AccountId, feed: int, round_: int) -> H256:
    """Return what a member commits to: nobody else's report, feed or round has this hash."""
    bound = (report, salt, who, feed, round_)
    return blake2_256(encode(bound, tuple[Report, H256, AccountId, FeedId, U32]))
