"""A question to the runtime: on which block it is asked, and what answers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.api.types import DispatchQuote, FeeDetails, InclusionFee
from runtime.constants import LIMITS
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.calls import Call
from runtime.frame.dispatch import RefTime
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.rules import Rules
from runtime.state.trie import Trie


@dataclass(frozen=True, slots=True)
class Place:
    """A block, by what the next one needs to know of it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """On which block a runtime API is asked."""

    executive: Executive
    metadata: Callable[[int], bytes]
    """The metadata of the block's runtime, by version of the metadata."""
    state: Trie
    block: Place
    submit: Callable[[bytes], None] | None = None
    """Where the answer may send an extrinsic: the pool of the node, if the node itself asks."""

    @property
    def rules(self) -> Rules:
        """The rules of the block after the one that is asked on."""
        return self.executive.rules_at(self.state)

    @property
    def runtime(self) -> Runtime:
        """The pallets over the state of the block."""
        return self.executive.runtime_at(self.state, self.block.number)

    def price_of_extrinsic(self, raw: bytes) -> tuple[DispatchQuote, FeeDetails]:
        """Return what an extrinsic would weigh and cost, whole and in parts."""
        extrinsic = decode_extrinsic(raw)
        call = self.rules.calls.decode(extrinsic.call)
        extra = extrinsic.extra
        return self._price(call, len(raw), 0 if extra is None else extra.tip, extra is not None)

    def price_of_call(self, raw: bytes, length: int) -> tuple[DispatchQuote, FeeDetails]:
        """Return what a call would weigh and cost in a transaction of `length` bytes."""
        return self._price(self.rules.calls.decode(raw), length, 0, True)

    def _price(
        self, call: Call, length: int, tip: int, pays: bool
    ) -> tuple[DispatchQuote, FeeDetails]:
        info, weight = call.entry.info, call.weight
        payment = self.runtime.transaction_payment
        parts: tuple[int, ...] = ()
        if pays and info.pays_fee:
            parts = payment.fee_parts(length, weight + LIMITS.extrinsic_picoseconds)
        quote = DispatchQuote(RefTime(weight, 0), info.kind, sum(parts))
        return quote, FeeDetails(InclusionFee(*parts) if parts else None, tip)
