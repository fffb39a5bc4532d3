"""Where AGPU is traded, what shares of the pools earn, and what the chain does about its supply."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.config import ChainConfig
from runtime.construct.governance import Governance
from runtime.contributors import EpochClock, Use
from runtime.frame import Context
from runtime.pallets import asset_conversion, asset_rewards, stability
from runtime.pallets.asset_conversion import AssetConversion
from runtime.pallets.asset_rewards import AssetRewards
from runtime.pallets.stability import Stability
from runtime.primitives.hashing import pallet_account


class Liquidity(Governance):
    """Where AGPU is traded, what shares of the pools earn, and what is done about its supply."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self._make_pools(config)
        self._make_absorption(config)

    def _make_pools(self, config: ChainConfig) -> None:
        """Make pools of AGPU and other assets, and what is paid for staked shares of them."""
        context = self.context
        trading = asset_conversion.Config(constants.EXISTENTIAL_DEPOSIT, config.era_blocks)
        ports = asset_conversion.Ports(
            self.balances,
            self.assets.ledger,
            self.pool_assets.ledger,
            self.treasury,
            self.parameters,
        )
        self.asset_conversion = AssetConversion(context, ports, trading, index=74)
        rewarding = asset_rewards.Config(
            pallet_account("sm/lprwd"), constants.EXISTENTIAL_DEPOSIT, config.epoch_slots
        )
        stakes = asset_rewards.Ports(
            self.balances,
            self.pool_assets.ledger,
            self.asset_conversion,
            self.treasury,
            self.parameters,
        )
        self.asset_rewards = AssetRewards(context, stakes, tracks.PARAMETERS, rewarding, index=75)

    def _make_absorption(self, config: ChainConfig) -> None:
        """Make what burns of the treasury's AGPU, and buys and burns, where supply outgrows use."""
        seen = stability.Ports(
            self.balances,
            self.treasury,
            holdings=self.assets.ledger,
            exchange=self.asset_conversion,
            feeds=self.oracle,
            load=Use(self.emission),
            clock=EpochClock(self.babe),
        )
        self.stability = Stability(
            self.context,
            seen,
            tracks.ABSORPTION,
            tracks.PARAMETERS,
            constants.stability_config(config),
            terms=self.parameters,
            index=79,
        )
