"""System: accounts, the block under way, and the record of its events.

Every other pallet stands on this one. Names and layouts are those of `frame_system`, which every
Substrate client reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from runtime.config import CODE_KEY
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure_signed,
    event,
)
from runtime.frame.accounts import NO_DATA, AccountData
from runtime.frame.dispatch import RefTime
from runtime.frame.limits import DB_WEIGHT, BlockLength, BlockLimits, BlockWeights, DbWeight
from runtime.frame.outcome import DispatchFailure, DispatchInfo
from runtime.primitives.block import Digest, RuntimeEnvironmentUpdated
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.record import record
from runtime.primitives.schema import Custom
from runtime.primitives.types import H256, U16, U32, AccountId, BlockNumber, Nonce

BLOCK_HASH_COUNT = 2400
"""Hashes of this many blocks stay in state: the longest era of a mortal transaction."""


@record
class AccountInfo:
    """An account: its nonce, why it lives, what it holds."""

    type_path: ClassVar[str] = "frame_system::AccountInfo"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("Nonce", U32),
        ("AccountData", AccountData),
    )
    nonce: Nonce = 0
    consumers: U32 = 0
    providers: U32 = 0
    sufficients: U32 = 0
    data: AccountData = NO_DATA


@dataclass(frozen=True, slots=True)
class PerClass:
    """The weight used in a block by each dispatch class."""

    type_path: ClassVar[str] = "frame_support::dispatch::PerDispatchClass"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("T", RefTime),)
    normal: RefTime
    operational: RefTime
    mandatory: RefTime


NO_WEIGHT = PerClass(RefTime(0, 0), RefTime(0, 0), RefTime(0, 0))


@dataclass(frozen=True, slots=True)
class UpgradeInfo:
    """The runtime that wrote this state."""

    type_path: ClassVar[str] = "frame_system::LastRuntimeUpgradeInfo"
    spec_version: U32
    spec_name: str


def _all_bytes(raw: bytes, offset: int) -> tuple[bytes, int]:
    return raw[offset:], len(raw)


EventRecords = Annotated[
    bytes, Custom(bytes, _all_bytes, lambda registry: registry.event_records())
]
"""The block's events, already encoded: the executive knows every pallet's event types."""


@event
class ExtrinsicSuccess:
    """An extrinsic did what it said."""

    dispatch_info: DispatchInfo


@event
class ExtrinsicFailed:
    """An extrinsic was refused; its fee was paid."""

    dispatch_error: DispatchFailure
    dispatch_info: DispatchInfo


@event
class CodeUpdated:
    """The runtime changed."""


@event
class NewAccount:
    """An account came into being."""

    account: AccountId


@event
class KilledAccount:
    """An account was removed, since it held less than the existential deposit."""

    account: AccountId


@event
class Remarked:
    """Someone left a remark."""

    sender: AccountId
    hash: H256


class Error(PalletError):
    """Why System refused a call."""

    INVALID_SPEC_NAME = 0, "The name of the runtime does not match."
    SPEC_VERSION_NEEDS_TO_INCREASE = 1, "The runtime's version is not above the current one."
    CALL_FILTERED = 5, "The call may not be made here."


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain, fixed by its spec."""

    ss58_prefix: int
    limits: BlockLimits


