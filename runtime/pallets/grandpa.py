"""Grandpa: who votes on finality. The set is fixed at genesis until staking elects it."""

from __future__ import annotations

from runtime.frame import Pallet, Value
from runtime.primitives.types import U64, PublicKey

Authority = tuple[PublicKey, U64]
"""A voting key and its weight."""


class Grandpa(Pallet):
    """The voters of finality."""

    current_set_id: Value[U64] = Value(default=0)
    authorities: Value[tuple[Authority, ...]] = Value(default=())

    def build(self, authorities: tuple[Authority, ...]) -> None:
        """Write the state of block 0."""
        self.authorities = authorities
