"""The explorer's feed: the last blocks in one line each, sent to every page in one shared frame."""

from collections import OrderedDict, deque

import msgspec

from node.chain import Imported
from node.rpc.addresses import Addresses
from node.rpc.backend import ChainView
from node.rpc.subscriptions import Topic
from node.rpc.values import to_hex
from node.rpc.views import BlockSummary, Ledger

RECENT_BLOCKS = 20
"""Blocks of one update: a screen of the table, and deeper than a reorganisation goes."""

LAGS_KEPT = 120
"""Best blocks whose lag is remembered: a chart of six minutes at 3 s, half a kilobyte."""

SUMMARIES_KEPT = 128
"""Decoded blocks in memory: the recent ones of a few forks."""


class SummaryJson(msgspec.Struct, frozen=True, rename="camel"):
    """A block in one line."""

    number: int
    hash: str
    parent_hash: str
    author: str | None
    time_ms: int
    extrinsics: int
    receipts: int
    units: int


class HeadJson(msgspec.Struct, frozen=True, rename="camel"):
    """Where the chain is: `lag` is how many blocks the best one is ahead of the last final one."""

    best: SummaryJson
    finalized: SummaryJson
    lag: int
    recent: list[SummaryJson]
    lags: list[tuple[int, int]]
    """The last best blocks by number, and the lag when this node came to each."""


class HeadFeed:
    """Keeps the summaries of recent blocks and publishes them when the head changes."""

    def __init__(self, chain: ChainView, ledger: Ledger, addresses: Addresses) -> None:
        self._chain = chain
        self._ledger = ledger
        self._addresses = addresses
        self._summaries: OrderedDict[bytes, SummaryJson] = OrderedDict()
        self._lags: deque[tuple[int, int]] = deque(maxlen=LAGS_KEPT)
        self.topic = Topic("starminer_headUpdate", self.current)

    async def run(self) -> None:
        """Publish until cancelled."""
        with self._chain.subscribe() as events:
            async for event in events:
                if isinstance(event, Imported):
                    continue
                self._note_lag()
                if self.topic.subscriber_count:
                    self.topic.publish(self.current())

    def current(self) -> HeadJson:
        """Return where the chain is."""
        best, finalized = self._chain.best, self._chain.finalized
        return HeadJson(
            best=self._summary(best.hash),
            finalized=self._summary(finalized.hash),
            lag=best.number - finalized.number,
            recent=self._recent(best.hash),
            lags=list(self._lags),
        )

    def _note_lag(self) -> None:
        best, lag = self._chain.best.number, self._chain.best.number - self._chain.finalized.number
        while self._lags and self._lags[-1][0] >= best:
            if self._lags[-1][0] == best:
                return  # news of finality alone: what counts is how far behind it was at first
            self._lags.pop()  # a shorter branch won
        self._lags.append((best, lag))

    def _recent(self, block_hash: bytes) -> list[SummaryJson]:
        recent: list[SummaryJson] = []
        while len(recent) < RECENT_BLOCKS:
            header = self._chain.header(block_hash)
            if header is None:
                break
            recent.append(self._summary(block_hash))
            block_hash = header.parent_hash
        return recent

    def _summary(self, block_hash: bytes) -> SummaryJson:
        known = self._summaries.get(block_hash)
        if known is None:
            found = self._ledger.summary(block_hash)
            assert found is not None, "a block of the chain has a summary"
            known = self._summaries[block_hash] = self._json(found)
            while len(self._summaries) > SUMMARIES_KEPT:
                self._summaries.popitem(last=False)
        return known

    def _json(self, block: BlockSummary) -> SummaryJson:
        return SummaryJson(
            number=block.number,
            hash=to_hex(block.hash),
            parent_hash=to_hex(block.parent_hash),
            author=self._addresses.encode_maybe(block.author),
            time_ms=block.time_ms,
            extrinsics=block.extrinsics,
            receipts=block.receipts,
            units=block.units,
        )
