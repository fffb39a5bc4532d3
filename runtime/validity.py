"""What a transaction needs to enter the pool and a block, and the ways in which it may fail.

Source: `sp_runtime::transaction_validity`; the codes are those that Substrate clients decode.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Self

from runtime.frame.calls import Call
from runtime.primitives.extrinsic import Extrinsic
from runtime.primitives.record import record
from runtime.primitives.types import U64


class TransactionSource(Enum):
    """Where a transaction came from."""

    IN_BLOCK = 0
    """A block, or a block that is no longer on the best chain."""
    LOCAL = 1
    """This node itself."""
    EXTERNAL = 2
    """A client or a peer of this node."""


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
    UNKNOWN_ORIGIN = 12, "The transaction extension did not authorize any origin"

    def __new__(cls, code: int, sentence: str) -> Self:
        """Split a member into its code, which is on the wire, and what clients are told."""
        member = object.__new__(cls)
        member._value_ = code
        member.__doc__ = sentence
        return member

    @property
    def code(self) -> int:
        """The index of the variant on the wire."""
        code: int = self.value
        return code

    @property
    def sentence(self) -> str:
        """What clients are told."""
        return self.__doc__ or ""


class InvalidTransaction(Exception):
    """A transaction cannot enter a block on this state."""

    def __init__(self, kind: Invalid, detail: str = "") -> None:
        super().__init__(f"{kind.sentence}: {detail}" if detail else kind.sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ValidTransaction:
    """How a valid transaction is ordered among others."""

    type_path: ClassVar[str] = "sp_runtime::transaction_validity::ValidTransaction"
    priority: U64
    requires: tuple[bytes, ...]
    """Tags that other transactions must provide first."""
    provides: tuple[bytes, ...]
    longevity: U64
    """Blocks for which this holds."""
    propagate: bool


@record
class Checked:
    """An extrinsic that was decoded, and whose signature is good on the chains it says.

    They contain the block `birth_hash`, and execute the next block by `spec_version`. Made once, in
    the pool or in the import queue, and kept: checking a signature costs as much as everything else
    about a transfer.
    """

    extrinsic: Extrinsic
    call: Call
    birth_hash: bytes
    """The hash that the signature covers as the start of the era; empty for inherents."""
    spec_version: int
    """The version of the runtime that decoded it, and that the signature covers."""
