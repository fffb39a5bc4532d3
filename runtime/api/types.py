"""What runtime APIs take and return, in Substrate's layouts and under its names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.frame.metadata.shapes import Field, Parameter, TypeInfo, Variant, VariantDef
from runtime.frame.metadata.wellknown import UNCHECKED_EXTRINSIC
from runtime.frame.outcome import DispatchFailure
from runtime.primitives.compact import DecodeError
from runtime.primitives.scale import codec_of
from runtime.primitives.schema import Bytes, Custom, Fixed, Named
from runtime.primitives.types import U8, U32, U64, Balance, PublicKey, Slot
from runtime.validity import Invalid, ValidTransaction

ApiId = Annotated[bytes, Fixed(8)]
KeyTypeId = Annotated[bytes, Fixed(4, "sp_core::crypto::KeyTypeId")]
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
class Ok:
    """The answer, where there may be an error."""

    value: Any


@dataclass(frozen=True, slots=True)
class Err:
    """The error, where there may be an answer."""

    value: Any


def result_of(answer: Any, error: Any) -> Custom:
    """Return the schema of a `Result`: `Ok` of one type or `Err` of another."""
    codecs, kinds = (codec_of(answer), codec_of(error)), (Ok, Err)

    def write(value: Ok | Err) -> bytes:
        tag = kinds.index(type(value))
        return bytes((tag,)) + codecs[tag].encode(value.value)

    def read(raw: bytes, offset: int) -> tuple[Ok | Err, int]:
        tag = raw[offset]
        if tag > 1:
            raise DecodeError(f"wanted a result of 0 or 1, got {tag}")
        value, end = codecs[tag].decode(raw, offset + 1)
        return kinds[tag](value), end

    def describe(registry: Any) -> TypeInfo:
        numbers = (registry.id_of(answer), registry.id_of(error))
        params = (Parameter("T", numbers[0]), Parameter("E", numbers[1]))
        variants = tuple(
            Variant(kind.__name__, (Field(None, number, None, ()),), tag, ())
            for tag, (kind, number) in enumerate(zip(kinds, numbers, strict=True))
        )
        return TypeInfo(("Result",), params, VariantDef(variants), ())

    return Custom(write, read, describe)


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


class TransactionSource(Enum):
    """Where a transaction came from; this runtime judges all alike."""

    IN_BLOCK = 0
    LOCAL = 1
    EXTERNAL = 2


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
DispatchOutcome = Annotated[Ok | Err, result_of(None, DispatchFailure)]
ApplyExtrinsicResult = Annotated[Ok | Err, result_of(DispatchOutcome, TransactionValidityError)]

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
