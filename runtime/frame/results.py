"""`Result`, as Rust writes it: an answer, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from runtime.frame.metadata.shapes import Field, Parameter, TypeInfo, Variant, VariantDef
from runtime.frame.outcome import DispatchFailure
from runtime.primitives.compact import DecodeError
from runtime.primitives.scale import codec_of
from runtime.primitives.schema import Custom


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


DispatchResult = Annotated[Ok | Err, result_of(None, DispatchFailure)]
"""How a call ended."""
