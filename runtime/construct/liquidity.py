"""Where AGPU is traded for other assets, and what shares of the pools earn."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.config import ChainConfig
from runtime.construct.governance import Governance
from runtime.frame import Context
from runtime.pallets import asset_conversion, asset_rewards
from runtime.pallets.asset_conversion import AssetConversion
from runtime.pallets.asset_rewards import AssetRewards
from runtime.primitives.hashing import pallet_account


class Liquidity(Governance):
    """Where AGPU is traded for other assets, and what shares of the pools earn."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        trading = asset_conversion.Config(constants.EXISTENTIAL_DEPOSIT, config.era_blocks)
        ports = asset_conversion.Ports(
            self.balances, self.assets.ledger, self.pool_assets.ledger, self.treasury
        )
        self.asset_conversion = AssetConversion(context, ports, trading, index=74)
        rewarding = asset_rewards.Config(
            pallet_account("sm/lprwd"), constants.EXISTENTIAL_DEPOSIT, config.epoch_slots
        )
        stakes = asset_rewards.Ports(
            self.balances, self.pool_assets.ledger, self.asset_conversion, self.treasury
        )
        self.asset_rewards = AssetRewards(context, stakes, tracks.PARAMETERS, rewarding, index=75)
