"""Accounts and blocks, decoded from the state after a block."""

from __future__ import annotations

from node.chain import Chain
from node.rpc.views import AccountView, BlockSummary, TokenBalance
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.accounts import AccountData
from runtime.pallets.receipts import RECENT_BLOCKS, BlockReceipts
from runtime.primitives.block import BABE_ENGINE, Header, PreRuntime
from runtime.primitives.scale import decode
from runtime.primitives.slot_claim import PreDigest

DECIMALS = 12
"""Of both tokens: a token is 10**12 planck."""


class StateLedger:
    """Decodes accounts and blocks; the `Ledger` of the RPC."""

    def __init__(self, executive: Executive, chain: Chain) -> None:
        self._executive, self._chain = executive, chain

    def account(self, account: bytes, at: bytes) -> AccountView:
        """Return an account after a block; one that never was has zeros.

        Raises node.store.blocks.UnknownBlock.
        """
        runtime = self._runtime_of(self._chain.blocks.known_header(at))
        balances = (
            _balance("AGPU", runtime.balances.store.data(account)),
            _balance("AMAX", runtime.amax.store.data(account)),
        )
        return AccountView(account, runtime.system.nonce(account), balances)

    def summary(self, block_hash: bytes) -> BlockSummary | None:
        """Return a block in one line, or None when it, or its body, is not here."""
        header, body = self._chain.header(block_hash), self._chain.body(block_hash)
        if header is None or body is None:
            return None
        runtime = self._runtime_of(header)
        receipts = block_receipts(runtime, header.number)
        return BlockSummary(
            hash=block_hash,
            number=header.number,
            parent_hash=header.parent_hash,
            author=author_of(runtime, header),
            time_ms=runtime.timestamp.now,
            extrinsics=len(body),
            receipts=0 if receipts is None else len(receipts.batches) + len(receipts.openings),
            units=0 if receipts is None else receipts.digest.work + receipts.digest.units,
        )

    def _runtime_of(self, header: Header) -> Runtime:
        return self._executive.reader_at(self._chain.state_at(header.hash), header.number)


def block_receipts(runtime: Runtime, number: int) -> BlockReceipts | None:
    """Return the receipts of a recent block of the runtime's chain, or None if it had none."""
    found = runtime.receipts.recent.get(number % RECENT_BLOCKS)
    return found if found is not None and found.number == number else None


def _balance(symbol: str, data: AccountData) -> TokenBalance:
    return TokenBalance(symbol, DECIMALS, data.free, data.reserved, data.frozen)


def slot_claim(header: Header) -> PreDigest | None:
    """Return the claim to its slot that a header carries; block 0 has none."""
    for item in header.digest:
        if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE:
            claim: PreDigest = decode(item.payload, PreDigest)
            return claim
    return None


def author_of(runtime: Runtime, header: Header) -> bytes | None:
    """Return the account of the authority that claims the block's slot; None for block 0."""
    claim = slot_claim(header)
    return None if claim is None else runtime.session.validator(claim.authority_index)
