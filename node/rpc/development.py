"""What only the nodes of development chains let their operator do: call blocks, keep peers away."""

from collections.abc import Iterable
from typing import Annotated, Protocol

import msgspec

from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.registry import method
from node.rpc.values import to_hex
from runtime.primitives.block import Header

MAX_BLOCKS = 1000
"""Of one call: who wants more asks again, and sees how it goes."""

MAX_WARP_MS = 10 * 365 * 24 * 3_600_000
"""Ten years."""

MAX_PEERS = 256


class CannotMine(Exception):
    """No block came of a call; the message says why."""


class Miner(Protocol):
    """Authors blocks when they are called; `node.development.Miner` is one."""

    async def mine(self, blocks: int) -> Header:
        """Make blocks in the next slots; return the last. Raises CannotMine."""
        ...

    async def warp(self, milliseconds: int) -> Header:
        """Let the chain's time pass, and author a block. Raises CannotMine."""
        ...


class Isolation(Protocol):
    """Keeps peers away; `p2p.host.Network` does."""

    def isolate(self, peers: Iterable[str]) -> None:
        """Talk to none of these peers, and to all others."""
        ...


class MinedJson(msgspec.Struct, frozen=True):
    """The block that a call ended with."""

    number: int
    hash: str


class MinerNamespace:
    """Blocks that are called, on nodes that run with --block-time instant or manual."""

    def __init__(self, miner: Miner) -> None:
        self._miner = miner

    @method("dev_mine", unsafe=True)
    async def mine(self, blocks: int = 1) -> MinedJson:
        """Make that many blocks, each in the next slot, and return the last."""
        within("blocks", blocks, MAX_BLOCKS)
        try:
            return mined(await self._miner.mine(blocks))
        except CannotMine as error:
            raise RpcError(Code.CLIENT, "No block", str(error)) from error

    @method("dev_warp", unsafe=True)
    async def warp(self, milliseconds: int) -> MinedJson:
        """Let that much of the chain's time pass without a block, then author one."""
        within("milliseconds", milliseconds, MAX_WARP_MS)
        try:
            return mined(await self._miner.warp(milliseconds))
        except CannotMine as error:
            raise RpcError(Code.CLIENT, "No block", str(error)) from error


Peers = Annotated[list[str], msgspec.Meta(max_length=MAX_PEERS)]


class IsolationNamespace:
    """A network that is cut in two, on development chains."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation

    @method("dev_isolate", unsafe=True)
    def isolate(self, peers: Peers) -> None:
        """Talk to none of these peers, by their ids, until the next call; none ends it."""
        self._isolation.isolate(peers)


def within(name: str, value: int, most: int) -> None:
    """Refuse a number that is not from 1 to `most`; raises RpcError."""
    if not 1 <= value <= most:
        raise invalid_params(f"{name}: wanted 1 to {most}, got {value}")


def mined(header: Header) -> MinedJson:
    """Return a block as JSON names it."""
    return MinedJson(header.number, to_hex(header.hash))
