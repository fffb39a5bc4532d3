"""What vaults need from the rest of the runtime."""

from __future__ import annotations

from typing import Protocol

from runtime.compute.job import Market


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


class Markets(Protocol):
    """The markets that vaults give access to."""

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        ...
