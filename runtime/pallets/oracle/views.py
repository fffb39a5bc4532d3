"""What others read of the oracle: values that are not stale, averages, and how feeds stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.pallets.oracle import formulas
from runtime.pallets.oracle.records import FeedHealth, FeedId, Health, MemberStatus, Price
from runtime.pallets.oracle.rounds import sum_at

if TYPE_CHECKING:
    from runtime.pallets.oracle.pallet import Oracle


def fresh(oracle: Oracle, feed: FeedId) -> Price | None:
    """Return the accepted value of a feed, unless there is none or it is stale."""
    price = oracle.prices.get(feed)
    if price is None or oracle.context.number - price.updated_at > oracle.stale_blocks():
        return None
    return price


def average_of(oracle: Oracle, feed: FeedId) -> int | None:
    """Return the average of a feed's value over its window, or since it began."""
    price, now = fresh(oracle, feed), oracle.context.number
    if price is None:
        return None
    kept = oracle.snapshots[feed]
    window = now - oracle.config.average_epochs * oracle.config.epoch
    before = [one for one in kept if one.block <= window]
    start = before[-1] if before else kept[0]
    sums = (start.cumulative, sum_at(price, now))
    return formulas.average(sums, (start.block, now), price.value)


def health_of(oracle: Oracle) -> Health:
    """Return how members and feeds stand."""
    records = [(who, oracle.member[who]) for who in oracle.seats]
    jailed = tuple(who for who, one in records if one.status is MemberStatus.JAILED)
    feeds = tuple(_feed_health(oracle, feed) for feed in oracle.feed_ids)
    return Health(oracle.active, jailed, oracle.current_round(), oracle.config.round_blocks, feeds)


def _feed_health(oracle: Oracle, feed: FeedId) -> FeedHealth:
    described, price, current = oracle.feeds[feed], oracle.prices.get(feed), oracle.current_round()
    value = fresh(oracle, feed)
    before = oracle.entries[feed, max(current - 1, 0)]
    return FeedHealth(
        id=feed,
        name=described.name,
        decimals=described.decimals,
        value=None if value is None else value.value,
        average=average_of(oracle, feed),
        observed_at=0 if price is None else price.observed_at,
        updated_at=0 if price is None else price.updated_at,
        reports=0 if price is None else price.reports,
        is_healthy=oracle.is_healthy(feed),
        round=current,
        committed=len(oracle.entries[feed, current]),
        revealed=sum(entry.report is not None for entry in before) if current else 0,
    )


def stale_milliseconds(pallet: Oracle) -> int:
    """Return the age above which a report is refused: that at which a value would be stale."""
    config = pallet.config
    return pallet.stale_blocks() * config.epoch_milliseconds // config.epoch_blocks
