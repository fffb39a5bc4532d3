"""A chain on which Utility's calls are sent, and what is told of them."""

from typing import Any

from runtime.executive import Executed
from runtime.frame import Origin
from runtime.frame.calls import Call
from runtime.pallets import system
from runtime.pallets.balances.types import Transfer
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.support.chain import MemoryChain


class World(MemoryChain):
    """A chain whose first account receives, and whose second sends."""

    def call_of(self, pallet: str, name: str, *arguments: Any) -> Call:
        """Return a call as it is decoded."""
        return self.rules.calls.decode(self.call(pallet, name, *arguments))

    def transfer(self, amount: int = UNIT) -> Call:
        return self.call_of("Balances", "transfer_keep_alive", Id(self.pairs[0].public), amount)

    def utility(self, name: str, *arguments: Any) -> Call:
        return self.call_of("Utility", name, *arguments)

    def free(self, number: int) -> int:
        free: int = self.runtime().balances.free(self.pairs[number].public)
        return free

    def send(self, call: Call, by: int = 1) -> list[object]:
        """Put a call into a block; return the events of Utility, Transfer and the end."""
        pair = self.pairs[by]
        raw = self.rules.calls.encode(call.entry.pallet, call.entry.name, *call.arguments)
        nonce = self.runtime().system.nonce(pair.public)
        return told(self.advance(self.sign(pair, raw, nonce)))

    def make(self, call: Call, origin: Origin) -> list[object]:
        """Make a call on the head as any origin; what it changes is forgotten."""
        runtime = self.runtime()
        with runtime.context.transaction():
            call.dispatch(runtime.by_name, origin)
        return [record.event for record in runtime.context.events]


def told(executed: Executed) -> list[object]:
    """Return the events that matter here, and how the extrinsic ended."""
    found: list[object] = []
    for record in executed.events:
        if record.phase != 1:
            continue
        if record.pallet.name == "Utility" or isinstance(record.event, Transfer):
            found.append(record.event)
        if isinstance(record.event, system.ExtrinsicSuccess):
            found.append("success")
        if isinstance(record.event, system.ExtrinsicFailed):
            found.append(record.event.dispatch_error)
    return found
