"""What a transaction needs to enter the pool and a block, and the ways in which it may fail.

Source: `sp_runtime::transaction_validity`; the codes are those that Substrate clients decode.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runtime.frame.calls import Call
from runtime.primitives.extrinsic import Extrinsic
from runtime.primitives.record import record


class Invalid(Enum):
    """Why a transaction is not valid: the code on the wire, and a sentence."""

    CALL = 0, "The call cannot be decoded or is not allowed."
    PAYMENT = 1, "Inability to pay some fees (e.g. account balance too low)"
    FUTURE = 2, "Transaction will be valid in the future"
    STALE = 3, "Transaction is outdated"
    BAD_PROOF = 4, "Transaction has a bad signature"
    ANCIENT_BIRTH_BLOCK = 5, "Transaction has an ancient birth block"
    EXHAUSTS_RESOURCES = 6, "Transaction would exhaust the block limits"
    BAD_MANDATORY = 8, "A call was labelled as mandatory, but resulted in an Error."
    MANDATORY_VALIDATION = 9, "Transaction dispatch is mandatory; transactions must not be."
    BAD_SIGNER = 10, "Invalid signing address"

    @property
    def code(self) -> int:
        """The index of the variant on the wire."""
        return self.value[0]

    @property
    def sentence(self) -> str:
        """What clients are told."""
        return self.value[1]


class InvalidTransaction(Exception):
    """A transaction cannot enter a block on this state."""

    def __init__(self, kind: Invalid, detail: str = "") -> None:
        super().__init__(f"{kind.sentence}: {detail}" if detail else kind.sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ValidTransaction:
    """How a valid transaction is ordered among others."""

    priority: int
    requires: tuple[bytes, ...]
    """Tags that other transactions must provide first."""
    provides: tuple[bytes, ...]
    longevity: int
    """Blocks for which this holds."""
    propagate: bool


@record
class Checked:
    """An extrinsic that was decoded, and whose signature is good if `birth_hash` is on the chain.

    Made once, in the pool or in the import queue, and kept: checking a signature costs as much as
    everything else about a transfer.
    """

    extrinsic: Extrinsic
    call: Call
    birth_hash: bytes
    """The hash that the signature covers as the start of the era; empty for inherents."""
