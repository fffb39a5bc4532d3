"""What the chain knows of a provider, as commands need it."""

from __future__ import annotations

from cli.errors import CommandError
from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from runtime.compute.job import Market
from runtime.pallets.providers import Provider, Providers, bonds
from runtime.terms import Bonding


async def find(client: Client, key: bytes, at: bytes | None = None) -> tuple[bytes, Provider]:
    """Return the provider that a key is, or is the node key of.

    Raises: CommandError if there is none.
    """
    record: Provider | None = await client.storage("Providers", "Providers", key, at=at)
    if record is not None:
        return key, record
    owner: bytes | None = await client.storage("Providers", "KeyOwner", key, at=at)
    if owner is None:
        raise CommandError(
            f"{client.address(key)} is no provider on this chain, nor the node key of one: "
            "`starminer provider register` makes it one"
        )
    return owner, await client.storage("Providers", "Providers", owner, at=at)


async def bond_asked(client: Client, market: Market, rating: int) -> int:
    """Return the bond that a market asks for a rating in micro-CU per second, in this era."""
    stored: int | None = await client.storage("Providers", "BondRates", market)
    terms: Bonding = await client.storage("Parameters", "Bonds")
    return bonds.asked(providers_of(client).config, terms, rating, stored)


def providers_of(client: Client) -> Providers:
    """Return the pallet, for its rules."""
    pallet = find_pallet(client.pallets, "Providers")
    assert isinstance(pallet, Providers), "the runtime of this chain has providers"
    return pallet
