"""What the chain keeps of vaults, and of what each account has in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.compute.job import PERBILL, JobClass, Market
from runtime.pallets.vaults.assets import Parts, PartView, Tranches, TrancheView
from runtime.pallets.vaults.chunks import Chunks
from runtime.pallets.vaults.pools import EMPTY, Pool
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, UNIT, AccountId, Balance, BlockNumber

MAX_POSITIONS = 16
"""Vaults that one account can have a stake in: what sums its weight looks at each."""
DEAD_POINTS = 10**6
"""Points that nobody owns, paid for by the first who joins: a vault's points never are so few
that rounding matters."""


@dataclass(frozen=True, slots=True)
class OfMarket:
    """Access to a market: tier and region. Earns most of the stakers' part of its fees."""

    index: ClassVar[int] = 0
    market: Market


@dataclass(frozen=True, slots=True)
class OfTask:
    """Access for a class of jobs, wherever they run."""

    index: ClassVar[int] = 1
    task: JobClass


@dataclass(frozen=True, slots=True)
class OfProvider:
    """Stands behind a provider: has a part of its income, and of its slashes."""

    index: ClassVar[int] = 2
    provider: AccountId


@dataclass(frozen=True, slots=True)
class Insurance:
    """Stands behind all markets: earns a part of the fees of each, and pays what bonds do not."""

    index: ClassVar[int] = 3


VaultKind = OfMarket | OfTask | OfProvider | Insurance
"""What a vault is tethered to."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault: the stake in it, what that weighs, and what it has earned."""

    kind: VaultKind
    founder: AccountId
    commission: U32
    """What members have of their provider's income, in ppb."""
    commission_era: U32
    """The era in which it was set last."""
    members: U32
    stake: Pool
    weight: U128
    """What shares the earnings: the members' points times their multipliers."""
    joining: U128
    """Weight that counts from the epoch after `joining_epoch`."""
    joining_epoch: U64
    earned: U128
    """All that a point of weight has earned so far, in planck / 10**24."""
    remainder: U128
    """What of the earnings is too little for every point of weight to be given, in the same."""
    owed: Balance
    """Earnings that nobody has claimed."""
    rwa: Tranches
    """The tokenised assets beside the stake."""


def new_vault(kind: VaultKind, founder: AccountId, commission: int, era: int) -> Vault:
    """Return the record of a vault that nobody has joined."""
    return Vault(
        kind=kind,
        founder=founder,
        commission=commission,
        commission_era=era,
        members=0,
        stake=EMPTY,
        weight=0,
        joining=0,
        joining_epoch=0,
        earned=0,
        remainder=0,
        owed=0,
        rwa=(),
    )


@dataclass(frozen=True, slots=True)
class Position:
    """What an account has in a vault."""

    points: U128
    held: Balance
    """On hold for the points: what they are worth, and slashes that are not applied yet."""
    lock: U32
    """Eras for which each deposit stays."""
    locked_until: U32
    """The first era in which it can leave."""
    weight: U128
    """What shares the earnings."""
    joining: U128
    """Weight that counts from the epoch after `joining_epoch`."""
    joining_epoch: U64
    paid: U128
    """Until where its weight had its part of the vault's earnings."""
    owed: Balance
    """Its part of them, not claimed yet."""
    chunks: Chunks
    rwa: Parts
    """What it has of tokenised assets."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it."""
        return not (self.points or self.chunks or self.owed or self.rwa)


def new_position(lock: int) -> Position:
    """Return a position with nothing in it."""
    return Position(
        points=0,
        held=0,
        lock=lock,
        locked_until=0,
        weight=0,
        joining=0,
        joining_epoch=0,
        paid=0,
        owed=0,
        chunks=(),
        rwa=(),
    )


Memberships = Annotated[tuple[U32, ...], Bounded(MAX_POSITIONS)]
"""Vaults, in the order in which an account joined them."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those whose weight counts from the same epoch on."""

    members: U32
    start: U128 | None
    """What a point of weight had earned when theirs began to count; None before that."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What insurance owes a client."""

    client: AccountId
    amount: Balance


@dataclass(frozen=True, slots=True)
class VaultView:
    """A vault as it stands, for those who ask; amounts in planck."""

    id: U32
    kind: VaultKind
    commission: U32
    members: U32
    stake: Balance
    weight: Balance
    """What counts of its AGPU now."""
    owed: Balance
    assets: tuple[TrancheView, ...]
    """The tokenised assets beside the stake."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """What an account has in a vault, for those who ask; amounts in planck."""

    vault: U32
    kind: VaultKind
    points: U128
    stake: Balance
    weight: Balance
    """What counts of it now."""
    weight_joining: Balance
    """What counts from the next epoch on."""
    level: U32
    """The level that its weight alone gives, for one open job."""
    lock: U32
    locked_until: U32
    claimable: Balance
    unbonding: tuple[tuple[U32, Balance], ...]
    """The era from which each part can be withdrawn, and what it is worth."""
    assets: tuple[PartView, ...]
    """Its tokenised assets."""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What insurance owes a client, for those who ask."""

    id: U32
    client: AccountId
    amount: Balance


@dataclass(frozen=True, slots=True)
class ClaimsView:
    """All that insurance owes, for those who ask; amounts in planck."""

    collected: Balance
    """What claims can be paid with now."""
    claims: tuple[ClaimView, ...]
    uncollected: tuple[tuple[AccountId, Balance], ...]
    """Whose parts of claims are not collected yet: `apply_slash` does it."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    fees: AccountId
    """The pot of the stakers' part of all fees."""
    commissions: AccountId
    """The pot of what providers give to those behind them."""
    insurance: AccountId
    """The pot of what claims took of those who insure."""
    treasury: AccountId
    assets: AccountId
    """The account in which the tokens of all members lie."""
    era_blocks: BlockNumber
    existential_deposit: Balance
    deposit: Balance = UNIT
    """On hold of who creates a vault, until it is closed."""
    first_join: Balance = 10 * UNIT
    """The least that whoever joins an empty vault must bring."""
    least_join: Balance = UNIT
    """The least that a position must be worth: each is a record of a few hundred bytes."""
    max_commission: int = PERBILL // 5
    commission_step: int = PERBILL // 100
    """By how much a commission moves in an era at most."""

    def __post_init__(self) -> None:
        assert self.first_join > DEAD_POINTS, f"{self.first_join} planck buy no points"
