"""Sealing: the keys to which the inputs of private jobs are sealed.

A provider publishes an X25519 key of its node. It stands on chain, signed by the provider, since
whoever could give a client another key would read what the client seals: no node in between can.
Validators need none: openings are sealed to the audit keys that they have set (`Session`).
"""

from __future__ import annotations

from typing import Protocol

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Weight,
    call,
    ensure,
    ensure_signed,
    event,
    require,
)
from runtime.primitives.types import AccountId, PublicKey


class Providers(Protocol):
    """Who may be given jobs."""

    def acting_for(self, who: AccountId) -> AccountId | None:
        """Return the provider that `who` may act for."""
        ...


@event
class KeyPublished:
    """Inputs for a provider are sealed to this key from now on."""

    provider: AccountId
    key: PublicKey


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_PROVIDER = 0, "Only a provider, or the key of its node, may do this."
    SAME_KEY = 1, "This key stands there already."


class Sealing(Pallet):
    """The keys to which the inputs of private jobs are sealed."""

    events = (KeyPublished,)
    errors = Error

    keys: Map[AccountId, PublicKey] = Map()
    """The X25519 key of each provider that takes private jobs."""

    def __init__(
        self, context: Context, providers: Providers, *, index: int, name: str = "Sealing"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.providers = providers

    @call(0, weight=Weight(reads=3, writes=1))
    def publish(self, origin: Origin, key: PublicKey) -> None:
        """Say to which X25519 key inputs are to be sealed. A provider or its node key only."""
        provider = self.providers.acting_for(ensure_signed(origin))
        provider = require(provider, Error.NOT_PROVIDER)
        ensure(self.keys.get(provider) != key, Error.SAME_KEY)
        self.keys[provider] = key
        self.deposit(KeyPublished(provider, key))
