"""The chain as a client sees it: blocks, state, accounts, events and transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError, UsageError
from cli.sdk.names import find_item, find_pallet
from cli.sdk.transport import Rpc, connect
from runtime.config import CODE_KEY, ChainConfig, UnknownRuntime
from runtime.events import decode_records
from runtime.frame import Context
from runtime.frame.accounts import AccountData
from runtime.frame.calls import CallTable
from runtime.frame.pallet import Pallet, Record
from runtime.frame.storage import Item, storage_key
from runtime.genesis_state import empty_state
from runtime.pallets.system import AccountInfo
from runtime.primitives.compact import decode_compact
from runtime.primitives.ss58 import encode_ss58
from runtime.state.overlay import Overlay
from runtime.versions import VERSIONS, Version, Versions, chosen_by

BEST, FINAL = "best", "final"


class NoSuchBlock(CommandError):
    """The node does not have a block: it never had it, has pruned it, or its fork was given up."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block."""

    number: int
    hash: bytes
    parent_hash: bytes
    state_root: bytes
    extrinsics_root: bytes
    digest: tuple[bytes, ...]
    extrinsics: tuple[bytes, ...]


class Client:
    """A connection to one node of one chain."""

    def __init__(
        self,
        rpc: Rpc,
        genesis_hash: bytes,
        config: ChainConfig,
        version: Version,
        versions: Versions = VERSIONS,
    ) -> None:
        self.rpc, self.genesis_hash, self._versions = rpc, genesis_hash, versions
        self._adopt(config, version)

    def _adopt(self, config: ChainConfig, version: Version) -> None:
        self.config = config
        runtime = version.make(Context(Overlay(empty_state()), number=0), config)
        self.pallets: tuple[Pallet, ...] = runtime.pallets
        self.calls = CallTable.of(runtime.pallets)

    async def refresh(self) -> None:
        """Learn the chain's runtime anew, after an upgrade.

        Raises: SdkOlderThanChain.
        """
        self._adopt(*await runtime_of(self.rpc, self._versions))

    def address(self, account: bytes) -> str:
        """Return an account as this chain's wallets write it."""
        return encode_ss58(account, self.config.ss58_prefix)

    async def block_hash(self, at: str = BEST) -> bytes:
        """Return the hash of `best`, `final`, a block number or a hash.

        Raises: NoSuchBlock; UsageError for another text.
        """
        if at.startswith("0x"):
            return hash_of(at)
        if at == FINAL:
            return unhex(await self.rpc.call("chain_getFinalizedHead"))
        if at != BEST and not at.isdecimal():
            raise UsageError(f"wanted best, final, a block number or a hash, got {at!r}")
        found = await self.rpc.call("chain_getBlockHash", *([] if at == BEST else [int(at)]))
        if found is None:
            raise NoSuchBlock(f"the node has no block {at} yet")
        return unhex(found)

    async def block(self, block_hash: bytes) -> BlockView:
        """Return a block.

        Raises: NoSuchBlock if the node does not have it, or no longer its body.
        """
        signed = await self.rpc.call("chain_getBlock", enhex(block_hash))
        if signed is None:
            raise await self._lacking(block_hash)
        header, extrinsics = signed["block"]["header"], signed["block"]["extrinsics"]
        return BlockView(
            number=int(header["number"], 16),
            hash=block_hash,
            parent_hash=unhex(header["parentHash"]),
            state_root=unhex(header["stateRoot"]),
            extrinsics_root=unhex(header["extrinsicsRoot"]),
            digest=tuple(unhex(log) for log in header["digest"]["logs"]),
            extrinsics=tuple(without_length(unhex(raw)) for raw in extrinsics),
        )

    async def _lacking(self, block_hash: bytes) -> NoSuchBlock:
        """Return why a node has no block: it is unknown, or its body is not kept."""
        header = await self.rpc.call("chain_getHeader", enhex(block_hash))
        if header is None:
            return NoSuchBlock(f"the node has no block {enhex(block_hash)}")
        return NoSuchBlock(
            f"the node has the header of block {int(header['number'], 16)}, not its body: wanted "
            "one that runs with --blocks-pruning archive-canonical"
        )

    async def number(self, block_hash: bytes) -> int:
        """Return the number of a block."""
        header = await self.rpc.call("chain_getHeader", enhex(block_hash))
        return int(header["number"], 16)

    async def storage(self, pallet: str, item: str, *keys: Any, at: bytes | None = None) -> Any:
        """Return a value of the state, decoded; its default where none is stored.

        Raises: UsageError if there is no such item.
        """
        owner, declared = self.item(pallet, item)
        prefix = declared.prefix(owner)
        wanted = keys[0] if len(keys) == 1 else keys
        key = storage_key(declared, prefix, wanted) if declared.hashers else prefix
        raw = await self.raw_storage(key, at)
        return declared.default if raw is None else declared.read(raw)

    async def raw_storage(self, key: bytes, at: bytes | None = None) -> bytes | None:
        """Return the bytes under a storage key, or None."""
        where = [] if at is None else [enhex(at)]
        raw = await self.rpc.call("state_getStorage", enhex(key), *where)
        return None if raw is None else unhex(raw)

    def item(self, pallet: str, item: str) -> tuple[Pallet, Item]:
        """Return a pallet and the storage item of that name.

        Raises: UsageError, naming what there is.
        """
        owner = find_pallet(self.pallets, pallet)
        return owner, find_item(owner, item)

    async def account(self, account: bytes, at: bytes | None = None) -> AccountInfo:
        """Return the nonce of an account and what it holds in AGPU."""
        info: AccountInfo = await self.storage("System", "Account", account, at=at)
        return info

    async def amax(self, account: bytes, at: bytes | None = None) -> AccountData:
        """Return what an account holds in AMAX."""
        data: AccountData = await self.storage("Amax", "Account", account, at=at)
        return data

    async def nonce(self, account: bytes) -> int:
        """Return the nonce of the account's next transaction, past those in the pool."""
        found = await self.rpc.call("system_accountNextIndex", self.address(account))
        return int(found)

    async def events(self, at: bytes) -> list[Record]:
        """Return what happened in a block."""
        raw: bytes = await self.storage("System", "Events", at=at)
        return decode_records(raw, self.pallets)


