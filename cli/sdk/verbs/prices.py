"""What compute costs, now and as it changes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from cli.sdk.balance import Balance, Token
from cli.sdk.client import Client
from cli.sdk.following import Head, final_heads
from cli.sdk.jobs import DEFAULT_MARKET
from cli.sdk.modes import Group, Mode, stream, verb
from cli.sdk.prices import price_at, price_now
from runtime.compute.job import Market


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a market from a final block on."""

    block: Head
    per_cu: Balance


class Prices(Group[Mode]):
    """What compute costs."""

    @verb
    async def now(self, market: Market = DEFAULT_MARKET) -> Balance:
        """Return the price of one CU in a market, on the best block."""
        return Balance(await price_now(self._session.core, market), Token.AGPU)

    @stream
    @asynccontextmanager
    async def watch(
        self, market: Market = DEFAULT_MARKET, *, first: int | None = None
    ) -> AsyncIterator[AsyncIterator[Price]]:
        """Follow the price of one CU in final blocks: as it is, then each time it changes."""
        core = self._session.core
        async with (
            final_heads(core, first) as heads,
            aclosing(_changes(core, market, heads)) as prices,
        ):
            yield prices


async def _changes(
    core: Client, market: Market, heads: AsyncIterator[Head]
) -> AsyncGenerator[Price, None]:
    last: int | None = None
    async for head in heads:
        price = await price_at(core, market, head.hash)
        if price != last:
            yield Price(head, Balance(price, Token.AGPU))
        last = price
