"""What AmaxDistribution needs from the rest of the runtime."""

from __future__ import annotations

from typing import Protocol

from runtime.frame.contribution import EraShares
from runtime.frame.fungible import MintReason
from runtime.primitives.types import AccountId, Balance, BlockNumber
from runtime.terms import Distributing


class Mint(Protocol):
    """AMAX, for the one pallet that may create it."""

    @property
    def total_issuance(self) -> Balance:
        """All that exists."""
        ...

    def mint(self, reason: MintReason, who: AccountId, amount: Balance) -> None:
        """Create `amount` in the free balance of `who`, or raise `DispatchError`."""

    def reducible(self, who: AccountId, keep_alive: bool) -> Balance:
        """Return what `who` could spend now."""
        ...


class Grants(Protocol):
    """Where what was created becomes free little by little."""

    def grant(
        self, who: AccountId, amount: Balance, start: BlockNumber, blocks: BlockNumber
    ) -> None:
        """Hold `amount` of `who`, which becomes free in so many blocks from `start` on."""


class Epochs(Protocol):
    """The epochs that emission closes."""

    def first_open(self) -> int:
        """Return the oldest epoch that is not closed; what is below it is."""
        ...

    def capacity(self, epoch: int) -> int | None:
        """Return the proven work of a closed epoch, micro-CU; None of one that had no block."""
        ...

    def k_star(self) -> int:
        """Return the capacity at which all of the budget is distributed, in CU per epoch."""
        ...


class Capacity(Protocol):
    """Providers: what they prove, and who operates them."""

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that a provider proved in an epoch, in micro-CU."""
        ...

    def reliability_in(self, epoch: int, who: AccountId) -> int:
        """Return how reliable a provider was in an epoch, in ppb; 0 for one that is not there."""
        ...

    def operator(self, who: AccountId) -> AccountId:
        """Return the operator group of a provider: itself, if nobody else operates it."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def distribution(self) -> Distributing:
        """How much is created, and how it is divided."""
        ...


class Behaviour(Protocol):
    """What accounts did in closed eras beside proving capacity."""

    def era(self) -> int:
        """Return the era under way."""
        ...

    def all_shares(self, era: int) -> EraShares:
        """Return the shares of all accounts in a closed era; none of one that is forgotten."""
        ...

    def shares_in(self, who: AccountId, eras: tuple[int, ...]) -> tuple[EraShares, ...]:
        """Return the shares of an account in each of these closed eras."""
        ...
