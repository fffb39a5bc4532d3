"""Final blocks from a node, some at a time: fetched together, decoded in order by their own rules.

A node answers blocks and values of the state; decoding is done here, by the explorer's own code,
and costs the node nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import trio

from cli.errors import CommandError
from cli.indexer.states import AskedState, NotAsked
from cli.sdk.causes import together
from cli.sdk.client import Client, SdkOlderThanChain, enhex, unhex, without_length
from cli.sdk.following import header_of
from cli.sdk.ledgers import place, values
from cli.sdk.transport import RpcRefusal
from node.explorer.decoding import DecodedBlock
from runtime.config import CODE_KEY, UnknownRuntime
from runtime.frame import Context
from runtime.pallets.receipts import RECENT_BLOCKS
from runtime.primitives.block import Header
from runtime.state.overlay import Overlay
from runtime.versions import VERSIONS, Versions, chosen_by

T = TypeVar("T")

QUESTIONS_AT_ONCE = 8
"""Half of what a node answers at once to one connection; more only wait there."""

TOO_MANY_CALLS = -32999
PAUSE_SECONDS = 2.0
"""Before a node is asked again that said it was asked too often."""

ALWAYS = (
    *(("System", "Events"), ("Timestamp", "Now"), ("Babe", "EpochIndex")),
    *(("Session", "Validators"), ("Balances", "TotalIssuance"), ("Amax", "TotalIssuance")),
)
"""What the rows of every block are made of, beside its receipts."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A block as it came."""

    header: Header
    body: tuple[bytes, ...]
    state: dict[bytes, bytes | None]
    """What was asked of the state after it."""


class BlockReader:
    """Reads blocks of one chain. Invariant: `_code` is that before the next block to decode."""

    def __init__(self, client: Client, versions: Versions = VERSIONS) -> None:
        self._client, self._versions = client, versions
        self._keys = [CODE_KEY, *(place(client, *names).key for names in ALWAYS)]
        self._code: bytes | None = None
        self._questions = trio.CapacityLimiter(QUESTIONS_AT_ONCE)

    async def fetch(self, numbers: Sequence[int]) -> list[Raw]:
        """Fetch the next blocks of the best chain by number, all at once.

        Raises: CommandError where the node has not all of a block.
        """
        if self._code is None:
            self._code = await self._code_before(numbers[0])
        asked = partial(self._client.rpc.call, "chain_getBlockHash", list(numbers))
        hashes = await patiently(asked)
        found: dict[int, Raw] = {}

        async def one(number: int, text: str | None) -> None:
            if text is None:
                raise CommandError(f"the node has no block {number}: ask another one by --rpc")
            async with self._questions:
                found[number] = await patiently(partial(self._raw, number, unhex(text)))

        await together(partial(one, *pair) for pair in zip(numbers, hashes, strict=True))
        return [found[number] for number in numbers]

    def decode(self, raw: Raw) -> DecodedBlock:
        """Return the next block, decoded by the rules of the state before it.

        Raises: SdkOlderThanChain.
        """
        number = raw.header.number
        try:
            config, version = chosen_by(self._code, self._versions)
        except UnknownRuntime as error:
            raise SdkOlderThanChain(f"block {number}: {error}") from error
        self._code = raw.state[CODE_KEY]
        runtime = version.make(Context(Overlay(AskedState(raw.state)), number), config)
        return DecodedBlock(raw.header, raw.body, runtime)

    async def ask(self, raw: Raw, reads: Sequence[Callable[[], object]]) -> None:
        """Ask for all that some reads of a block's state lack, together, until they lack nothing.

        Raises: CommandError where the state is gone.
        """
        while keys := lacking(reads):
            raw.state.update(await self._values(raw, keys))

    async def complete(self, raw: Raw, made: Callable[[], T]) -> T:
        """Return what is made of a block; what nobody foresaw is asked for as it is read."""
        while True:
            try:
                return made()
            except NotAsked as missing:
                raw.state.update(await self._values(raw, [missing.key]))

    async def _code_before(self, number: int) -> bytes | None:
        """Return by which rules a block is read; block 0 is read by its own."""
        at = await self._client.block_hash(str(max(number - 1, 0)))
        return (await patiently(partial(values, self._client, [CODE_KEY], at)))[CODE_KEY]

    async def _values(self, raw: Raw, keys: list[bytes]) -> dict[bytes, bytes | None]:
        return await patiently(partial(values, self._client, keys, raw.header.hash))

    async def _raw(self, number: int, block_hash: bytes) -> Raw:
        signed: Any = await self._client.rpc.call("chain_getBlock", enhex(block_hash))
        if signed is None:
            raise CommandError(
                f"the node has no extrinsics of block {number}: ask another one by --rpc"
            )
        block = signed["block"]
        header = header_of(block["header"])
        if (header.number, header.hash) != (number, block_hash):
            raise CommandError(
                f"wanted block {number} ({enhex(block_hash)}), "
                f"got {header.number} ({enhex(header.hash)})"
            )
        recent = place(self._client, "Receipts", "Recent", number % RECENT_BLOCKS).key
        state = await values(self._client, [*self._keys, recent], block_hash)
        body = tuple(without_length(unhex(one)) for one in block["extrinsics"])
        return Raw(header, body, state)


def lacking(reads: Sequence[Callable[[], object]]) -> list[bytes]:
    """Return the first key that each read lacks."""
    keys: dict[bytes, None] = {}
    for read in reads:
        try:
            read()
        except NotAsked as missing:
            keys[missing.key] = None
    return list(keys)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and again after a pause for as long as the node says that it is asked too often."""
    while True:
        try:
            return await ask()
        except RpcRefusal as refusal:
            if refusal.code != TOO_MANY_CALLS:
                raise
            await trio.sleep(PAUSE_SECONDS)
