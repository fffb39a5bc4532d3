"""What runtime APIs take and return, in Substrate's layouts and under its names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.frame.metadata.wellknown import UNCHECKED_EXTRINSIC
from runtime.frame.results import DispatchResult, Err, Ok, result_of
from runtime.primitives.compact import DecodeError
from runtime.primitives.scale import codec_of
from runtime.primitives.schema import Bytes, Custom, Fixed, Named
from runtime.primitives.types import U8, U32, U64, Balance, PublicKey, Slot
from runtime.validity import Invalid, ValidTransaction

ApiId = Annotated[bytes, Fixed(8)]
OpaqueKeyOwnershipProof = Annotated[bytes, Named(Bytes(), "sp_runtime::OpaqueValue")]
"""A membership proof, still encoded: who only passes it on need not know its layout."""

OpaqueMetadata = Annotated[bytes, Named(Bytes(), "sp_core::OpaqueMetadata")]

LENGTH_BYTES = 4
"""The length that follows a call in the arguments of a fee query."""


def _to_the_length(raw: bytes, offset: int) -> tuple[bytes, int]:
    """Take a call that stands alone before its length: where it ends only the runtime knows."""
    end = len(raw) - LENGTH_BYTES
    if end < offset:
        raise DecodeError(f"wanted a call and its length, got {len(raw) - offset} bytes")
    return raw[offset:end], end


EncodedCall = Annotated[
    bytes, Custom(bytes, _to_the_length, lambda registry: registry.known("RuntimeCall"))
]
"""A call, still encoded."""

EncodedExtrinsic = Annotated[
    bytes,
    Custom(
        codec_of(bytes).encode,
        codec_of(bytes).decode,
        lambda registry: registry.known(UNCHECKED_EXTRINSIC),
    ),
]
"""An extrinsic, still encoded, with its length in front."""


@dataclass(frozen=True, slots=True)
class RuntimeVersion:
    """Which runtime a block was made by, and what it can be asked."""

    type_path: ClassVar[str] = "sp_version::RuntimeVersion"
    spec_name: str
    impl_name: str
    authoring_version: U32
    spec_version: U32
    impl_version: U32
    apis: tuple[tuple[ApiId, U32], ...]
    transaction_version: U32
    system_version: U8


@dataclass(frozen=True, slots=True)
class DispatchQuote:
    """What a transaction would weigh and cost."""

    type_path: ClassVar[str] = "pallet_transaction_payment::types::RuntimeDispatchInfo"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Balance", Balance), ("Weight", RefTime))
    weight: RefTime
    class_: DispatchClass
    partial_fee: Balance


@dataclass(frozen=True, slots=True)
class InclusionFee:
    """The parts of a fee."""

    type_path: ClassVar[str] = "pallet_transaction_payment::types::InclusionFee"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Balance", Balance),)
    base_fee: Balance
    len_fee: Balance
    adjusted_weight_fee: Balance


@dataclass(frozen=True, slots=True)
class FeeDetails:
    """The parts of a fee, and the tip."""

    type_path: ClassVar[str] = "pallet_transaction_payment::types::FeeDetails"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Balance", Balance),)
    inclusion_fee: InclusionFee | None
    tip: Balance


class UnknownKind(Enum):
    """Why nothing can be said of a transaction."""

    CANNOT_LOOKUP = 0
    NO_UNSIGNED_VALIDATOR = 1


@dataclass(frozen=True, slots=True)
class InvalidResult:
    """The transaction is not valid."""

    name: ClassVar[str] = "Invalid"
    index: ClassVar[int] = 0
    kind: Invalid


@dataclass(frozen=True, slots=True)
class UnknownResult:
    """Nothing can be said of the transaction."""

    name: ClassVar[str] = "Unknown"
    index: ClassVar[int] = 1
    kind: UnknownKind


TransactionValidityError = InvalidResult | UnknownResult
TransactionValidity = Annotated[Ok | Err, result_of(ValidTransaction, TransactionValidityError)]
ApplyExtrinsicResult = Annotated[Ok | Err, result_of(DispatchResult, TransactionValidityError)]

WeightedKeys = tuple[tuple[PublicKey, U64], ...]
"""Authorities: the key of each, and its weight."""


class AllowedSlots(Enum):
    """Which slots authorities may claim."""

    PRIMARY_SLOTS = 0
    PRIMARY_AND_SECONDARY_PLAIN_SLOTS = 1
    PRIMARY_AND_SECONDARY_VRF_SLOTS = 2


@dataclass(frozen=True, slots=True)
class BabeConfiguration:
    """The rules of block production."""

    type_path: ClassVar[str] = "sp_consensus_babe::BabeConfiguration"
    slot_duration: U64
    epoch_length: U64
    c: tuple[U64, U64]
    """The chance that a slot has a primary author, as a fraction."""
    authorities: WeightedKeys
    randomness: Annotated[bytes, Fixed(32)]
    allowed_slots: AllowedSlots


@dataclass(frozen=True, slots=True)
class BabeEpochConfiguration:
    """The rules that may change from epoch to epoch."""

    type_path: ClassVar[str] = "sp_consensus_babe::BabeEpochConfiguration"
    c: tuple[U64, U64]
    allowed_slots: AllowedSlots


@dataclass(frozen=True, slots=True)
class BabeEpoch:
    """An epoch: its slots, who may claim them, and the randomness of the lottery."""

    type_path: ClassVar[str] = "sp_consensus_babe::Epoch"
    epoch_index: U64
    start_slot: Slot
    duration: U64
    authorities: WeightedKeys
    randomness: Annotated[bytes, Fixed(32)]
    config: BabeEpochConfiguration
