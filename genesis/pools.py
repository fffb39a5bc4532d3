"""Pools of the chain's own from block 0 on: an asset, and the treasury's AGPU beside it.

So that AGPU can be traded before anybody has lent a pool anything. The shares are the treasury's:
only a referendum of the root track takes them out. Source: design page "Economy", 5.18.
"""

from __future__ import annotations

from genesis.notation import BadNotation, parse_account, parse_amount, parse_units
from genesis.spec import BadSpec, PoolPart
from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.genesis_state import GenesisPool
from runtime.pallets.asset_conversion import LOCKED_SHARES
from runtime.pallets.asset_conversion.formulas import first_shares
from runtime.pallets.assets.types import STRING_LIMIT, AssetMetadata


def pools_of(parts: tuple[PoolPart, ...], prefix: int) -> tuple[GenesisPool, ...]:
    """Read the pools of a spec, in the order in which they stand there.

    Raises:
        BadSpec: naming the pool, and what was wanted.
    """
    found: list[GenesisPool] = []
    for i, part in enumerate(parts):
        field = f"genesis.config.pools[{i}]"
        if part.asset in [one.asset for one in found]:
            raise BadSpec(f"{field}.asset: asset {part.asset} has a pool already")
        found.append(_pool(field, part, prefix))
    return tuple(found)


def _pool(field: str, part: PoolPart, prefix: int) -> GenesisPool:
    try:
        issuer = parse_account(part.issuer, prefix)
        agpu = parse_amount(part.agpu)
        units = parse_units(part.amount, part.decimals)
    except BadNotation as error:
        raise BadSpec(f"{field}: {error}") from error
    for name, text in (("name", part.name), ("symbol", part.symbol)):
        size = len(text.encode())
        if not 0 < size <= STRING_LIMIT:
            raise BadSpec(f"{field}.{name}: wanted 1 to {STRING_LIMIT} bytes, got {size}")
    if agpu < EXISTENTIAL_DEPOSIT:
        wanted = f"at least the existential deposit, {EXISTENTIAL_DEPOSIT} planck"
        raise BadSpec(f"{field}.agpu: wanted {wanted}, got {agpu}")
    if units < part.least_units:
        wanted = f"at least leastUnits, {part.least_units} units"
        raise BadSpec(f"{field}.amount: wanted {wanted}, got {units}")
    shares = first_shares(agpu, units)
    if shares <= 2 * LOCKED_SHARES:
        wanted = f"amounts whose product has a root above {2 * LOCKED_SHARES}"
        raise BadSpec(f"{field}: wanted {wanted}, got {shares}: nobody could have a share")
    shown = AssetMetadata(0, part.name.encode(), part.symbol.encode(), part.decimals, False)
    return GenesisPool(part.asset, issuer, shown, part.least_units, agpu, units)
