"""What accounts contributed in an era that volume cannot buy: the shares by which pools divide.

Source: design page "Economy", 5.8 and 5.19.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.primitives.types import U128


@dataclass(frozen=True, slots=True)
class EraShares:
    """The shares of an account in an era, or of all accounts together."""

    accuracy: U128
    """Points for blocks, right verdicts and accurate reports."""
    participation: U128
    """The AMAX of votes that were cast in time, over 28 eras."""
    infra: U128
    """Points of attested upgrades."""


NO_SHARES = EraShares(0, 0, 0)
