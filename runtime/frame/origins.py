"""Origins on the wire: who a call is to be made as, where another call says so.

Source: `frame_support::dispatch::RawOrigin`, and the `OriginCaller` that each runtime has.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from runtime.frame.dispatch import NoOrigin, Origin, Root, Signed
from runtime.primitives.record import record
from runtime.primitives.schema import Choice
from runtime.primitives.types import AccountId


@record
class RawRoot:
    """The chain itself."""

    name: ClassVar[str] = "Root"
    index: ClassVar[int] = 0


@record
class RawSigned:
    """An account."""

    name: ClassVar[str] = "Signed"
    index: ClassVar[int] = 1
    who: AccountId


@record
class RawNone:
    """Nobody."""

    name: ClassVar[str] = "None"
    index: ClassVar[int] = 2


RawOrigin = RawRoot | RawSigned | RawNone


@record
class SystemOrigin:
    """An origin that System knows; no other pallet has origins of its own yet."""

    name: ClassVar[str] = "system"
    index: ClassVar[int] = 0
    origin: RawOrigin


OriginCaller = Annotated[SystemOrigin, Choice(((0, SystemOrigin),))]
"""Any origin of the runtime."""


def origin_of(caller: SystemOrigin) -> Origin:
    """Return the origin that is meant."""
    match caller.origin:
        case RawSigned(who):
            return Signed(who)
        case RawRoot():
            return Root()
        case RawNone():
            return NoOrigin()
