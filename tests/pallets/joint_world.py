"""Accounts that act together, or for each other, on a ledger and a board of calls."""

from typing import Any

from runtime.frame.calls import Call
from runtime.pallets import multisig, proxy, system
from runtime.pallets.utility import Utility
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import GovernanceBench

MULTISIGS = multisig.Config(deposit_base=10, deposit_factor=3)
PROXIES = proxy.Config(100, 20, 50, 5)


class JointWorld(GovernanceBench):
    """The world of the governance tests, with accounts of several owners and with proxies."""

    def __init__(self) -> None:
        super().__init__()
        inside, ledger = self.dispatcher, self.agpu
        self.multisig = self.add(
            multisig.MultisigPallet(self.context, inside, ledger, MULTISIGS, index=30)
        )
        self.proxy = self.add(proxy.Proxy(self.context, inside, ledger, PROXIES, index=29))
        self.utility = self.add(Utility(self.context, inside, index=24))
        self.know()
        self.error_indices[system.Error] = 0
        self.context.extrinsic_index = 1

    def transfer(self, to: bytes, amount: int = UNIT) -> Call:
        """Return the call of a transfer of AGPU."""
        return self.call_of("Balances", "transfer_keep_alive", Id(to), amount)

    def batch(self, name: str, *calls: Call) -> Call:
        """Return a call of Utility that holds others."""
        return self.call_of("Utility", name, calls)

    def events_since(self, method: Any, *arguments: Any) -> list[object]:
        """Make a call whole or not at all; return what it and those inside it announce."""
        before = len(self.happened())
        with self.context.transaction():
            method(*arguments)
        for pallet in self.pallets:
            pallet.try_state()
        return self.happened()[before:]
