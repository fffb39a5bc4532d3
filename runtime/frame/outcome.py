"""How a dispatch ended, in the shapes that Substrate clients decode.

Source: the types `sp_runtime::DispatchError` and `frame_system::DispatchEventInfo`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar

from runtime.frame.dispatch import (
    BadOrigin,
    DispatchClass,
    DispatchError,
    LookupFailure,
    PalletError,
    RefTime,
    TokenError,
)
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U8


class Pays(Enum):
    """Whether the signer paid for the call."""

    YES = 0
    NO = 1


@dataclass(frozen=True, slots=True)
class DispatchInfo:
    """What a call weighed, and who paid."""

    type_path: ClassVar[str] = "frame_system::DispatchEventInfo"
    weight: RefTime
    class_: DispatchClass
    pays_fee: Pays


class TokenFailure(Enum):
    """`TokenError` on the wire."""

    FUNDS_UNAVAILABLE = 0
    ONLY_PROVIDER = 1
    BELOW_MINIMUM = 2
    CANNOT_CREATE = 3
    UNKNOWN_ASSET = 4
    FROZEN = 5
    UNSUPPORTED = 6
    CANNOT_CREATE_HOLD = 7
    NOT_EXPENDABLE = 8
    BLOCKED = 9


@dataclass(frozen=True, slots=True)
class Unclassified:
    """An error of no known kind."""

    name: ClassVar[str] = "Other"
    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class CannotLookup:
    """An address could not be resolved."""

    index: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class WrongOrigin:
    """The origin may not make this call."""

    name: ClassVar[str] = "BadOrigin"
    index: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class ModuleError:
    """An error of a pallet: the pallet's index, and the error's in the first of four bytes."""

    type_path: ClassVar[str] = "sp_runtime::ModuleError"
    pallet: U8
    error: Annotated[bytes, Fixed(4)]


@dataclass(frozen=True, slots=True)
class Module:
    """An error of a pallet."""

    index: ClassVar[int] = 3
    value: ModuleError


@dataclass(frozen=True, slots=True)
class Token:
    """A token could not be moved."""

    index: ClassVar[int] = 7
    value: TokenFailure


@dataclass(frozen=True, slots=True)
class Exhausted:
    """There is not enough of something that is bounded, such as the weight of a block."""

    index: ClassVar[int] = 10


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Something that is needed is not there."""

    index: ClassVar[int] = 12


DispatchFailure = (
    Unclassified | CannotLookup | WrongOrigin | Module | Token | Exhausted | Unavailable
)
"""`sp_runtime::DispatchError`, as far as this runtime can raise it."""


def failure_of(refusal: DispatchError, pallets: Mapping[type[PalletError], int]) -> DispatchFailure:
    """Return the wire form of a refusal.

    `pallets` gives the pallet index of each error list, for refusals by what a call called in turn.
    """
    error = refusal.error
    if isinstance(error, TokenError):
        return Token(TokenFailure(error.value))
    if isinstance(error, BadOrigin):
        return WrongOrigin()
    if isinstance(error, LookupFailure):
        return CannotLookup()
    index = pallets.get(type(error)) if refusal.pallet is None else refusal.pallet
    if index is None:
        return Unclassified()
    return Module(ModuleError(index, bytes((error.value, 0, 0, 0))))
