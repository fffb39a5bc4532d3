"""Who sells work: every provider in a line, page by page."""

from __future__ import annotations

from itertools import islice

import msgspec

from node.explorer.decoding import Decoder
from node.explorer.entries import providers_in_all
from node.rpc.addresses import Addresses
from node.rpc.jobs import checked_limit
from node.rpc.registry import method
from runtime.pallets.providers import Providers

PAGE = 50
"""Providers of a page: some milliseconds to read."""


class ProviderRowJson(msgspec.Struct, frozen=True, rename="camel"):
    """A provider; bond in planck, rating in micro-CU a second, shares in parts per billion."""

    address: str
    state: str
    tier: int
    region: int
    bond: str
    rating: int
    open_jobs: int
    reputation: int
    """Faded to now."""
    uptime: int
    latency_p95: list[int]
    """Blocks from assignment to start, by latency class; 0 where too little was measured."""
    failures: int


class ProviderListJson(msgspec.Struct, frozen=True):
    """A page of the providers, in the order of the state; `next` asks for the one after it."""

    count: int
    """Of all providers, as are `idle` and `speed`."""
    idle: int
    speed: int
    """What they offer together, in micro-CU a second."""
    rows: list[ProviderRowJson]
    next: str | None


class ProviderListNamespace:
    """What is asked about all providers."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_providers")
    def providers(self, after: str = "", limit: int = PAGE) -> ProviderListJson:
        """Return the providers behind one in the order of the state, or from the first on."""
        checked_limit(limit)
        best = self._decoder.best()
        pallet, pricing = best.runtime.providers, best.runtime.pricing
        start = self._addresses.decode(after.strip()) if after else None
        keys = self._decoder.keys(best, pallet, Providers.providers, start)
        found = list(islice(keys, limit + 1))
        rows = [self._row(pallet, who) for who in found[:limit]]
        return ProviderListJson(
            count=providers_in_all(best.runtime),
            idle=sum(count for _, count in pallet.idle_count.items()),
            speed=sum(speed for _, speed in pricing.rated.items()),
            rows=rows,
            next=rows[-1].address if len(found) > limit else None,
        )

    def _row(self, pallet: Providers, who: bytes) -> ProviderRowJson:
        known = pallet.providers[who]
        return ProviderRowJson(
            address=self._addresses.encode(who),
            state=known.status.name.lower(),
            tier=known.info.market.tier,
            region=known.info.market.region,
            bond=str(known.bond),
            rating=known.info.rating,
            open_jobs=known.open_jobs,
            reputation=pallet.standing.reputation(who),
            uptime=known.uptime,
            latency_p95=list(known.latency_p95),
            failures=len(known.failures),
        )
