"""Signing a call, sending it, and saying what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cli.errors import CommandError, DispatchFailed
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.transport import WebSocketRpc
from runtime.config import TRANSACTION_VERSION
from runtime.frame.dispatch import TokenError
from runtime.frame.outcome import DispatchFailure, Module, Token, WrongOrigin
from runtime.frame.pallet import Pallet, Record
from runtime.frame.storage import camel_case
from runtime.pallets.system import ExtrinsicFailed, ExtrinsicSuccess
from runtime.primitives.compact import encode_compact
from runtime.primitives.crypto import KeyKind
from runtime.primitives.extrinsic import (
    Additional,
    Era,
    Extra,
    Signature,
    encode_signed,
    signing_payload,
)
from runtime.primitives.hashing import blake2_256

ERA_BLOCKS = 64
"""A transaction that is not in a block by then never will be: wallets use the same."""

Wait = Literal["none", "included", "finalized"]

ENDED = {
    "invalid": "it is no longer valid",
    "dropped": "the pool had no room for it",
    "usurped": "another transaction with its nonce took its place",
    "finalityTimeout": "finality did not reach it",
}
"""Statuses after which nothing more comes, and what they mean."""


class Signer(Protocol):
    """A key that signs, wherever its secret is."""

    @property
    def account(self) -> bytes:
        """The account that it signs for."""

    @property
    def kind(self) -> KeyKind:
        """The scheme of its signatures."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction and what it says."""

    raw: bytes
    nonce: int
    era: Era
    signer: bytes

    @property
    def hash(self) -> bytes:
        """The hash that names the transaction."""
        return blake2_256(self.raw)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a transaction ended up, and what it did there."""

    hash: bytes
    block_hash: bytes
    block_number: int
    index: int
    events: tuple[Record, ...]
    """Those of this transaction."""
    failure: str | None
    """The dispatch error by name, with its documentation."""

    @property
    def succeeded(self) -> bool:
        """Whether the call did what it said."""
        return self.failure is None

    def required(self) -> Receipt:
        """Return this receipt if the call succeeded.

        Raises: DispatchFailed.
        """
        if self.failure is not None:
            where = f"block {self.block_number}, extrinsic {self.index}"
            raise DispatchFailed(f"the call was refused in {where}: {self.failure}")
        return self


async def prepare(
    client: Client, call: bytes, pair: Signer, *, nonce: int | None = None, tip: int = 0
) -> Prepared:
    """Sign a call for the next 64 blocks, with the account's next nonce."""
    head = await client.block_hash("final")
    number = await client.number(head)
    era = Era.mortal(ERA_BLOCKS, number)
    birth = head if era.birth(number) == number else await client.block_hash(str(era.birth(number)))
    used = await client.nonce(pair.account) if nonce is None else nonce
    extra = Extra(era, used, tip)
    additional = Additional(client.config.spec_version, TRANSACTION_VERSION, client.genesis_hash)
    payload = signing_payload(call, extra.encode(), additional.encode(birth))
    signature = Signature(pair.account, pair.kind, pair.sign(payload), extra)
    return Prepared(encode_signed(call, signature), used, era, pair.account)


async def fee_of(client: Client, prepared: Prepared) -> int:
    """Return the fee of a transaction in planck, without its tip."""
    info = await client.rpc.call("payment_queryInfo", enhex(on_wire(prepared.raw)))
    return int(info["partialFee"])


async def send(client: Client, prepared: Prepared) -> bytes:
    """Hand a transaction in and return its hash.

    Raises: RpcRefusal.
    """
    answer = await client.rpc.call("author_submitExtrinsic", enhex(on_wire(prepared.raw)))
    return unhex(answer)


async def submit(client: Client, prepared: Prepared, wait: Wait = "finalized") -> Receipt:
    """Hand a transaction in and wait until it is in a block, or in a final one.

    Raises: RpcRefusal; CommandError if it cannot enter a block any more.
    """
    if not isinstance(client.rpc, WebSocketRpc):
        raise CommandError("waiting for a transaction needs a URL of ws://")
    target = "finalized" if wait == "finalized" else "inBlock"
    raw = enhex(on_wire(prepared.raw))
    subscription = client.rpc.subscribe(
        "author_submitAndWatchExtrinsic", raw, end="author_unwatchExtrinsic"
    )
    async with subscription as statuses:
        async for status in statuses:
            kind, detail = kind_of(status)
            if kind in ("finalized", target):
                return await receipt_of(client, prepared.raw, unhex(detail))
            if kind in ENDED:
                raise CommandError(f"the transaction will not be executed: {ENDED[kind]}")
    raise CommandError("the node stopped reporting on the transaction")


async def receipt_of(client: Client, raw: bytes, block_hash: bytes) -> Receipt:
    """Return what a transaction did in the block it is in."""
    block = await client.block(block_hash)
    index = block.extrinsics.index(raw)
    events = [event for event in await client.events(block_hash) if event.phase == index]
    failure = failure_in(client.pallets, events)
    return Receipt(blake2_256(raw), block_hash, block.number, index, tuple(events), failure)


def failure_in(pallets: Sequence[Pallet], events: Sequence[Record]) -> str | None:
    """Return the dispatch error among a transaction's events, or None if it succeeded."""
    for record in events:
        if isinstance(record.event, ExtrinsicFailed):
            return failure_text(pallets, record.event.dispatch_error)
        if isinstance(record.event, ExtrinsicSuccess):
            return None
    raise CommandError("the block does not say how the transaction ended")


def failure_text(pallets: Sequence[Pallet], failure: DispatchFailure) -> str:
    """Return a dispatch error by name: `Balances.InsufficientBalance: The balance is too low.`."""
    if isinstance(failure, Module):
        owner = next((one for one in pallets if one.index == failure.value.pallet), None)
        for error in () if owner is None or owner.errors is None else owner.errors:
            if error.value == failure.value.error[0]:
                assert owner is not None
                return f"{owner.name}.{camel_case(error.name)}: {error.__doc__}"
        return f"error {failure.value.error[0]} of pallet {failure.value.pallet}"
    if isinstance(failure, Token):
        return f"Token.{camel_case(failure.value.name)}: {TokenError[failure.value.name].__doc__}"
    if isinstance(failure, WrongOrigin):
        return "BadOrigin: this account may not make this call"
    return type(failure).__name__


def kind_of(status: object) -> tuple[str, str]:
    """Return the kind of a status and what comes with it."""
    if isinstance(status, dict):
        ((kind, detail),) = status.items()
        return kind, detail
    return str(status), ""


def on_wire(raw: bytes) -> bytes:
    """Return a transaction with the length that RPC wants in front of it."""
    return encode_compact(len(raw)) + raw
