"""Whom receipts believe: the vendors of a chain, and its validators by their audit keys."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.compute.attestation import Vendor, current_vendors
from runtime.compute.receipt import Commitment
from runtime.compute.witnesses import draw_seats
from runtime.frame import Context
from runtime.pallets.session import Session
from runtime.primitives.types import H256, PublicKey


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word proves work: the vendors of the chain, and validators by their audit keys."""

    context: Context
    session: Session
    listed: tuple[Vendor, ...]

    def vendors(self) -> tuple[Vendor, ...]:
        """Return the vendors that are trusted in this block."""
        return current_vendors(self.listed, self.context.number)

    def witnesses(self, commitment: Commitment, randomness: H256) -> tuple[PublicKey, ...]:
        """Draw the validators that may vouch for a segment, in order of seat."""
        keys = (self.session.next_keys.get(who) for who in self.session.validators)
        return draw_seats((one.audit for one in keys if one is not None), commitment, randomness)
