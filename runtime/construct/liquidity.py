"""Where AGPU is traded for other assets."""

from __future__ import annotations

from runtime import constants
from runtime.config import ChainConfig
from runtime.construct.governance import Governance
from runtime.frame import Context
from runtime.pallets import asset_conversion
from runtime.pallets.asset_conversion import AssetConversion


class Liquidity(Governance):
    """Where AGPU is traded for other assets."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        trading = asset_conversion.Config(constants.EXISTENTIAL_DEPOSIT, config.era_blocks)
        ports = asset_conversion.Ports(
            self.balances, self.assets.ledger, self.pool_assets.ledger, self.treasury
        )
        self.asset_conversion = AssetConversion(context, ports, trading, index=74)
