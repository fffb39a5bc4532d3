"""What witnesses say of private segments: checked on arrival, kept until they make up a proof."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from node.receipts.check import ReceiptChecker
from runtime.compute.proofs import OpeningContext
from runtime.compute.witnesses import Testimony, Witnessed, check_word, prove_quorum
from runtime.construct import Runtime
from runtime.primitives.block import Header

MAX_SEGMENTS = 256
"""Private segments whose witnesses are heard at once; the oldest goes first."""

Segment = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Heard:
    """The words on one segment, and the challenge that they were checked against."""

    context: OpeningContext
    words: dict[bytes, Witnessed] = field(default_factory=dict)
    """By witness."""


class Testimonies:
    """Words of witnesses. Invariant: each was good on the state of a recent best block."""

    def __init__(self, checker: ReceiptChecker) -> None:
        self._checker = checker
        self._heard: OrderedDict[Segment, Heard] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heard)

    def add(self, testimony: Testimony, best: Header) -> bool:
        """Check a word on the state of `best` and keep it; say whether it is new.

        Raises:
            BadReceipt: no drawn witness said so, or the segment waits for no proof.
        """
        segment, word = (testimony.job, testimony.segment), testimony.word
        context = self._checker.segment_context(self._checker.runtime_above(best), *segment)
        check_word(context.commitment, context.randomness, context.witnesses, word)
        held = self._heard.get(segment)
        if held is None or held.context != context:
            held = self._heard[segment] = Heard(context)
            if len(self._heard) > MAX_SEGMENTS:
                self._heard.popitem(last=False)
        is_new = word.witness not in held.words
        held.words[word.witness] = word
        return is_new

    def signed(self, job: int, segment: int) -> tuple[bytes, ...]:
        """Return the witnesses that have signed."""
        held = self._heard.get((job, segment))
        return () if held is None else tuple(held.words)

    def proof(self, job: int, segment: int) -> bytes | None:
        """Return the proof of a segment, or None while too few have signed."""
        held = self._heard.get((job, segment))
        if held is None:
            return None
        return prove_quorum(held.context.witnesses, held.words.values())

    def prune(self, runtime: Runtime) -> None:
        """Drop what the chain does not wait for any more."""
        for segment, held in list(self._heard.items()):
            if runtime.receipts.opening_context(*segment) != held.context:
                del self._heard[segment]
