"""The state of a running chain, taken over RPC; what the node answers is checked, not believed.

The header must hash to what the chain calls the block, and the entries must add up to the state
root in it. That the block is final is the node's word: take it from a node that you trust.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import trio

from cli.bars import count
from cli.errors import CommandError, UsageError
from cli.sdk.causes import the_cause
from cli.sdk.client import enhex, hash_of, unhex
from cli.sdk.downloads import Told
from cli.sdk.transport import Rpc, RpcRefusal, connect
from runtime.config import CODE_KEY, ChainConfig, UnknownRuntime
from runtime.genesis_state import empty_state
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError, decode
from runtime.state.trie import Trie
from runtime.versions import chosen_by

MAX_STATE_BYTES = 24 << 20
"""Keys and values together: in hex, with what JSON adds, they fit into a chain spec."""

KEYS_PER_PAGE = 1000
"""As many as nodes give at once."""

KEYS_PER_QUESTION = 250
"""Whose values come at once: far below the largest answer, but for large values."""

PLACE = re.compile(r"(?P<url>.+)@(?P<block>[0-9]{1,10}|0x[0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Live:
    """A final block of a running chain, and the state after it."""

    url: str
    name: str
    genesis_hash: bytes
    header: Header
    state: Trie
    entries: int

    @property
    def config(self) -> ChainConfig:
        """The constants of the chain."""
        return ChainConfig.decode(self.state.get(CODE_KEY))


def place_of(text: str) -> tuple[str, str | None]:
    """Read URL@BLOCK; without a block it is the last final one.

    Raises: UsageError.
    """
    found = PLACE.fullmatch(text)
    if found is not None:
        return found["url"], found["block"]
    if "@" in text.rpartition("/")[2]:
        raise UsageError(
            f"wanted URL@BLOCK, where BLOCK is a number or 0x and 64 hex digits, got {text!r}"
        )
    return text, None


def take(url: str, block: str | None) -> Live:
    """Take the state after a final block from the node at a URL, and check it.

    Raises: NodeUnreachable, TookTooLong; CommandError for a block that has no state there, is not
    final, or is of another runtime than this release carries, and for answers that are not right.
    """

    async def dialogue() -> Live:
        async with connect(url) as rpc:
            return await taken(rpc, url, block)

    try:
        return trio.run(dialogue)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def taken(rpc: Rpc, url: str, block: str | None) -> Live:
    """Ask a node for all that a fork needs; raises as `take`."""
    genesis = unhex(str(await rpc.call("chain_getBlockHash", 0)))
    header = await final_header(rpc, block)
    await refuse_foreign(rpc, header)
    with count("entries") as told:
        storage = await entries_of(rpc, header, told)
    state = empty_state().updated(storage)
    if state.root != header.state_root:
        raise CommandError(
            f"the {len(storage)} entries that {url} gave are not the state of block "
            f"{header.number}: wanted the root {enhex(header.state_root)}, got {enhex(state.root)}"
        )
    name = str(await rpc.call("system_chain"))
    return Live(url, name, genesis, header, state, len(storage))


async def final_header(rpc: Rpc, block: str | None) -> Header:
    """Return the header of a final block.

    Raises: CommandError.
    """
    last = await header_of(rpc, unhex(await rpc.call("chain_getFinalizedHead")))
    if block is None:
        return last
    if block.startswith("0x"):
        header = await header_of(rpc, hash_of(block))
    elif int(block) > last.number:
        raise not_final(block, last)
    else:
        found = await rpc.call("chain_getBlockHash", int(block))
        if found is None:
            raise CommandError(f"the node has no block {block}")
        header = await header_of(rpc, unhex(found))
    if header.number > last.number:
        raise not_final(block, last)
    if await rpc.call("chain_getBlockHash", header.number) != enhex(header.hash):
        raise CommandError(f"block {block} is of a branch that was given up: wanted a final block")
    return header


def not_final(block: str, last: Header) -> CommandError:
    """Return the refusal of a block that may yet be given up."""
    return CommandError(
        f"block {block} is not final: wanted one up to {last.number}, which is the last that is"
    )


async def header_of(rpc: Rpc, block_hash: bytes) -> Header:
    """Return the header that has a hash.

    Raises: CommandError.
    """
    try:
        raw = await rpc.call("archive_v1_header", enhex(block_hash))
        header: Header | None = None if raw is None else decode(unhex(raw), Header)
    except RpcRefusal as error:
        raise CommandError(f"wanted a node of StarMiner: {error}") from error
    except (DecodeError, ValueError) as error:
        raise CommandError(f"the header of {enhex(block_hash)} does not decode: {error}") from error
    if header is None:
        raise CommandError(f"the node has no block {enhex(block_hash)}")
    if header.hash != block_hash:
        raise CommandError(
            f"wanted the header of {enhex(block_hash)}, got that of {enhex(header.hash)}"
        )
    return header


async def refuse_foreign(rpc: Rpc, header: Header) -> None:
    """Refuse a state that is not kept, or that this release does not execute.

    Raises: CommandError.
    """
    try:
        code = await rpc.call("state_getStorage", enhex(CODE_KEY), enhex(header.hash))
        chosen_by(None if code is None else unhex(code))
    except RpcRefusal as error:
        refuse_pruned(header, error)
    except UnknownRuntime as error:
        raise CommandError(f"no chain that can be forked here: {error}") from error


def refuse_pruned(header: Header, error: RpcRefusal) -> NoReturn:
    """Say what a node whose state is gone should have been started with."""
    raise CommandError(
        f"the node does not give the state after block {header.number}: {error}; wanted a newer "
        "block, or a node that runs with --state-pruning archive"
    ) from error


async def entries_of(rpc: Rpc, header: Header, told: Told) -> dict[bytes, bytes]:
    """Return every entry of a block's state; `told` hears how many there are.

    Raises: CommandError.
    """
    at, found, size = enhex(header.hash), dict[bytes, bytes](), 0
    last: str | None = None
    while True:
        try:
            keys = await rpc.call("state_getKeysPaged", "0x", KEYS_PER_PAGE, last, at)
            if keys and last is not None and keys[0] <= last:
                raise CommandError(f"wanted a page of keys above {last}, got one from {keys[0]}")
            for start in range(0, len(keys), KEYS_PER_QUESTION):
                values = await values_of(rpc, keys[start : start + KEYS_PER_QUESTION], at)
                found.update(values)
                size += sum(len(key) + len(value) for key, value in values.items())
        except RpcRefusal as error:
            refuse_pruned(header, error)
        told(len(found))
        if size > MAX_STATE_BYTES:
            raise CommandError(
                f"the state after block {header.number} is too large for a devnet: wanted at most "
                f"{MAX_STATE_BYTES >> 20} MiB, got more"
            )
        if len(keys) < KEYS_PER_PAGE:
            return found
        last = keys[-1]


async def values_of(rpc: Rpc, keys: list[str], at: str) -> dict[bytes, bytes]:
    """Return the values under keys; fewer at once where all together are more than an answer."""
    try:
        (answer,) = await rpc.call("state_queryStorageAt", keys, at)
    except RpcRefusal:
        if len(keys) == 1:
            raise
        middle = len(keys) // 2
        first = await values_of(rpc, keys[:middle], at)
        return first | await values_of(rpc, keys[middle:], at)
    return {unhex(key): unhex(value) for key, value in answer["changes"] if value is not None}
