"""The compute market with vaults in it."""

from dataclasses import replace

from runtime.frame import Signed
from runtime.pallets import vaults
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import DEPOSIT, GOVERNS, POTS, ComputeMarket
from tests.pallets.vault_world import COMMISSIONS, INSURANCE, STAKED, Things
from tests.support.fungibles import PlainAssets

ASSETS = range(900, 904)
"""Tokenised assets: as many as a vault takes."""


def with_vaults(world: ComputeMarket) -> vaults.Vaults:
    """Let stakers earn in a market and stand behind its providers; return their pallet."""
    tokens = world.add(PlainAssets(world.context))
    tokens.prices = tuple((asset, UNIT) for asset in ASSETS)
    pallet = world.add(
        vaults.Vaults(
            world.context,
            world.token,
            GOVERNS,
            world.terms,
            vaults.Config(
                fees=POTS.stakers,
                commissions=COMMISSIONS,
                insurance=INSURANCE,
                treasury=POTS.treasury,
                assets=STAKED,
                era_blocks=world.jobs.config.era_blocks,
                existential_deposit=DEPOSIT,
                first_join=UNIT,
                least_join=UNIT // 10,
            ),
            clock=world.chance,
            markets=world.pricing,
            real=Things(tokens),
            index=65,
        )
    )
    world.token.mint_into(COMMISSIONS, DEPOSIT)
    world.providers.backers, world.jobs.stakers = pallet.backing, pallet
    return pallet


def with_assets(world: ComputeMarket, pallet: vaults.Vaults, who: bytes, number: int) -> None:
    """Let all assets join a stake, and a part of each leave again, as if its lock had run out."""
    tokens = pallet.real.tokens
    for asset in ASSETS:
        if not tokens.exists(asset):
            tokens.create(asset, STAKED, 1)
        tokens.mint_into(asset, who, 5)
        world.call(pallet.join, Signed(who), number, vaults.OfRwa(asset), 5, 28)
    key = (number, who)
    pallet.positions[key] = replace(pallet.positions[key], locked_until=0)
    for asset in ASSETS:
        world.call(pallet.unbond_asset, Signed(who), number, asset, 1)