class System(Pallet):
    """Accounts, the block under way, and the record of its events."""

    events = (
        ExtrinsicSuccess,
        ExtrinsicFailed,
        CodeUpdated,
        NewAccount,
        KilledAccount,
        Remarked,
    )
    errors = Error

    account: Map[AccountId, AccountInfo] = Map(default=AccountInfo())
    """The nonce and the AGPU balance of each account."""
    extrinsic_count: Value[U32 | None] = Value(default=None)
    """Extrinsics applied so far in this block."""
    block_weight: Value[PerClass] = Value(default=NO_WEIGHT)
    """Weight of this block so far, by dispatch class."""
    block_hash: Map[BlockNumber, H256] = Map(default=bytes(32), hasher=TWOX_64_CONCAT)
    """Hashes of the recent blocks, by number."""
    number: Value[BlockNumber] = Value(default=0)
    """The number of this block."""
    parent_hash: Value[H256] = Value(default=bytes(32))
    """The hash of the block before this one."""
    digest: Value[Digest] = Value(default=())
    """The digest of this block."""
    event_log: Value[EventRecords] = Value(default=b"\x00", name="Events")
    """The events of this block, in order."""
    event_count: Value[U32] = Value(default=0)
    """How many events this block has."""
    last_runtime_upgrade: Value[UpgradeInfo | None] = Value(default=None)
    """The runtime that ran last, to notice an upgrade: so it reads alike in every version."""

    def __init__(
        self, context: Context, config: Config, *, index: int, name: str = "System"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.config = config

    @call(0, weight=lambda remark: Weight(compute=len(remark)))
    def remark(self, origin: Origin, remark: bytes) -> None:  # noqa: ARG002
        """Leave `remark` in the block and nowhere else."""
        ensure_signed(origin)

    @call(7, weight=lambda remark: Weight(compute=2 * len(remark)))
    def remark_with_event(self, origin: Origin, remark: bytes) -> None:
        """Leave `remark` in the block, and its hash in an event."""
        self.deposit(Remarked(ensure_signed(origin), blake2_256(remark)))

    @constant
    def ss58_prefix(self) -> U16:
        """Return the prefix of this chain's addresses."""
        return self.config.ss58_prefix

    @constant
    def block_weights(self) -> BlockWeights:
        """Return what a block may weigh, by dispatch class."""
        return self.config.limits.weights

    @constant
    def block_length(self) -> BlockLength:
        """Return how long a block may be, by dispatch class."""
        return self.config.limits.length

    @constant
    def db_weight(self) -> DbWeight:
        """Return what one access to storage weighs."""
        return DB_WEIGHT

    @constant
    def block_hash_count(self) -> BlockNumber:
        """How many block hashes stay in state."""
        return BLOCK_HASH_COUNT

    def open_block(self) -> None:
        """Write what identifies the block under way."""
        context = self.context
        self.number = context.number
        self.parent_hash = context.parent_hash
        self.block_hash[context.number - 1] = context.parent_hash
        stale = context.number - 1 - BLOCK_HASH_COUNT
        if stale > 0:
            del self.block_hash[stale]
        self.event_log, self.event_count = b"\x00", 0

    def set_code(self, code: bytes) -> None:
        """Let the blocks after this one be executed by the runtime that `code` describes."""
        self.overlay.put(CODE_KEY, code, bytes)
        self.context.digest.append(RuntimeEnvironmentUpdated())
        self.deposit(CodeUpdated())

    def nonce(self, who: AccountId) -> Nonce:
        """Return the nonce that the next transaction of `who` must bear."""
        return self.account[who].nonce

    def use_nonce(self, who: AccountId) -> None:
        """Count a transaction of `who`."""
        info = self.account[who]
        self.account[who] = AccountInfo(
            info.nonce + 1, info.consumers, info.providers, info.sufficients, info.data
        )

    def data(self, who: AccountId) -> AccountData:
        """Return what `who` holds."""
        return self.account[who].data

    def set_data(self, who: AccountId, data: AccountData) -> None:
        """Record what `who` holds; an account that holds nothing is removed, nonce and all."""
        info = self.account[who]
        alive = data.free or data.reserved
        if alive:
            self.account[who] = AccountInfo(
                info.nonce, 1 if data.reserved else 0, 1, info.sufficients, data
            )
            if not info.providers:
                self.deposit(NewAccount(who))
        elif info.providers:
            del self.account[who]
            self.deposit(KilledAccount(who))

    def accounts(self) -> list[tuple[AccountId, AccountData]]:
        """List what every account holds; the cost grows with their number."""
        return [(who, info.data) for who, info in self.account.items()]
