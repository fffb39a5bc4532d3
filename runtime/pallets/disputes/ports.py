"""What disputes need from the rest of the runtime, and the constants of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.compute.job import JobSpec
from runtime.compute.receipt import Commitment
from runtime.primitives.types import AccountId, Balance, BlockNumber


class Accused(Protocol):
    """A committed segment that has not failed."""

    @property
    def spec(self) -> JobSpec:
        """The order."""
        ...

    @property
    def commitment(self) -> Commitment:
        """What its provider gave its word for."""
        ...

    @property
    def committed_at(self) -> BlockNumber:
        """The block of the commitment."""
        ...

    @property
    def entered_at(self) -> BlockNumber:
        """The block in which its job entered its present state."""
        ...

    @property
    def price(self) -> Balance:
        """What the segment costs its client."""
        ...

    @property
    def is_unopened(self) -> bool:
        """Whether its opening is awaited."""
        ...

    @property
    def is_unpaid(self) -> bool:
        """Whether its payment can be held back."""
        ...


class Verdicts(Protocol):
    """Those who hold payments back and punish."""

    def accused(self, number: int, place: int) -> Accused | None:
        """Return a segment that can be judged; None if there is none, or it failed."""
        ...

    def hold(self, number: int, place: int) -> None:
        """Hold a payment back for one more verdict, or raise `DispatchError`."""

    def give(self, number: int, place: int, provider: AccountId) -> None:
        """Hold a payment back for one verdict fewer."""

    def convict(
        self, number: int, place: int, provider: AccountId, finder: AccountId | None
    ) -> Balance:
        """Punish a proven cheat; return what it lost, or raise `DispatchError`."""
        ...


class ProviderBook(Protocol):
    """Who acts for which provider."""

    def acting_for(self, who: AccountId) -> AccountId | None:
        """Return the provider that `who` may act for."""
        ...


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    window_blocks: BlockNumber
    """Blocks for which a segment can be disputed and must be served, from its payment on."""
    turn_blocks: BlockNumber
    """Blocks that either side has for a turn, and one more for each other open case."""
    minimum_bond: Balance
    """The least bond of a dispute: a small price would buy a provider much work."""
    price_per_byte: Balance
    """What an answer costs the network for each byte of its proof, in planck."""
    price_per_nanosecond: Balance
    """What an answer costs the network for each nanosecond of its check, in planck."""
