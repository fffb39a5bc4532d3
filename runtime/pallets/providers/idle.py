"""The idle lists: who can take a job now, by market, in an order that draws can index."""

from __future__ import annotations

from typing import NamedTuple

from runtime.compute.job import Market
from runtime.frame.storage import BoundMap
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import AccountId

DRAWS_PER_OPERATOR = 3
"""Of those drawn, at most these may be of one operator: clones must not crowd others out."""


class Slots(NamedTuple):
    """The three storage maps of the lists."""

    members: BoundMap[tuple[Market, int], AccountId]
    counts: BoundMap[Market, int]
    places: BoundMap[AccountId, int]


class IdleLists:
    """The providers that are idle, by market.

    Invariant: places and members are inverse to each other, and the members of a market fill the
    places below its count.
    """

    def __init__(self, slots: Slots) -> None:
        self._members, self._counts, self._places = slots

    def count(self, market: Market) -> int:
        """Return how many providers are idle."""
        return self._counts[market]

    def put(self, market: Market, provider: AccountId, *, idle: bool) -> None:
        """List or unlist a provider; nothing happens if it is so already."""
        place = self._places.get(provider)
        if idle and place is None:
            self._add(market, provider)
        elif not idle and place is not None:
            self._remove(market, provider, place)

    def draw(self, market: Market, seed: bytes, most: int) -> tuple[AccountId, ...]:
        """Draw up to `most` distinct idle providers, all equally likely, by a seed of 32 bytes.

        Where there are no more than that, all are drawn.
        """
        count = self.count(market)
        if not count:
            return ()
        if count <= most:
            return tuple(self._members[market, place] for place in range(count))
        drawn: dict[AccountId, None] = {}
        for i in range(most):
            word = int.from_bytes(blake2_256(seed + bytes((i,))), "little")
            drawn[self._members[market, word % count]] = None
        return tuple(drawn)

    def are_bijective(self) -> bool:
        """Say whether the invariant of this class holds; the cost grows with the lists."""
        listed = dict(self._members.items())
        counts = dict(self._counts.items())
        numbered = sum(counts.values()) == len(listed)
        filled = all(place < counts.get(market, 0) for market, place in listed)
        inverse = {provider: place for (_, place), provider in listed.items()}
        return numbered and filled and inverse == dict(self._places.items())

    def _add(self, market: Market, provider: AccountId) -> None:
        count = self._counts[market]
        self._members[market, count] = provider
        # a place is stored even when it is 0: `places` has no default
        self._places[provider] = count
        self._counts[market] = count + 1

    def _remove(self, market: Market, provider: AccountId, place: int) -> None:
        last = self._counts[market] - 1
        if place != last:
            moved = self._members[market, last]
            self._members[market, place] = moved
            self._places[moved] = place
        del self._members[market, last]
        del self._places[provider]
        self._counts[market] = last
