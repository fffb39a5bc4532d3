"""Why a block is refused: each reason its own class, so that callers and tests can name it.

`BadBlock` is the sender's fault; `NotYet` and `Unwanted` are nobody's. Only an error that
*condemns* says something about the block hash itself: a wrong body under an honest header must
not make us refuse the right body later.
"""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):
    """The block does not enter the chain."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadBlock(Refused):
    """The block breaks a rule: its sender loses reputation."""

    condemns: ClassVar[bool] = True
    """Whether every block of this hash is bad, so that the hash can be remembered as bad."""


class NotYet(Refused):
    """The block may be good, and cannot be judged now."""


class Unwanted(Refused):
    """The block may be good, and has no use any more."""


class TooLarge(BadBlock):
    """The block, its proofs or its digest are over a size limit."""

    condemns = False


class KnownBad(BadBlock):
    """The hash was refused before."""


class WrongNumber(BadBlock):
    """The number is not the parent's plus one."""


class BadPreDigest(BadBlock):
    """The slot claim is missing, doubled or does not decode."""


class SlotNotAfterParent(BadBlock):
    """The slot is not later than the parent's."""


class UnknownAuthor(BadBlock):
    """The authority index names nobody in this epoch."""


class DisabledAuthor(BadBlock):
    """The author offended, and may not produce for a while."""


class BadVrf(BadBlock):
    """The VRF proof is not by the author over this slot."""


class LostLottery(BadBlock):
    """The VRF output is not under the author's primary threshold."""


class NotSecondaryAuthor(BadBlock):
    """The secondary slot belongs to someone else."""


class BadSeal(BadBlock):
    """The last digest item is not the author's signature over the header."""


class WrongExtrinsicsRoot(BadBlock):
    """The body is not the one the header commits to."""

    condemns = False


class BadProofs(BadBlock):
    """The proofs beside the block are not the ones its openings commit to."""

    condemns = False


class BadReceipts(BadBlock):
    """A work receipt or opening in the block is wrong."""


class BadSignature(BadBlock):
    """An extrinsic in the block carries a wrong signature."""


class ExecutionFailed(BadBlock):
    """The block cannot be executed by the rules of its height."""


class WrongStateRoot(BadBlock):
    """Execution ends in another state than the header says."""


class BadJustification(BadBlock):
    """The finality proof beside the block does not prove it final."""

    condemns = False


class UnknownParent(NotYet):
    """The parent has not been imported."""

    def __init__(self, parent_hash: bytes) -> None:
        super().__init__(f"parent {parent_hash.hex()} is not known")
        self.parent_hash = parent_hash


class FutureSlot(NotYet):
    """The slot has not begun."""

    def __init__(self, slot: int, starts_at_ms: int) -> None:
        super().__init__(f"slot {slot} starts at {starts_at_ms} ms")
        self.starts_at_ms = starts_at_ms


class TreeFull(NotYet):
    """Too many blocks wait for finality."""


class QueueFull(NotYet):
    """The import queue has no room."""


class Stale(Unwanted):
    """The block does not descend from the last finalized one."""


class TooManyTwins(Unwanted):
    """The author already has two blocks in this slot: enough to prove the fault."""
