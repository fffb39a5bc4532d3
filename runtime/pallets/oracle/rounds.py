"""Closing a round: each feed's reports become a value, or none, and what was accurate is paid.

Reports of round r are sealed in r and shown in r + 1. Round r is closed from the first block of
r + 2 on, eight feeds a block, in order of their ids; the last of these blocks pays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.pallets.oracle import events, formulas
from runtime.pallets.oracle.records import (
    MAX_MEMBERS,
    Entries,
    Entry,
    Fault,
    FeedId,
    Price,
    Snapshot,
    Snapshots,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.oracle.pallet import Oracle

LOOK = Weight(reads=2, writes=1)
"""Whether a round is to be closed."""
STEP = Weight(reads=5, writes=2)
"""The feeds, the members, what was accurate so far."""
FEED = Weight(reads=3, writes=3, compute=100_000)
"""The reports of a feed, its value, and the sums of its average."""
PUNISH = Weight(reads=10, writes=10)
"""A member, its holds and account, the treasury, the issuance, and the lists that it leaves."""
PAY = Weight(reads=4, writes=3)
"""The pot, and what is owed out of it; the points of the era."""
MEMBER = Weight(reads=1, writes=1)

RIGHT_POINTS = 2
"""For an accurate report, as for a right verdict."""
REVEALED_LATER = 2
"""A round is closed when the second after it has begun."""


class Closing:
    """Closes rounds. Invariant: feeds below `cursor` are done in the round under way."""

    def __init__(self, pallet: Oracle) -> None:
        self._pallet = pallet
        self._most = most(pallet.config.feeds_per_block)

    def run(self, number: int, left: int) -> Weight:
        """Do what is due in a block, if `left` picoseconds are enough for all of it."""
        if self._most.ref_time > left:
            return Weight()
        pallet, current = self._pallet, number // self._pallet.config.round_blocks
        closing = pallet.next_round
        if closing is None:
            pallet.next_round = current
            return LOOK
        if closing + REVEALED_LATER > current:
            return LOOK
        due = [feed for feed in pallet.feed_ids if feed >= pallet.cursor]
        now, later = due[: pallet.config.feeds_per_block], due[pallet.config.feeds_per_block :]
        punished = self._close_feeds(tuple(now), closing)
        cost = LOOK + STEP + FEED * len(now) + PUNISH * punished
        if later:
            pallet.cursor = later[0]
            return cost
        return cost + self._end(closing)

    def _close_feeds(self, feeds: tuple[FeedId, ...], round_: int) -> int:
        """Close some feeds of a round; return how many accounts were punished."""
        pallet, faults = self._pallet, dict[AccountId, list[Fault]]()
        points = dict(pallet.tally)
        for feed in feeds:
            entries = pallet.entries[feed, round_]
            del pallet.entries[feed, round_]
            for who, fault in self._close_feed(feed, round_, entries, points):
                pallet.deposit(events.Faulted(who, fault, feed, round_))
                faults.setdefault(who, []).append(fault)
        counted = tuple((who, count) for who, count in points.items() if who in pallet.active)
        pallet.tally = counted
        costs = {
            Fault.NOT_REVEALED: pallet.terms.oracle.not_revealed,
            Fault.OUTLIER: pallet.terms.oracle.outlier,
        }
        for who, found in faults.items():
            pallet.bonds.slash(who, sum(costs[fault] for fault in found))
            if Fault.OUTLIER in found:
                pallet.bonds.outlier(who, round_)
        return len(faults)

    def _close_feed(
        self, feed: FeedId, round_: int, entries: Entries, points: dict[AccountId, int]
    ) -> list[tuple[AccountId, Fault]]:
        """Judge the reports on a feed; add to the points; return what members did wrong."""
        shown = [(entry, entry.report) for entry in entries if entry.report is not None]
        faults = [(entry.who, Fault.NOT_REVEALED) for entry in entries if entry.report is None]
        for entry, _ in shown:
            points.setdefault(entry.who, 0)
        values = [report.value for _, report in shown]
        outcome = formulas.outcome_of(values, len(self._pallet.active), self._pallet.terms.oracle)
        if not outcome.is_healthy:
            self._hold(feed, round_, len(shown), outcome.agreeing)
            return faults
        self._accept(feed, round_, tuple(entry for entry, _ in shown), outcome.median)
        for entry, report in shown:
            if formulas.is_within(report.value, outcome.median, formulas.ACCURATE_BAND):
                points[entry.who] += 1
            elif not formulas.is_within(report.value, outcome.median, formulas.OUTLIER_BAND):
                faults.append((entry.who, Fault.OUTLIER))
        return faults

    def _hold(self, feed: FeedId, round_: int, reports: int, agreeing: int) -> None:
        """Keep the last value of a feed whose round did not agree, and say so.

        A feed that nobody reports is announced once.
        """
        price = self._pallet.prices.get(feed)
        was_healthy = price is not None and price.is_healthy
        if price is not None and was_healthy:
            self._pallet.prices[feed] = replace(price, is_healthy=False)
        if reports or was_healthy:
            self._pallet.deposit(events.FeedUnhealthy(feed, round_, reports, agreeing))

    def _accept(self, feed: FeedId, round_: int, shown: Entries, median: int) -> None:
        """Move a feed toward the median of its reports."""
        pallet, now = self._pallet, self._pallet.context.number
        last = pallet.prices.get(feed)
        value = formulas.clamped(
            median, None if last is None else last.value, pallet.terms.oracle.largest_step
        )
        cumulative = 0 if last is None else sum_at(last, now)
        pallet.prices[feed] = Price(
            value=value,
            observed_at=observed_at(shown, median),
            updated_at=now,
            round=round_,
            reports=len(shown),
            is_healthy=True,
            cumulative=cumulative,
        )
        pallet.snapshots[feed] = self._with_snapshot(
            pallet.snapshots[feed], Snapshot(now, cumulative)
        )
        pallet.deposit(events.FeedUpdated(feed, round_, value, median, len(shown)))

    def _with_snapshot(self, kept: Snapshots, newest: Snapshot) -> Snapshots:
        """Add a sum once an epoch; of those before the window only the last is needed."""
        config = self._pallet.config
        if not kept or newest.block - kept[-1].block >= config.epoch:
            kept = (*kept, newest)
        window = newest.block - config.average_epochs * config.epoch
        before = [one for one in kept if one.block <= window]
        return kept[max(len(before) - 1, 0) :]

    def _end(self, round_: int) -> Weight:
        """Pay the accurate reports of a round, and jail who was silent for too long."""
        pallet, points = self._pallet, dict(self._pallet.tally)
        per_point, active = self._price_of_a_point(round_, sum(points.values())), pallet.active
        for who in active:
            member = pallet.member[who]
            is_silent = who not in points and bool(pallet.feed_ids)
            missed = member.missed + 1 if is_silent else 0
            earned = member.earned + per_point * points.get(who, 0)
            if (missed, earned) != (member.missed, member.earned):
                pallet.member[who] = replace(member, missed=missed, earned=earned)
            if missed >= pallet.config.jail_rounds:
                pallet.bonds.jail(who)
            if points.get(who):
                pallet.accuracy.was_right(who, RIGHT_POINTS * points[who])
        pallet.tally, pallet.cursor, pallet.next_round = (), 0, round_ + 1
        return PAY + MEMBER * len(active) + LOOK

    def _price_of_a_point(self, round_: int, points: int) -> Balance:
        """Set aside what a round earns: of what is in the pot, the part that it is of an era.

        So nobody gains by choosing the round in which money arrives.
        """
        pallet, config = self._pallet, self._pallet.config
        spare = pallet.currency.free(config.pot) - pallet.owed - config.existential_deposit
        per_point = (
            max(spare, 0) * config.round_blocks // (max(config.era_blocks, 1) * points)
            if points
            else 0
        )
        if per_point:
            pallet.owed += per_point * points
            pallet.deposit(events.RoundPaid(round_, points, per_point * points))
        return per_point


def most(feeds: int) -> Weight:
    """Return what it costs at most to close so many feeds and the round with them."""
    end = PAY + MEMBER * MAX_MEMBERS + LOOK
    return LOOK + STEP + FEED * feeds + PUNISH * MAX_MEMBERS + end


def sum_at(price: Price, block: int) -> int:
    """Return the sum of value times blocks up to a block, while the value is held."""
    return price.cumulative + price.value * (block - price.updated_at)


def observed_at(shown: tuple[Entry, ...], median: int) -> int:
    """Return when the source of the median had it: the earliest, where several say the same."""
    times = [one.report.observed_at for one in shown if one.report and one.report.value == median]
    return min(times)
