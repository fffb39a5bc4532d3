"""Signing a call, sending it, and saying what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

from cli.errors import CommandError
from cli.sdk.balance import Balance, Token
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.failures import DispatchError, Failure, failure_of
from cli.sdk.heads import heads
from cli.sdk.transport import ConnectionLost, RpcRefusal, subscribing
from runtime.config import TRANSACTION_VERSION
from runtime.frame.pallet import Pallet, Record
from runtime.pallets.system import ExtrinsicFailed, ExtrinsicSuccess
from runtime.pallets.transaction_payment import TransactionFeePaid
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

E = TypeVar("E")

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


@runtime_checkable
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


class TransactionLost(CommandError):
    """A transaction that was taken cannot enter a block any more."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(f"the transaction will not be executed: {reason}")
        self.status = status
        """As RPC calls it: invalid, dropped, usurped or finalityTimeout."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction and what it says."""

    raw: bytes
    nonce: int
    era: Era
    signer: bytes
    birth: int
    """The block after which its era begins."""

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
    refusal: Failure | None
    """Why the call was refused, if it was."""

    @property
    def succeeded(self) -> bool:
        """Whether the call did what it said."""
        return self.refusal is None

    @property
    def failure(self) -> str | None:
        """The dispatch error by name, with its documentation."""
        return None if self.refusal is None else str(self.refusal)

    @property
    def fee(self) -> Balance:
        """What the signer paid for the transaction, with its tip."""
        paid = sum(one.actual_fee for one in self.all(TransactionFeePaid))
        return Balance(paid, Token.AGPU)

    def all(self, kind: type[E]) -> tuple[E, ...]:
        """Return the events of a class, in order."""
        return tuple(one.event for one in self.events if isinstance(one.event, kind))

    def the(self, kind: type[E]) -> E:
        """Return the first event of a class.

        Raises: CommandError if there is none.
        """
        for event in self.all(kind):
            return event
        raise CommandError(f"the transaction has no event {kind.__name__}")

    def required(self) -> Receipt:
        """Return this receipt if the call succeeded.

        Raises: DispatchError.
        """
        if self.refusal is not None:
            where = f"block {self.block_number}, extrinsic {self.index}"
            raise DispatchError(self.refusal, where)
        return self


async def prepare(
    client: Client, call: bytes, pair: Signer, *, nonce: int | None = None, tip: int = 0
) -> Prepared:
    """Sign a call for the next 64 blocks, with the account's next nonce."""
    head = await client.block_hash("final")
    number = await client.number(head)
    era = Era.mortal(ERA_BLOCKS, number)
    born = era.birth(number)
    birth = head if born == number else await client.block_hash(str(born))
    used = await client.nonce(pair.account) if nonce is None else nonce
    extra = Extra(era, used, tip)
    additional = Additional(client.config.spec_version, TRANSACTION_VERSION, client.genesis_hash)
    payload = signing_payload(call, extra.encode(), additional.encode(birth))
    signature = Signature(pair.account, pair.kind, pair.sign(payload), extra)
    return Prepared(encode_signed(call, signature), used, era, pair.account, born)


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

    If the connection is lost meanwhile and comes back, it is looked for in final blocks.
    Raises: RpcRefusal; TransactionLost if it cannot enter a block any more.
    """
    rpc = subscribing(client.rpc, "waiting for a transaction")
    target = "finalized" if wait == "finalized" else "inBlock"
    raw = enhex(on_wire(prepared.raw))
    try:
        subscription = rpc.subscribe(
            "author_submitAndWatchExtrinsic", raw, end="author_unwatchExtrinsic", again=False
        )
        async with subscription as statuses:
            async for status in statuses:
                kind, detail = kind_of(status)
                if kind in ("finalized", target):
                    return await receipt_of(client, prepared.raw, unhex(detail))
                if kind in ENDED:
                    raise TransactionLost(kind, ENDED[kind])
    except ConnectionLost:
        return await searched(client, prepared)
    return await searched(client, prepared)


async def searched(client: Client, prepared: Prepared) -> Receipt:
    """Look for a transaction in the final blocks of its era, as they come.

    It is handed in once more, in case the node that had it has forgotten it.
    Raises: TransactionLost if it is in none of them.
    """
    handed_in = await _handed_in_again(client, prepared)
    birth = prepared.birth
    async with heads(client, final=True) as found:
        following = birth + 1
        async for header in found:
            last = min(int(header["number"], 16), birth + ERA_BLOCKS)
            for number in range(following, last + 1):
                block_hash = await client.block_hash(str(number))
                if prepared.raw in (await client.block(block_hash)).extrinsics:
                    return await receipt_of(client, prepared.raw, block_hash)
            following = max(following, last + 1)
            if following > birth + ERA_BLOCKS:
                raise TransactionLost("invalid", f"it is in no block of its era; {handed_in}")
    raise CommandError("the node stopped reporting on the chain")


async def _handed_in_again(client: Client, prepared: Prepared) -> str:
    """Hand a transaction in; return what the node said, for it may have it already."""
    try:
        await send(client, prepared)
    except (RpcRefusal, ConnectionLost) as error:
        return str(error)
    return "it was handed in twice"


async def receipt_of(client: Client, raw: bytes, block_hash: bytes) -> Receipt:
    """Return what a transaction did in the block it is in."""
    block = await client.block(block_hash)
    index = block.extrinsics.index(raw)
    events = [event for event in await client.events(block_hash) if event.phase == index]
    failure = failure_in(client.pallets, events)
    return Receipt(blake2_256(raw), block_hash, block.number, index, tuple(events), failure)


def failure_in(pallets: Sequence[Pallet], events: Sequence[Record]) -> Failure | None:
    """Return the dispatch error among a transaction's events, or None if it succeeded."""
    for record in events:
        if isinstance(record.event, ExtrinsicFailed):
            return failure_of(pallets, record.event.dispatch_error)
        if isinstance(record.event, ExtrinsicSuccess):
            return None
    raise CommandError("the block does not say how the transaction ended")


def kind_of(status: object) -> tuple[str, str]:
    """Return the kind of a status and what comes with it."""
    if isinstance(status, dict):
        ((kind, detail),) = status.items()
        return kind, detail
    return str(status), ""


def on_wire(raw: bytes) -> bytes:
    """Return a transaction with the length that RPC wants in front of it."""
    return encode_compact(len(raw)) + raw
