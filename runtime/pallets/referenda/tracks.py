"""Tracks: which rules a referendum follows, by what its call is made as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runtime.frame.curves import Curve
from runtime.frame.polls import TrackId
from runtime.primitives.types import U32, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class TrackDetails:
    """The rules of a track; periods in blocks."""

    type_path: ClassVar[str] = "pallet_referenda::types::TrackDetails"
    name: str
    max_deciding: U32
    """Referenda that are decided at the same time."""
    decision_deposit: Balance
    prepare_period: BlockNumber
    """From its submission until a referendum can be decided."""
    decision_period: BlockNumber
    confirm_period: BlockNumber
    """How long a referendum must pass without a break."""
    min_enactment_period: BlockNumber
    """From its approval until its call is made, at least."""
    min_approval: Curve
    min_support: Curve


Tracks = tuple[tuple[TrackId, TrackDetails], ...]
"""Every track by its id, in order."""
