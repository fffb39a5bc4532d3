"""What a ledger of assets stores; the layouts are those of `pallet_assets`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar

from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, UNIT, AccountId, Balance

STRING_LIMIT = 50
"""Bytes of a name or a symbol."""
REMOVE_ITEMS_LIMIT = 64
"""Accounts or approvals that one call removes: the call stays far below a block."""

Words = Annotated[bytes, Bounded(STRING_LIMIT)]


class AssetStatus(Enum):
    """Whether an asset can move."""

    LIVE = 0
    FROZEN = 1
    DESTROYING = 2


class AccountStatus(Enum):
    """Whether one account's part of an asset can move."""

    LIQUID = 0
    FROZEN = 1
    """It can come in, and not go out."""
    BLOCKED = 2
    """Neither in nor out."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """Another entry of the account bears this one; there is none such on this chain."""

    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Sufficient:
    """The asset is good enough to have an account for."""

    index: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class DepositHeld:
    """The account itself has AGPU on hold for the entry."""

    index: ClassVar[int] = 2
    amount: Balance


@dataclass(frozen=True, slots=True)
class DepositRefunded:
    """The deposit was returned; here the entry ends with that, so that none is in this state."""

    index: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class DepositFrom:
    """Another account has AGPU on hold for the entry."""

    index: ClassVar[int] = 4
    depositor: AccountId
    amount: Balance


ExistenceReason = Consumer | Sufficient | DepositHeld | DepositRefunded | DepositFrom
"""Why there is an entry for an account."""

SUFFICIENT = Sufficient()


@dataclass(frozen=True, slots=True)
class AssetDetails:
    """An asset: who looks after it, and how much of it there is."""

    type_path: ClassVar[str] = "pallet_assets::types::AssetDetails"
    owner: AccountId
    issuer: AccountId
    """Who mints."""
    admin: AccountId
    """Who burns, moves by force, and thaws."""
    freezer: AccountId
    supply: Balance
    deposit: Balance
    """AGPU that the owner has on hold for the asset."""
    min_balance: Balance
    is_sufficient: bool
    """Whether an account may have it without a deposit."""
    accounts: U32
    sufficients: U32
    """Accounts that exist without a deposit."""
    approvals: U32
    status: AssetStatus


@dataclass(frozen=True, slots=True)
class AssetAccount:
    """What an account has of an asset."""

    type_path: ClassVar[str] = "pallet_assets::types::AssetAccount"
    balance: Balance
    status: AccountStatus
    reason: ExistenceReason
    extra: tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """What a delegate may move of an owner's balance."""

    type_path: ClassVar[str] = "pallet_assets::types::Approval"
    amount: Balance
    deposit: Balance


@dataclass(frozen=True, slots=True)
class AssetMetadata:
    """How an asset is shown."""

    type_path: ClassVar[str] = "pallet_assets::types::AssetMetadata"
    deposit: Balance
    name: Words
    symbol: Words
    decimals: U8
    is_frozen: bool
    """Whether only governance may change it."""


NO_METADATA = AssetMetadata(0, b"", b"", 0, False)


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet: deposits in planck of AGPU."""

    asset_deposit: Balance = 10 * UNIT
    """Ids are few enough that nobody should take them for the sake of it."""
    account_deposit: Balance = UNIT // 50
    metadata_base: Balance = UNIT // 10
    metadata_per_byte: Balance = UNIT // 1_000
    approval_deposit: Balance = UNIT // 50