class SdkOlderThanChain(CommandError):
    """The chain runs a runtime that this release does not carry: its types are unknown here."""


@asynccontextmanager
async def open_client(url: str) -> AsyncIterator[Client]:
    """Connect to a node and learn its chain.

    Raises: NodeUnreachable; SdkOlderThanChain.
    """
    async with connect(url) as rpc:
        yield await client_over(rpc)


async def client_over(rpc: Rpc, versions: Versions = VERSIONS) -> Client:
    """Return a client over a connection, to a chain that runs one of `versions`.

    Raises: SdkOlderThanChain.
    """
    genesis = await rpc.call("chain_getBlockHash", 0)
    return Client(rpc, unhex(genesis), *await runtime_of(rpc, versions), versions)


async def runtime_of(rpc: Rpc, versions: Versions = VERSIONS) -> tuple[ChainConfig, Version]:
    """Return the runtime of the best block, if it is one of `versions`.

    Raises: SdkOlderThanChain.
    """
    code = await rpc.call("state_getStorage", enhex(CODE_KEY))
    try:
        return chosen_by(None if code is None else unhex(code), versions)
    except UnknownRuntime as error:
        raise SdkOlderThanChain(
            f"this release does not know the chain's runtime: {error}"
        ) from error


def without_length(raw: bytes) -> bytes:
    """Return an extrinsic without the compact length that RPC puts in front of it."""
    _, offset = decode_compact(raw, 0)
    return raw[offset:]


def hash_of(text: str) -> bytes:
    """Read a block hash.

    Raises: UsageError.
    """
    try:
        raw = unhex(text)
    except ValueError as error:
        raise UsageError(f"wanted 0x and 64 hex digits, got {text!r}") from error
    if len(raw) != 32:
        raise UsageError(f"wanted a hash of 32 bytes, got {len(raw)}")
    return raw


def enhex(raw: bytes) -> str:
    """Return bytes as RPC writes them."""
    return "0x" + raw.hex()


def unhex(text: str) -> bytes:
    """Read bytes as RPC writes them."""
    return bytes.fromhex(text.removeprefix("0x"))
