"""The compute market with vaults in it."""

from runtime.pallets import vaults
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import DEPOSIT, GOVERNS, POTS, ComputeMarket
from tests.pallets.vault_world import COMMISSIONS, INSURANCE, STAKED, Things
from tests.support.fungibles import PlainAssets


def with_vaults(world: ComputeMarket) -> vaults.Vaults:
    """Let stakers earn in a market and stand behind its providers; return their pallet."""
    pallet = world.add(
        vaults.Vaults(
            world.context,
            world.token,
            GOVERNS,
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
            real=Things(world.add(PlainAssets(world.context))),
            index=65,
        )
    )
    world.token.mint_into(COMMISSIONS, DEPOSIT)
    world.providers.backers, world.jobs.stakers = pallet.backing, pallet
    return pallet
