"""What all verbs of one client share: the connection, the nonces, and how a call is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.client import Client
from cli.sdk.nonces import Nonces, Taken
from cli.sdk.transactions import (
    ERA_BLOCKS,
    Prepared,
    Receipt,
    Signer,
    fee_of,
    prepare,
    send,
    submit,
)
from cli.sdk.transport import RpcRefusal
from genesis.notation import parse_account
from runtime.frame.calls import Call

T = TypeVar("T")

Included = Literal["included", "finalized"]
"""When a call has happened: in a block, or in one that stays."""

Account = bytes | str | Signer
"""An account: its 32 bytes, its address or development name, or the key that signs for it."""

NO_TIP = Balance(0, Token.AGPU)

OTHERS_NONCE = ("Transaction is outdated", "Priority is too low")
"""How a node refuses a nonce that another program took meanwhile."""

MAX_ATTEMPTS = 5
"""With a nonce each: by then whoever else signs for the account is faster than us."""


@dataclass(frozen=True, slots=True)
class Session:
    """A client with its nonces."""

    core: Client
    nonces: Nonces

    def account(self, who: Account) -> bytes:
        """Return an account as its 32 bytes.

        Raises: BadNotation, TypeError.
        """
        if isinstance(who, str):
            return parse_account(who, self.core.config.ss58_prefix)
        if isinstance(who, bytes):
            if len(who) != 32:
                raise ValueError(f"wanted an account of 32 bytes, got {len(who)}")
            return who
        if not isinstance(who, Signer):
            raise TypeError(f"wanted an account, its address, or its key, got {who!r}")
        return who.account

    async def execute(
        self, call: Call, signer: Signer, wait: Included = "included", tip: Balance = NO_TIP
    ) -> Receipt:
        """Sign a call with the account's next nonce, send it, and wait until it has happened.

        Raises: DispatchError if it was refused in its block; RpcRefusal, TransactionLost if it
        is in none.
        """
        if wait not in ("included", "finalized"):
            raise ValueError(f"wanted to wait until included or finalized, got {wait!r}")

        async def attempt(prepared: Prepared, _: Taken) -> Receipt:
            return await submit(self.core, prepared, wait)

        return (await self._attempted(call, signer, tip, attempt)).required()

    async def hand_in(self, call: Call, signer: Signer, tip: Balance = NO_TIP) -> bytes:
        """Sign a call, hand it in, and return the transaction's hash without waiting for it.

        Its nonce is in use until the call is in a block, or its era is over.
        Raises: RpcRefusal.
        """

        async def attempt(prepared: Prepared, taken: Taken) -> bytes:
            found = await send(self.core, prepared)
            taken.linger(prepared.birth + ERA_BLOCKS)
            return found

        return await self._attempted(call, signer, tip, attempt)

    async def _attempted(
        self,
        call: Call,
        signer: Signer,
        tip: Balance,
        attempt: Callable[[Prepared, Taken], Awaitable[T]],
    ) -> T:
        """Sign a call and hand it in, again where only its nonce or its version was wrong."""
        for left in reversed(range(MAX_ATTEMPTS)):
            version = self.core.config.spec_version
            async with self.nonces.take(signer.account) as taken:
                prepared = await self._prepared(call, signer, taken.nonce, tip)
                try:
                    return await attempt(prepared, taken)
                except RpcRefusal as refusal:
                    if not left or not (is_taken(refusal) or await self._is_upgraded(version)):
                        raise
        raise AssertionError("the last attempt returns or raises")

    async def _is_upgraded(self, version: int) -> bool:
        """Say whether the chain runs another version than that, and learn it if so."""
        await self.core.refresh()
        return self.core.config.spec_version != version

    async def fee(self, call: Call, signer: Signer) -> Balance:
        """Return what a call would cost, without sending it."""
        nonce = await self.core.nonce(signer.account)
        prepared = await self._prepared(call, signer, nonce, NO_TIP)
        return Balance(await fee_of(self.core, prepared), Token.AGPU)

    async def _prepared(self, call: Call, signer: Signer, nonce: int, tip: Balance) -> Prepared:
        planck = planck_of(tip, Token.AGPU)
        return await prepare(self.core, call.encode(), signer, nonce=nonce, tip=planck)


def is_taken(refusal: RpcRefusal) -> bool:
    """Say whether a transaction was refused because another has its nonce."""
    told = f"{refusal.message} {refusal.data}"
    return any(words in told for words in OTHERS_NONCE)
