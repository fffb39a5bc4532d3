"""What vaults announce, and why they refuse."""

from __future__ import annotations

from runtime.compute.job import Market
from runtime.frame import PalletError, event
from runtime.pallets.vaults.assets import AssetKind
from runtime.pallets.vaults.records import VaultKind
from runtime.primitives.types import U8, U32, U128, AccountId, Balance


@event
class VaultCreated:
    """There is a new vault; its commission is in parts per billion."""

    vault: U32
    kind: VaultKind
    founder: AccountId
    commission: U32


@event
class Joined:
    """An account has a stake in a vault, locked for so many eras."""

    vault: U32
    who: AccountId
    asset: AssetKind
    amount: Balance
    points: U128
    lock: U32


@event
class Bonded:
    """An account added to its stake, which renewed its lock."""

    vault: U32
    who: AccountId
    amount: Balance
    points: U128


@event
class Unbonded:
    """A part of a stake leaves; it can be withdrawn from the era named."""

    vault: U32
    who: AccountId
    points: U128
    amount: Balance
    era: U32


@event
class Withdrawn:
    """An account took back what had left a vault."""

    vault: U32
    who: AccountId
    amount: Balance


@event
class Rebonded:
    """A part of a stake on its way out stays after all."""

    vault: U32
    who: AccountId
    amount: Balance
    points: U128


@event
class YieldAdded:
    """Members of a vault earned this together."""

    vault: U32
    amount: Balance


@event
class PayoutClaimed:
    """A member was paid its part of a vault's earnings."""

    vault: U32
    who: AccountId
    amount: Balance


@event
class CommissionSet:
    """A provider decided what members of its vault have of its income, in parts per billion."""

    vault: U32
    commission: U32


@event
class VaultSlashed:
    """An offence took a part of a provider's vault or that of insurance, and of what left it."""

    vault: U32
    points_before: U128
    balance_after: Balance
    loss: Balance
    """Of the stake, and of what is on its way out."""
    offence_era: U32


@event
class SlashApplied:
    """A member's part of a slash was burned, or collected for claims on insurance."""

    vault: U32
    who: AccountId
    amount: Balance


@event
class VaultClosed:
    """A vault that nobody was in is no more."""

    vault: U32


@event
class AccessLevelSet:
    """A referendum decided which level clients of a market need."""

    market: Market
    level: U8


@event
class SurplusSwept:
    """What no vault earned went to the treasury at the end of an era."""

    amount: Balance


@event
class ClaimMade:
    """Insurance owes a client what the bond of a cheat did not pay of its loss."""

    claim: U32
    client: AccountId
    amount: Balance


@event
class ClaimPaid:
    """A client was paid by insurance."""

    claim: U32
    client: AccountId
    amount: Balance
    left: Balance
    """What it still has a claim to."""


@event
class AssetUnbonded:
    """Units of a tokenised asset leave; they can be withdrawn from the era named."""

    vault: U32
    who: AccountId
    asset: U32
    points: U128
    units: U128
    era: U32


@event
class AssetWithdrawn:
    """An account took units of a tokenised asset back."""

    vault: U32
    who: AccountId
    asset: U32
    units: U128


@event
class AssetSeized:
    """A provider's offence took units of a tokenised asset: they are for sale."""

    vault: U32
    asset: U32
    units: U128
    offence_era: U32


@event
class AssetSold:
    """Units that a slash took have an owner again."""

    vault: U32
    asset: U32
    to: AccountId
    units: U128


@event
class Revalued:
    """What a position's tokenised assets count for in earnings was reckoned anew."""

    vault: U32
    who: AccountId


EVENTS = (
    VaultCreated,
    Joined,
    Bonded,
    Unbonded,
    Withdrawn,
    Rebonded,
    YieldAdded,
    PayoutClaimed,
    CommissionSet,
    VaultSlashed,
    SlashApplied,
    VaultClosed,
    AccessLevelSet,
    SurplusSwept,
    ClaimMade,
    ClaimPaid,
    AssetUnbonded,
    AssetWithdrawn,
    AssetSeized,
    AssetSold,
    Revalued,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    UNKNOWN_VAULT = 0, "There is no such vault."
    VAULT_EXISTS = 1, "There is a vault of this kind already."
    UNKNOWN_MARKET = 2, "There is no market of this tier and region."
    NOT_PROVIDER = 3, "Only the provider itself may do this."
    COMMISSION_TOO_HIGH = 4, "A commission is 20 % at most."
    COMMISSION_CHANGE = 5, "A commission moves by 1 % at most, and once in an era."
    NO_COMMISSION = 6, "Only the vault of a provider has a commission."
    LOCK_TOO_SHORT = 7, "A stake is locked for 28 eras at least."
    LOCK_TOO_LONG = 8, "A lock of more than 364 eras counts no more than one of 364."
    ALREADY_JOINED = 9, "This account has a stake in the vault; add to it with bond_extra."
    NOT_MEMBER = 10, "This account has no stake in the vault."
    AMOUNT_TOO_LOW = 11, "The stake is below the least that a vault takes."
    LEFT_TOO_LITTLE = 12, "Less than the least stake would be left; take all of it."
    ZERO_POINTS = 13, "The amount must be worth at least one point."
    NOT_ENOUGH_POINTS = 14, "The position has fewer points."
    STILL_LOCKED = 15, "The lock has not run out."
    TOO_MANY_CHUNKS = 16, "Too many withdrawals are under way; withdraw what is due first."
    TOO_MANY_POSITIONS = 17, "An account can have a stake in 16 vaults at most."
    NOTHING_DUE = 18, "Nothing can be withdrawn yet."
    NO_SUCH_CHUNK = 19, "The position has no such withdrawal under way."
    NOTHING_TO_CLAIM = 20, "The position has earned nothing since the last claim."
    WIPED_OUT = 21, "Slashes took all of the vault; it opens again when its members have left."
    NOT_EMPTY = 22, "The vault has members, or what a slash took is not sold."
    NOT_FOUNDER = 23, "Only who created the vault may do this."
    LEVEL_TOO_HIGH = 24, "There are levels from 0 to 8."
    NOTHING_TO_APPLY = 25, "The position bears its part of all slashes already."
    VAULT_FULL = 26, "The vault's points would leave the range of a balance."
    UNKNOWN_CLAIM = 27, "There is no such claim, or it has been paid."
    NOTHING_COLLECTED = 28, "Nothing lies in the pot; apply slashes of the vault's members first."
    NO_STAKE = 29, "A tokenised asset joins a stake of AGPU that the account has in the vault."
    OTHER_LOCK = 30, "A tokenised asset joins under the lock of the stake."
    STALE_VALUATION = (
        31,
        "Nothing vouches for the value: the asset is not approved, or a feed stale.",
    )
    RWA_CAP_EXCEEDED = 32, "Tokenised assets count for as much as the AGPU, and 30 % of a vault."
    TOO_MANY_ASSETS = 33, "A vault takes four tokenised assets at most."
    NO_SUCH_ASSET = 34, "The position has nothing of this asset."
