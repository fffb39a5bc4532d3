"""What pools stand on, and their constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame.fungible import BurnReason, HoldReason
from runtime.frame.fungibles import AssetId
from runtime.primitives.types import UNIT, AccountId, Balance, BlockNumber

BASIS = 10_000
"""Parts of a fee: hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain. Fees are in hundredths of a percent."""

    existential_deposit: Balance
    window_blocks: BlockNumber
    """Over which the average price is taken: a day."""
    pool_deposit: Balance = 10 * UNIT
    lp_fee: int = 20
    """Stays in the pool."""
    burn_fee: int = 5
    treasury_fee: int = 5

    @property
    def protocol_fee(self) -> int:
        """What is not the pool's."""
        return self.burn_fee + self.treasury_fee

    @property
    def total_fee(self) -> int:
        """What a swap costs."""
        return self.lp_fee + self.protocol_fee


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


class Tokens(Protocol):
    """The ledger of what is traded for AGPU. Each method raises `DispatchError` or succeeds."""

    def exists(self, asset: AssetId) -> bool:
        """Say whether there is such an asset."""
        ...

    def balance(self, asset: AssetId, who: AccountId) -> Balance:
        """Return what `who` has of an asset."""
        ...

    def minimum(self, asset: AssetId) -> Balance:
        """Return the least that an account may have of an asset."""
        ...

    def move(
        self,
        asset: AssetId,
        source: AccountId,
        dest: AccountId,
        amount: Balance,
        *,
        payer: AccountId,
        keep_alive: bool,
    ) -> None:
        """Move `amount`; `payer` pays for an entry that is made."""


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


class Treasury(Protocol):
    """The chain's own funds: the part of the fees that they get, and the pools they are in."""

    @property
    def account(self) -> AccountId:
        """The account of the pot."""
        ...

    @property
    def committed(self) -> Balance:
        """What is promised and not paid."""
        ...

    def pot(self) -> Balance:
        """Return what the treasury could spend, promised or not."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What pools stand on."""

    agpu: Agpu
    tokens: Tokens
    shares: Shares
    treasury: Treasury
