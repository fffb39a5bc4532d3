"""Where this node's own worker, or one beside it, hands its receipts in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from node.chain import Chain
from node.receipts.messages import (
    OpeningAnnounced,
    OpeningWithProof,
    ReceiptMessage,
    Shares,
    Word,
    message_of,
)
from node.receipts.pool import ReceiptPool
from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.verify import BadReceipt
from runtime.compute.witnesses import Testimony
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode, encode

Spread = Callable[[bytes], Awaitable[None]]
"""Gossips a SCALE `ReceiptMessage`."""


class ReceiptDoor:
    """Checks receipts, keeps them for authors and spreads them; the `ReceiptIntake` of the RPC.

    Its id of a receipt is the hash of the opening or of the batch.
    """

    def __init__(self, pool: ReceiptPool, chain: Chain, spread: Spread) -> None:
        self._pool, self._chain, self._spread = pool, chain, spread

    async def submit(self, receipt: bytes) -> bytes:
        """Check a SCALE `ReceiptMessage`, spread it, and return the receipt's id.

        Raises ValueError that says what is wrong with it; BadReceipt and DecodeError are such.
        """
        message: ReceiptMessage = decode(receipt, ReceiptMessage)
        match message:
            case OpeningWithProof(opening, proof):
                return await self.opening(opening, proof)
            case Shares(batch):
                return await self.shares(batch)
            case Word(testimony):
                return await self.testimony(testimony)
            case OpeningAnnounced():
                raise BadReceipt("wanted an opening with its proof, got one without")

    async def opening(self, opening: Opening, proof: bytes) -> bytes:
        """Take an opening with its proof in, and spread it; raises BadReceipt."""
        await self._pool.add_opening(opening, proof, self._chain.best)
        await self._spread(encode(message_of(opening, proof), ReceiptMessage))
        return opening_id(opening)

    async def shares(self, batch: ShareBatch) -> bytes:
        """Take a batch of shares in, and spread it; raises BadReceipt."""
        await self._pool.add_shares(batch, self._chain.best)
        await self._spread(encode(Shares(batch), ReceiptMessage))
        return blake2_256(encode(batch, ShareBatch))

    async def testimony(self, testimony: Testimony) -> bytes:
        """Take the word of a witness in, and spread it; raises BadReceipt."""
        self._pool.testimonies.add(testimony, self._chain.best)
        await self._spread(encode(Word(testimony), ReceiptMessage))
        return blake2_256(encode(testimony, Testimony))


def opening_id(opening: Opening) -> bytes:
    """Return the id under which an opening is listed."""
    return blake2_256(encode(opening, Opening))
