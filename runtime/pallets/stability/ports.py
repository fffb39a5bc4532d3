"""What Stability needs from the rest of the runtime: nothing by which AGPU could be sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import Origin
from runtime.primitives.types import H256, AccountId, Balance
from runtime.terms import Absorbing


class Supply(Protocol):
    """AGPU."""

    @property
    def total_issuance(self) -> Balance:
        """All that exists."""
        ...


class Reserve(Protocol):
    """The treasury."""

    @property
    def account(self) -> AccountId:
        """The account of the pot."""
        ...

    def pot(self) -> Balance:
        """Return what the treasury could spend, promised or not."""
        ...

    def spare(self) -> Balance:
        """Return what of the pot is not promised."""
        ...

    def destroy(self, amount: Balance) -> None:
        """Burn so much of the pot, or raise `DispatchError` if it is promised."""

    def destroy_as(self, origin: Origin, amount: Balance) -> None:
        """Burn so much of the pot, if the origin could spend it; it counts against its windows."""


class Holdings(Protocol):
    """Other assets."""

    def balance(self, asset: int, who: AccountId) -> Balance:
        """Return what `who` has of an asset."""
        ...


class Exchange(Protocol):
    """Pools of AGPU and one other asset; prices are planck of AGPU for a unit, times 10^18."""

    def reserves(self, asset: int) -> tuple[Balance, Balance]:
        """Return what AGPU and what of an asset its pool has; zeros without a pool."""
        ...

    def spot(self, asset: int) -> int:
        """Return the price now; 0 without a pool."""
        ...

    def twap(self, asset: int) -> int | None:
        """Return the average price over a day; None before there is so much."""
        ...

    def buy_agpu(
        self, who: AccountId, asset: int, amount_in: Balance, least_out: Balance
    ) -> Balance:
        """Swap an asset for AGPU; return what was bought, or raise `DispatchError`."""
        ...


class Feeds(Protocol):
    """What oracles report."""

    def is_healthy(self, feed: int) -> bool:
        """Say whether the last round of a feed agreed, and its value is not stale."""
        ...


class Load(Protocol):
    """How much of the capacity is used."""

    def utilisation(self) -> int | None:
        """Return the moving average in ppb; None before there was an epoch."""
        ...


class Clock(Protocol):
    """Where in an epoch the chain is, and what chance said of it."""

    def current_epoch(self) -> int:
        """Return the epoch under way."""
        ...

    def of_epoch(self, epoch: int) -> H256 | None:
        """Return the beacon of the current epoch."""
        ...

    def progress(self) -> tuple[int, int]:
        """Return how many slots of the epoch under way have passed, and how many it has."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def stability(self) -> Absorbing:
        """When the treasury burns, buys and keeps."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the pallet sees."""

    supply: Supply
    reserve: Reserve
    holdings: Holdings
    exchange: Exchange
    feeds: Feeds
    load: Load
    clock: Clock
