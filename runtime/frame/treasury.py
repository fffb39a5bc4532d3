"""The treasury as those see it who put its funds to work: pools and their rewards."""

from __future__ import annotations

from typing import Protocol

from runtime.primitives.types import AccountId, Balance


class Treasury(Protocol):
    """The chain's own funds."""

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

    def invested(self, amount: Balance) -> None:
        """Count `amount`, which just left the pot, against what all tracks may spend."""
