"""Which nonce the next transaction of an account has, while others of it are on their way.

A node knows the nonces on its best block and those ready in its pool. It does not know of what is
being signed, nor of what waits for an earlier one; so those are kept here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from cli.sdk.client import FINAL, Client


@dataclass(slots=True)
class Taken:
    """A nonce that is in use."""

    nonce: int
    until: int | None = None
    """After this final block its transaction is in a block or never will be; None: in our hands."""

    def linger(self, until: int) -> None:
        """Stay in use up to a block: nobody waits for the transaction."""
        self.until = until


@dataclass(slots=True)
class _Account:
    lock: trio.Lock = field(default_factory=trio.Lock)
    taken: dict[int, Taken] = field(default_factory=dict)


class Nonces:
    """The nonces in use over one client.

    Invariant: two transactions of an account never have the same one at the same time; one whose
    transaction was refused, dropped or usurped is free again.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._accounts: dict[bytes, _Account] = {}

    @asynccontextmanager
    async def take(self, account: bytes) -> AsyncIterator[Taken]:
        """Use the account's next nonce for the length of a block, or as long as it lingers."""
        held = self._accounts.setdefault(account, _Account())
        async with held.lock:
            nonce = await self._next(account, held.taken)
            taken = held.taken[nonce] = Taken(nonce)
        try:
            yield taken
        except BaseException:
            taken.until = None
            raise
        finally:
            if taken.until is None and held.taken.get(nonce) is taken:
                del held.taken[nonce]

    async def _next(self, account: bytes, taken: dict[int, Taken]) -> int:
        following = await self._client.nonce(account)
        for nonce in [nonce for nonce in taken if nonce < following and taken[nonce].until]:
            del taken[nonce]
        lingering = [one for one in taken.values() if one.until is not None]
        if lingering:
            final = await self._client.number(await self._client.block_hash(FINAL))
            for one in lingering:
                if one.until is not None and one.until < final:
                    del taken[one.nonce]
        while following in taken:
            following += 1
        return following
