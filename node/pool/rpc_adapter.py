"""Shows the pool to the RPC server, in the words that wallets know."""

from __future__ import annotations

from collections.abc import Callable

import trio

from node.pool import watch
from node.pool.pool import TransactionPool
from node.pool.validity import RefusalKind, Refused
from node.rpc.backend import ExtrinsicStatus, SubmissionRefused
from node.rpc.backend import RefusalKind as RpcRefusal
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.validity import Invalid

REFUSALS: dict[RefusalKind, RpcRefusal] = {
    RefusalKind.TOO_LARGE: "invalid",
    RefusalKind.ALREADY_KNOWN: "already_imported",
    RefusalKind.BANNED: "temporarily_banned",
    RefusalKind.INVALID: "invalid",
    RefusalKind.TOO_LOW_PRIORITY: "too_low_priority",
    RefusalKind.SENDER_LIMIT: "immediately_dropped",
    RefusalKind.POOL_FULL: "immediately_dropped",
}
"""What each refusal of the pool is called over RPC."""


class RpcPool:
    """The pool as `node.rpc.backend.Pool`."""

    def __init__(self, pool: TransactionPool, nonce_of: Callable[[bytes], int]) -> None:
        """Ask `nonce_of` for the nonce of an account on the best block."""
        self._pool = pool
        self._nonce_of = nonce_of

    async def submit(self, extrinsic: bytes) -> None:
        """Take an extrinsic; raises SubmissionRefused."""
        _check_format(extrinsic)
        try:
            await self._pool.submit(extrinsic)
        except Refused as refusal:
            raise _translated(refusal) from refusal

    async def submit_and_watch(
        self, extrinsic: bytes
    ) -> trio.MemoryReceiveChannel[ExtrinsicStatus]:
        """Take an extrinsic and report its life; raises SubmissionRefused."""
        _check_format(extrinsic)
        try:
            watcher = await self._pool.submit_and_watch(extrinsic, rpc_status)
        except Refused as refusal:
            raise _translated(refusal) from refusal
        except watch.TooManyWatchers as error:
            raise SubmissionRefused("immediately_dropped", str(error)) from error
        return watcher.statuses

    def pending(self) -> tuple[bytes, ...]:
        """List what is ready for the next block, in order."""
        return tuple(entry.raw for entry in self._pool.ready())

    def next_nonce(self, account: bytes) -> int:
        """Return the account's nonce on the best block, past its ready extrinsics."""
        taken = set()
        for entry in self._pool.ready_of(account):
            signature = decode_extrinsic(entry.raw).signature
            assert signature is not None, "the pool holds signed extrinsics only"
            taken.add(signature.extra.nonce)
        nonce = self._nonce_of(account)
        while nonce in taken:
            nonce += 1
        return nonce


def rpc_status(status: watch.Status) -> ExtrinsicStatus:
    """Return a status in the words of `author_extrinsicUpdate`."""
    match status:
        case watch.Future():
            return ExtrinsicStatus("future")
        case watch.Ready():
            return ExtrinsicStatus("ready")
        case watch.Broadcast(peers):
            return ExtrinsicStatus("broadcast", None, peers)
        case watch.InBlock(block_hash, index):
            return ExtrinsicStatus("inBlock", block_hash, index=index)
        case watch.Retracted(block_hash):
            return ExtrinsicStatus("retracted", block_hash)
        case watch.FinalityTimeout(block_hash):
            return ExtrinsicStatus("finalityTimeout", block_hash)
        case watch.Finalized(block_hash, index):
            return ExtrinsicStatus("finalized", block_hash, index=index)
        case watch.Usurped(by):
            return ExtrinsicStatus("usurped", by)
        case watch.Dropped():
            return ExtrinsicStatus("dropped")
        case watch.Invalid():
            return ExtrinsicStatus("invalid")


def _check_format(extrinsic: bytes) -> None:
    """Tell what cannot be read from what the runtime refuses."""
    try:
        decode_extrinsic(extrinsic)
    except DecodeError as error:
        raise SubmissionRefused("bad_format", str(error)) from error


def _translated(refusal: Refused) -> SubmissionRefused:
    invalid = refusal.invalid
    if refusal.kind is RefusalKind.TOO_LARGE:
        invalid = Invalid.EXHAUSTS_RESOURCES
    return SubmissionRefused(REFUSALS[refusal.kind], invalid.sentence if invalid else str(refusal))
