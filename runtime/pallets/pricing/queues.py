"""What waits in a market, by the most that its clients pay.

Only work that could pay the price of the day presses on it: an order with a limit below the price
costs its client nothing but a deposit, and would otherwise drive the price up for others.
"""

from __future__ import annotations

from bisect import bisect_left

from runtime.compute.job import Market
from runtime.pallets.pricing.records import MAX_WAITING, Queue, Waiting
from runtime.primitives.types import Balance


def with_more(queue: Queue, limit: Balance, units: int) -> Queue:
    """Return a queue with more work that may cost up to `limit`."""
    place = _place(queue, limit)
    if place < len(queue) and queue[place].limit == limit:
        more = Waiting(limit, queue[place].units + units)
        return (*queue[:place], more, *queue[place + 1 :])
    assert len(queue) < MAX_WAITING, f"more than {MAX_WAITING} limits wait in a market"
    return (*queue[:place], Waiting(limit, units), *queue[place:])


def with_less(queue: Queue, limit: Balance, units: int) -> Queue:
    """Return a queue without some of the work that may cost up to `limit`."""
    place = _place(queue, limit)
    assert place < len(queue), f"nothing waits with a limit of {limit} or above"
    found = queue[place]
    assert found.limit == limit, f"nothing waits with a limit of {limit}"
    assert found.units >= units, f"wanted {units} of the {found.units} that wait"
    rest = (Waiting(limit, found.units - units),) if found.units > units else ()
    return (*queue[:place], *rest, *queue[place + 1 :])


def payable(queue: Queue, price: Balance) -> int:
    """Return the micro-CU that could pay a price."""
    return sum(one.units for one in queue[_place(queue, price) :])


def is_in_order(queue: Queue) -> bool:
    """Say whether limits rise and nothing is empty."""
    limits = [one.limit for one in queue]
    return limits == sorted(dict.fromkeys(limits)) and all(one.units > 0 for one in queue)


def order_of(market: Market) -> tuple[int, int]:
    """Return what markets are sorted by."""
    return market.tier, market.region


def _place(queue: Queue, limit: Balance) -> int:
    return bisect_left(queue, limit, key=lambda one: one.limit)
