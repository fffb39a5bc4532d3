"""The ground of the runtime: accounts, tokens, and what transactions cost, and the parameters."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.config import ChainConfig
from runtime.contributors import Savings
from runtime.frame import Context, ensure_nobody, ensure_root, ensure_signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import assets, system, transaction_payment
from runtime.pallets.assets import Assets
from runtime.pallets.balances import Balances
from runtime.pallets.parameters import Parameters
from runtime.pallets.stability import Stability
from runtime.pallets.vesting import Vesting


class Ledgers:
    """Accounts, both tokens, other assets, and what transactions cost."""

    stability: Stability
    """Made with what governs: it says what the treasury may have of fees."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        self.context = context
        least = constants.EXISTENTIAL_DEPOSIT
        self.system = system.System(
            context, system.Config(config.ss58_prefix, constants.LIMITS), index=0
        )
        self.balances = Balances(context, least, self.system, index=6, name="Balances")
        self.amax = Balances(context, least, index=40, name="Amax")
        granted = constants.LEAST_VESTED
        self.vesting = Vesting(context, self.balances, granted, index=27)
        self.amax_vesting = Vesting(
            context,
            self.amax,
            granted,
            index=41,
            name="AmaxVesting",
            electorate=self.amax,
            reserved=constants.GRANTED_PERIODS,
        )
        self.assets = Assets(
            context, self.balances, ensure_signed, ensure_root, assets.Config(), index=73
        )
        self.pool_assets = Assets(
            context,
            self.balances,
            ensure_nobody,
            ensure_nobody,  # not even to force: shares are what pools have counted
            assets.Config(),
            index=76,
            name="PoolAssets",
            reason=HoldReason.POOL_ASSET_DEPOSIT,
        )
        self.parameters = Parameters(
            context, self.balances, tracks.OWNERS, config.era_blocks, index=72
        )
        self.transaction_payment = transaction_payment.TransactionPayment(
            context,
            self.balances,
            self.parameters,
            constants.FEES,
            ceiling=Savings(lambda: self.stability),
            index=7,
        )
