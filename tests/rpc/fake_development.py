"""A node of a development chain whose blocks are called."""

from collections.abc import Iterable
from dataclasses import replace

from node.rpc.api import Backend
from node.rpc.development import CannotMine
from runtime.primitives.block import Header
from tests.rpc.support import FakeNode


class FakeDevelopment:
    """A miner, and a network that notes whom it keeps away."""

    def __init__(self, node: FakeNode) -> None:
        self._node = node
        self.isolated: list[str] = []
        self.warped: list[int] = []

    async def mine(self, blocks: int) -> Header:
        for _ in range(blocks):
            self._node.grow()
        return self._node.chain.best

    async def warp(self, milliseconds: int) -> Header:
        if milliseconds > 1000:
            raise CannotMine("wanted at most 1 slot, got 2")
        self.warped.append(milliseconds)
        return self._node.chain.best

    def isolate(self, peers: Iterable[str]) -> None:
        self.isolated = list(peers)


class DevelopmentNode(FakeNode):
    """A node whose blocks are called."""

    def __init__(self) -> None:
        super().__init__()
        self.dev = FakeDevelopment(self)

    def backend(self) -> Backend:
        return replace(super().backend(), miner=self.dev, isolation=self.dev)
