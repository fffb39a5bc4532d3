"""What pallets may ask of a ledger of many assets: to create, mint, burn, move and freeze them.

Names follow FRAME's `fungibles` traits. An asset that a pallet creates here is sufficient: the
pallet answers for it, so an account may hold it without any AGPU; `least` is what keeps dust out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from runtime.primitives.types import U32, U32_MAX, AccountId, Balance

AssetId = U32
"""The name of an asset within its ledger."""


@dataclass(frozen=True, slots=True)
class Native:
    """AGPU."""

    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class WithId:
    """Another asset, by its id."""

    index: ClassVar[int] = 1
    id: AssetId


NativeOrWithId = Native | WithId
"""Any fungible thing that an account can have, as calls name it."""

NATIVE = Native()

AMAX = WithId(U32_MAX)
"""The token that votes, where the treasury pays it: no other asset can have this id."""


class Fungibles(Protocol):
    """A ledger of many assets. Each method raises `DispatchError` or succeeds.

    Amounts are in the asset's least unit and below 2^128.
    """

    def exists(self, asset: AssetId) -> bool:
        """Say whether there is such an asset."""
        ...

    def create(self, asset: AssetId, admin: AccountId, least: Balance) -> None:
        """Create an asset in the care of `admin`, of which no account holds less than `least`."""

    def total_issuance(self, asset: AssetId) -> Balance:
        """Return all that exists of an asset; 0 if there is no such asset."""
        ...

    def balance(self, asset: AssetId, who: AccountId) -> Balance:
        """Return what `who` has of an asset, which includes what is frozen."""
        ...

    def mint_into(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Create `amount` of an asset in the balance of `who`."""

    def burn_from(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of what `who` has of an asset."""

    def transfer(
        self,
        asset: AssetId,
        source: AccountId,
        dest: AccountId,
        amount: Balance,
        *,
        keep_alive: bool,
    ) -> None:
        """Move `amount` of an asset; with `keep_alive`, `source` keeps at least `least`."""

    def freeze_asset(self, asset: AssetId) -> None:
        """Stop every move of an asset until it is thawed."""

    def thaw_asset(self, asset: AssetId) -> None:
        """Let a frozen asset move again."""


class MovableAssets(Protocol):
    """A ledger of what is spent or traded. Each method raises `DispatchError` or succeeds."""

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
