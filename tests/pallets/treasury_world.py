"""A treasury with AGPU, and whatever else a test gives it."""

from __future__ import annotations

from typing import Any

from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.frame import (
    GovernanceOrigin,
    Governed,
    Signed,
    ensure_root,
    ensure_root_or,
    ensure_signed,
)
from runtime.frame.fungibles import NATIVE
from runtime.pallets.assets import Assets
from runtime.pallets.assets import Config as AssetsConfig
from runtime.pallets.balances import Balances
from runtime.pallets.treasury import Treasury
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.tracks import treasury_config
from tests.support.bench import Bench, account
from tests.support.chain import CHAIN
from tests.support.free_terms import free_terms

ANNA, BERT = account(1), account(2)
SMALL = Governed(GovernanceOrigin.SMALL_SPENDER)
MEDIUM = Governed(GovernanceOrigin.MEDIUM_SPENDER)
BIG = Governed(GovernanceOrigin.BIG_SPENDER)
CANCELLER = Governed(GovernanceOrigin.REFERENDUM_CANCELLER)
POT = 10_000 * UNIT
ERA = CHAIN.era_blocks


class World(Bench):
    """A treasury of 10,000 AGPU: 5, 50 and 200 of them may be spent at once by its tracks."""

    def __init__(self) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, EXISTENTIAL_DEPOSIT, index=6, name="Balances"))
        self.amax = self.add(Balances(self.context, EXISTENTIAL_DEPOSIT, index=40, name="Amax"))
        rejecting = ensure_root_or(GovernanceOrigin.REFERENDUM_CANCELLER)
        config = treasury_config(CHAIN, EXISTENTIAL_DEPOSIT)
        self.assets = self.add(
            Assets(self.context, self.agpu, ensure_signed, ensure_root, AssetsConfig(), index=73)
        )
        self.treasury = self.add(
            Treasury(
                self.context,
                self.agpu,
                self.amax,
                rejecting,
                config,
                terms=free_terms(self.context),
                assets=self.assets.ledger,
                index=19,
            )
        )
        self.agpu.build(((self.treasury.account, POT + EXISTENTIAL_DEPOSIT), (ANNA, UNIT)))
        self.amax.build(((ANNA, 10 * UNIT),))
        self.context.events.clear()

    def spend(
        self, origin: Any, amount: int, valid_from: int | None = None, *, of: Any = NATIVE
    ) -> None:
        self.call(self.treasury.spend, origin, of, amount, Id(BERT), valid_from)

    def payout(self, index: int = 0) -> None:
        self.call(self.treasury.payout, Signed(ANNA), index)

    def at(self, number: int) -> None:
        """Open a block, far ahead if need be."""
        self.context.number = number - 1
        self.context.events.clear()
        self.next_block()
