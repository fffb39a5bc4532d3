"""What the chain keeps of tokenised assets, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.frame import PalletError, event
from runtime.frame.fungibles import AssetId
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U8, U32, U128, UNIT, AccountId, Balance, BlockNumber
from runtime.terms import Haircuts

PERBILL = 10**9
MAX_LISTED = 16
"""Assets that count at a time: all of them are valued in one block of each round."""
MAX_DECIMALS = 18
FREEZE_ERAS = 7
"""The longest that guardians can freeze an asset, and the least until they may again."""
FeedId = U32


class AssetKind(Enum):
    """What stands behind an asset. Indices are append-only."""

    OTHER = 0
    TREASURY_BILL = 1
    """Short debt of a state, or what is as safe."""
    ENERGY_CREDIT = 2


def haircut_of(kind: AssetKind, terms: Haircuts) -> int:
    """Return what is taken off the value of a kind, in ppb, unless a referendum decides for one."""
    match kind:
        case AssetKind.TREASURY_BILL:
            return terms.treasury_bill
        case AssetKind.ENERGY_CREDIT:
            return terms.energy_credit
        case AssetKind.OTHER:
            return terms.other


class Status(Enum):
    """Whether an asset counts. Indices are append-only."""

    REGISTERED = 0
    """Its issuer put a bond up; governance has not decided."""
    APPROVED = 1
    """It can be minted, and counts in vaults."""
    FROZEN = 2
    """Guardians stopped it: nothing moves, and it counts for nothing."""
    RETIRED = 3
    """It counts no more, and can only be given back."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What an issuer says of an asset."""

    asset: AssetId
    """The name of its tokens among all assets; nobody may have it yet."""
    kind: AssetKind
    decimals: U8
    """Of its tokens."""
    feed: FeedId
    """The price of one whole token, in the currency of `agpu/usd`."""
    reserve: FeedId
    """How many whole tokens are covered by what lies with a custodian."""
    legal_hash: H256
    """The hash of the documents that say what a token stands for."""


@dataclass(frozen=True, slots=True)
class Rwa:
    """A tokenised asset."""

    issuer: AccountId
    bond: Balance
    kind: AssetKind
    decimals: U8
    feed: FeedId
    reserve: FeedId
    haircut: U32
    """What is taken off its value, in ppb."""
    cap: U128
    """The most that may be issued, in least units."""
    status: Status
    legal_hash: H256
    frozen_until: BlockNumber
    """Of a frozen asset: the first block in which anyone may thaw it."""
    thawed_at: BlockNumber
    """When it was thawed last; 0 if it never was frozen."""
    reference: U128
    """The price known last, before the haircut: planck per least unit, times 10^18."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a least unit of an asset counts for."""

    asset: AssetId
    price: U128
    """After the haircut: planck per least unit, times 10^18."""
    until: BlockNumber
    """The last block in which it counts: then one of its feeds is stale."""


Quotes = Annotated[tuple[Quote, ...], Bounded(MAX_LISTED)]


@dataclass(frozen=True, slots=True)
class RwaView:
    """A tokenised asset as it stands, for those who ask."""

    asset: AssetId
    issuer: AccountId
    bond: Balance
    kind: AssetKind
    decimals: U8
    feed: FeedId
    reserve_feed: FeedId
    haircut: U32
    cap: U128
    issued: U128
    reserve: U128 | None
    """Least units that the reserve covers; nothing while its feed is stale."""
    status: Status
    frozen_until: BlockNumber
    legal_hash: H256
    token_value: Balance
    """What a whole token counts for now in planck; 0 while it counts for nothing."""
    token_price: Balance
    """The price of a whole token known last, before the haircut, in planck."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    account: AccountId
    """In whose care the tokens are: no other account can mint or burn them."""
    beneficiary: AccountId
    """Who is paid what auctions bring, entry fees, and the bonds that issuers forfeit."""
    era_blocks: BlockNumber
    round_blocks: BlockNumber
    """Of the oracle: values are renewed once in each round, when its feeds are."""
    agpu_feed: bytes = b"agpu/usd"
    minimum_bond: Balance = 1_000 * UNIT
    entry_fee: Balance = 10 * UNIT
    """Paid for each registration: the number of an asset stays taken, as with any other."""
    auction_eras: int = 7
    """An auction falls to nothing in so many eras."""
    valuing_block: int = 4
    """Of a round: the oracle has closed all its feeds by then."""


@event
class RwaRegistered:
    """An issuer put a bond up for an asset; a referendum decides whether it counts."""

    asset: AssetId
    issuer: AccountId
    bond: Balance
    legal_hash: H256


@event
class RwaApproved:
    """A referendum decided that an asset counts, less a haircut in ppb, up to a cap."""

    asset: AssetId
    haircut: U32
    cap: U128


@event
class RwaMinted:
    """The issuer made tokens of an asset."""

    asset: AssetId
    to: AccountId
    amount: U128


@event
class RwaBurned:
    """The issuer destroyed tokens that it had taken back."""

    asset: AssetId
    amount: U128


@event
class RwaFrozen:
    """An asset does not move or count until it is thawed, by anyone from the block named on."""

    asset: AssetId
    until: BlockNumber


@event
class RwaThawed:
    """An asset moves and counts again."""

    asset: AssetId


@event
class RwaRetired:
    """An asset counts no more; its issuer lost this of its bond."""

    asset: AssetId
    forfeited: Balance


@event
class RwaClosed:
    """An asset of which nothing is left is forgotten, and its issuer has its bond back."""

    asset: AssetId
    bond: Balance


@event
class Liquidated:
    """Somebody bought what a slash had taken of an asset in a vault."""

    asset: AssetId
    vault: U32
    who: AccountId
    units: U128
    paid: Balance


EVENTS = (
    RwaRegistered,
    RwaApproved,
    RwaMinted,
    RwaBurned,
    RwaFrozen,
    RwaThawed,
    RwaRetired,
    RwaClosed,
    Liquidated,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    UNKNOWN_RWA = 0, "There is no such tokenised asset."
    ASSET_EXISTS = 1, "There is an asset of this number, or was: numbers are not used again."
    BOND_TOO_LOW = 2, "An issuer's bond is 1,000 AGPU at least."
    INVALID_META = 3, "An asset has 18 decimals at most."
    NOT_ISSUER = 4, "Only the issuer of the asset may do this."
    NOT_APPROVED = 5, "The asset is not approved, or frozen, or retired."
    HAIRCUT_OUT_OF_RANGE = 6, "A haircut is below 1,000,000,000 parts per billion."
    CAP_BELOW_ISSUED = 7, "More than this cap has been issued."
    CAP_EXCEEDED = 8, "More than its cap would be issued."
    RESERVE_EXCEEDED = 9, "More would be issued than the attested reserve covers."
    STALE_FEED = 10, "A feed of the asset is stale, or AGPU has no price."
    ZERO_AMOUNT = 11, "The amount must be above zero."
    TOO_MANY_LISTED = 12, "As many assets count already as the chain values."
    NOT_FROZEN = 13, "The asset is not frozen."
    STILL_FROZEN = 14, "Anyone may thaw the asset only when its time is over."
    THAWED_LATELY = 15, "The asset was thawed less than 7 eras ago."
    RETIRED = 16, "The asset is retired."
    STILL_ISSUED = 17, "There still are tokens of the asset."
    NOTHING_SEIZED = 18, "No slash has taken so much of the asset in the vault."
    PRICE_TOO_HIGH = 19, "The auction asks for more than the buyer wants to pay."
