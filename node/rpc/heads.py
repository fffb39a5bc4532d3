"""The news of the chain as subscriptions: one listener inside the node serves all clients."""

import trio

from node.chain import ChainEvent, Finalized, Imported, NewBest, Resync
from node.rpc.backend import ChainView, Justifications
from node.rpc.blocks import HeaderJson, header_json
from node.rpc.runtime_api import TypedRuntime
from node.rpc.subscriptions import Topic
from node.rpc.values import to_hex
from node.rpc.versions import VersionJson, version_json
from node.store.blocks import UnknownBlock
from runtime.primitives.block import Header

WATCHER_BACKLOG = 64
"""Best blocks a private stream may be behind: it only reads keys, so it stays near zero."""


class Heads:
    """Topics about heads, and channels of best blocks for streams that need more than a header.

    Invariant: `run` alone publishes, so every subscriber sees the same order.
    """

    def __init__(
        self, chain: ChainView, justifications: Justifications, runtime: TypedRuntime
    ) -> None:
        self._chain = chain
        self._justifications = justifications
        self._runtime = runtime
        self._watchers: list[trio.MemorySendChannel[Header]] = []
        self._version = version_json(runtime.version(chain.best.hash))
        self.new = Topic("chain_newHead", self._best)
        self.all = Topic("chain_allHead", self._best)
        self.finalized = Topic("chain_finalizedHead", self._finalized)
        self.version = Topic("state_runtimeVersion", self._current_version)
        self.justifications = Topic("grandpa_justifications", None)

    async def run(self) -> None:
        """Publish what happens, until cancelled."""
        with self._chain.subscribe() as events:
            async for event in events:
                self._publish(event)

    def best_headers(self) -> "trio.MemoryReceiveChannel[Header]":
        """Open a channel of best headers, the present one first; closing it ends it."""
        send, receive = trio.open_memory_channel[Header](WATCHER_BACKLOG)
        send.send_nowait(self._chain.best)
        self._watchers.append(send)
        return receive

    def _publish(self, event: ChainEvent) -> None:
        if isinstance(event, Imported):
            self.all.publish(header_json(event.header))
        elif isinstance(event, NewBest):
            self._publish_best(event.header)
        elif isinstance(event, Finalized):
            for header in event.headers:
                self._publish_final(header)
        elif isinstance(event, Resync):
            self._publish_best(event.best)
            self._publish_final(event.finalized)

    def _publish_best(self, header: Header) -> None:
        self.new.publish(header_json(header))
        self._publish_version(header)
        self._watchers = [watcher for watcher in self._watchers if _tell(watcher, header)]

    def _publish_version(self, header: Header) -> None:
        try:
            version = version_json(self._runtime.version(header.hash))
        except UnknownBlock:
            return  # a fork that was abandoned meanwhile; the next best block is coming
        if version != self._version:
            self._version = version
            self.version.publish(version)

    def _publish_final(self, header: Header) -> None:
        self.finalized.publish(header_json(header))
        justification = self._justifications.justification(header.hash)
        if justification is not None:
            self.justifications.publish(to_hex(justification))

    def _best(self) -> HeaderJson:
        return header_json(self._chain.best)

    def _finalized(self) -> HeaderJson:
        return header_json(self._chain.finalized)

    def _current_version(self) -> VersionJson:
        return self._version


def _tell(watcher: "trio.MemorySendChannel[Header]", header: Header) -> bool:
    """Pass a header on; False ends a watcher that has gone, or that no longer reads."""
    try:
        watcher.send_nowait(header)
    except trio.BrokenResourceError:
        return False
    except trio.WouldBlock:
        watcher.close()
        return False
    return True
