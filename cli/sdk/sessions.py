"""What all verbs of one client share: the connection, the nonces, and how a call is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.client import Client
from cli.sdk.nonces import Nonces
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
        for attempt in range(1, MAX_ATTEMPTS + 1):
            async with self.nonces.take(signer.account) as taken:
                prepared = await self._prepared(call, signer, taken.nonce, tip)
                try:
                    receipt = await submit(self.core, prepared, wait)
                except RpcRefusal as refusal:
                    if attempt == MAX_ATTEMPTS or not is_taken(refusal):
                        raise
                else:
                    return receipt.required()
        raise AssertionError("the last attempt returns or raises")

    async def hand_in(self, call: Call, signer: Signer, tip: Balance = NO_TIP) -> bytes:
        """Sign a call, hand it in, and return the transaction's hash without waiting for it.

        Its nonce is in use until the call is in a block, or its era is over.
        Raises: RpcRefusal.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            async with self.nonces.take(signer.account) as taken:
                prepared = await self._prepared(call, signer, taken.nonce, tip)
                try:
                    found = await send(self.core, prepared)
                except RpcRefusal as refusal:
                    if attempt == MAX_ATTEMPTS or not is_taken(refusal):
                        raise
                else:
                    taken.linger(prepared.birth + ERA_BLOCKS)
                    return found
        raise AssertionError("the last attempt returns or raises")

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
