"""What pools stand on, and their constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame.fungible import BurnReason, HoldReason
from runtime.frame.fungibles import AssetId, MovableAssets
from runtime.frame.treasury import Treasury
from runtime.primitives.types import UNIT, AccountId, Balance, BlockNumber
from runtime.terms import Trading


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    existential_deposit: Balance
    window_blocks: BlockNumber
    """Over which the average price is taken: a day."""
    pool_deposit: Balance = 10 * UNIT


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def exchange(self) -> Trading:
        """What a swap costs."""
        ...


class Agpu(Protocol):
    """The ledger of AGPU. Each method raises `DispatchError` or succeeds."""

    def free(self, who: AccountId) -> Balance:
        """Return the free balance of `who`."""
        ...

    def hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Set `amount` of the free balance of `who` aside."""

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has on hold for `reason`."""
        ...

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances and keep `source` alive."""

    def transfer_and_reap(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances; an account with nothing left ends."""

    def burn_for(self, reason: BurnReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of the free balance of `who`, who stays alive."""


class Tokens(MovableAssets, Protocol):
    """The ledger of what is traded for AGPU. Each method raises `DispatchError` or succeeds."""

    def is_movable(self, asset: AssetId, who: AccountId) -> bool:
        """Say whether those who look after an asset let it go out of an account."""
        ...


class Shares(Protocol):
    """The ledger of shares of pools. Each method raises `DispatchError` or succeeds."""

    def create(self, asset: AssetId, admin: AccountId, least: Balance) -> None:
        """Create an asset of which no account holds less than `least`."""

    def total_issuance(self, asset: AssetId) -> Balance:
        """Return all shares of a pool."""
        ...

    def balance(self, asset: AssetId, who: AccountId) -> Balance:
        """Return the shares that `who` has."""
        ...

    def mint_into(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Create shares."""

    def burn_from(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Destroy shares."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What pools stand on."""

    agpu: Agpu
    tokens: Tokens
    shares: Shares
    treasury: Treasury
    terms: Terms
