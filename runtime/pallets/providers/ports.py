"""What Providers needs from the rest of the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.compute.energy import EnergySource
from runtime.compute.job import Market
from runtime.pallets.providers.backers import UNBACKED, Backers
from runtime.primitives.types import AccountId, Balance
from runtime.terms import Bonding, Queueing


class Markets(Protocol):
    """The markets that providers join. Ratings are in micro-CU per second."""

    @property
    def open_markets(self) -> tuple[Market, ...]:
        """Markets with capacity or waiting work."""
        ...

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        ...

    def admits(self, tier: int, rating: int, memory_mib: int, attestation: int) -> bool:
        """Say whether hardware is what a tier asks for."""
        ...

    def base_price(self, market: Market) -> Balance:
        """Return the base price of a market, in planck per CU."""
        ...

    def rate(self, market: Market, before: int, after: int) -> None:
        """Hear that the capacity of a provider changed."""

    def rating(self, market: Market) -> int:
        """Return the capacity that a market was told of."""
        ...


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


class Owners(Protocol):
    """Who controls accounts of others."""

    def owners_of(self, account: AccountId) -> tuple[AccountId, ...]:
        """Return the accounts that may do anything in the name of an account, in order."""
        ...


class Attested(Protocol):
    """What auditors say of machines."""

    def level(self, who: AccountId) -> int:
        """Return what is attested of an account and still in force; 0 for nothing."""
        ...

    def intensity(self, region: int, energy: EnergySource) -> int | None:
        """Return the grams of CO2 equivalent of a kilowatt-hour, or None if nobody knows."""
        ...


class Work(Protocol):
    """The jobs that providers have."""

    def provider_of(self, job: int) -> AccountId | None:
        """Return who has an open job now, if anybody has."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def bonds(self) -> Bonding:
        """What providers put at stake."""
        ...

    @property
    def queue(self) -> Queueing:
        """How many providers are drawn for a job."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the pallet sees beside its currency."""

    markets: Markets
    clock: Clock
    owners: Owners
    attested: Attested
    terms: Terms
    work: Work
    backers: Backers = UNBACKED
