"""What a ledger of assets announces; names, indices and fields are those of `pallet_assets`."""

from __future__ import annotations

from typing import ClassVar

from runtime.frame import PalletError, event
from runtime.pallets.assets.types import Words
from runtime.primitives.types import U8, U32, AccountId, Balance


@event
class Created:
    """An asset was created by an account, in the care of another."""

    index: ClassVar[int] = 0
    asset_id: U32
    creator: AccountId
    owner: AccountId


@event
class Issued:
    """An amount of an asset came into being."""

    index: ClassVar[int] = 1
    asset_id: U32
    owner: AccountId
    amount: Balance


@event
class Transferred:
    """An amount of an asset moved."""

    index: ClassVar[int] = 2
    asset_id: U32
    from_: AccountId
    to: AccountId
    amount: Balance


@event
class Burned:
    """An amount of an asset was destroyed."""

    index: ClassVar[int] = 3
    asset_id: U32
    owner: AccountId
    balance: Balance


@event
class TeamChanged:
    """Others look after an asset."""

    index: ClassVar[int] = 4
    asset_id: U32
    issuer: AccountId
    admin: AccountId
    freezer: AccountId


@event
class OwnerChanged:
    """An asset has a new owner."""

    index: ClassVar[int] = 5
    asset_id: U32
    owner: AccountId


@event
class Frozen:
    """An account's part of an asset can not go out."""

    index: ClassVar[int] = 6
    asset_id: U32
    who: AccountId


@event
class Thawed:
    """An account's part of an asset can move again."""

    index: ClassVar[int] = 7
    asset_id: U32
    who: AccountId


@event
class AssetFrozen:
    """An asset can not move."""

    index: ClassVar[int] = 8
    asset_id: U32


@event
class AssetThawed:
    """An asset can move again."""

    index: ClassVar[int] = 9
    asset_id: U32


@event
class AccountsDestroyed:
    """Accounts of an asset that ends were removed."""

    index: ClassVar[int] = 10
    asset_id: U32
    accounts_destroyed: U32
    accounts_remaining: U32


@event
class ApprovalsDestroyed:
    """Approvals of an asset that ends were removed."""

    index: ClassVar[int] = 11
    asset_id: U32
    approvals_destroyed: U32
    approvals_remaining: U32


@event
class DestructionStarted:
    """An asset ends."""

    index: ClassVar[int] = 12
    asset_id: U32


@event
class Destroyed:
    """An asset is no more."""

    index: ClassVar[int] = 13
    asset_id: U32


@event
class ForceCreated:
    """Governance created an asset."""

    index: ClassVar[int] = 14
    asset_id: U32
    owner: AccountId


@event
class MetadataSet:
    """An asset is shown in another way."""

    index: ClassVar[int] = 15
    asset_id: U32
    name: Words
    symbol: Words
    decimals: U8
    is_frozen: bool


@event
class MetadataCleared:
    """An asset is shown as a number."""

    index: ClassVar[int] = 16
    asset_id: U32


@event
class ApprovedTransfer:
    """A delegate may move so much of an account."""

    index: ClassVar[int] = 17
    asset_id: U32
    source: AccountId
    delegate: AccountId
    amount: Balance


@event
class ApprovalCancelled:
    """A delegate may move nothing any more."""

    index: ClassVar[int] = 18
    asset_id: U32
    owner: AccountId
    delegate: AccountId


@event
class TransferredApproved:
    """A delegate moved an amount of an account."""

    index: ClassVar[int] = 19
    asset_id: U32
    owner: AccountId
    delegate: AccountId
    destination: AccountId
    amount: Balance


@event
class AssetStatusChanged:
    """Governance changed who looks after an asset, and how."""

    index: ClassVar[int] = 20
    asset_id: U32


@event
class AssetMinBalanceChanged:
    """An account holds so much of an asset at least."""

    index: ClassVar[int] = 21
    asset_id: U32
    new_min_balance: Balance


@event
class Touched:
    """An entry was made before anything was in it."""

    index: ClassVar[int] = 22
    asset_id: U32
    who: AccountId
    depositor: AccountId


@event
class Blocked:
    """An account's part of an asset can neither grow nor shrink."""

    index: ClassVar[int] = 23
    asset_id: U32
    who: AccountId


EVENTS = (
    Created,
    Issued,
    Transferred,
    Burned,
    TeamChanged,
    OwnerChanged,
    Frozen,
    Thawed,
    AssetFrozen,
    AssetThawed,
    AccountsDestroyed,
    ApprovalsDestroyed,
    DestructionStarted,
    Destroyed,
    ForceCreated,
    MetadataSet,
    MetadataCleared,
    ApprovedTransfer,
    ApprovalCancelled,
    TransferredApproved,
    AssetStatusChanged,
    AssetMinBalanceChanged,
    Touched,
    Blocked,
)


class Error(PalletError):
    """Why the ledger refused a call."""

    BALANCE_LOW = 0, "The account has less than that of the asset."
    NO_ACCOUNT = 1, "The account has nothing of the asset."
    NO_PERMISSION = 2, "The asset is in the care of others."
    UNKNOWN = 3, "There is no such asset."
    FROZEN = 4, "The account's part of the asset is frozen or blocked."
    IN_USE = 5, "The id is taken, or the asset still has accounts or approvals."
    MIN_BALANCE_ZERO = 7, "The least balance must be above zero."
    BAD_METADATA = 9, "The metadata are frozen, or a name is above 50 bytes."
    UNAPPROVED = 10, "The owner of the balance has approved no such transfer."
    WOULD_DIE = 11, "The source would be left with less than the least balance."
    ALREADY_EXISTS = 12, "The account has an entry for the asset."
    NO_DEPOSIT = 13, "No deposit of this account is on hold for the entry."
    WOULD_BURN = 14, "The entry has a balance that would be burned."
    ASSET_NOT_LIVE = 16, "The asset is frozen, or on its way out."
    INCORRECT_STATUS = 17, "The asset has to be on its way out for this."
    NOT_FROZEN = 18, "The asset is not frozen."
    CONTAINS_FREEZES = 21, "A pallet keeps a part of the account's balance from moving."
    OVERFLOW = 23, "The supply would leave the range of a balance."
