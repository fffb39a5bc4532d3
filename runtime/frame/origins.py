"""Origins on the wire: who a call is to be made as, where another call says so.

Source: `frame_support::dispatch::RawOrigin`, and the `OriginCaller` that each runtime has.
"""

from __future__ import annotations

from typing import ClassVar

from runtime.frame.dispatch import GovernanceOrigin, Governed, NoOrigin, Origin, Root, Signed
from runtime.primitives.record import record
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
    """An origin that System knows."""

    name: ClassVar[str] = "system"
    index: ClassVar[int] = 0
    origin: RawOrigin


ORIGINS_INDEX = 22
"""The pallet index of Origins, which is also the index of its origins among all."""


@record
class CustomOrigin:
    """An origin that governance knows: a referendum passed on a track of its own."""

    name: ClassVar[str] = "Origins"
    index: ClassVar[int] = ORIGINS_INDEX
    origin: GovernanceOrigin


OriginCaller = SystemOrigin | CustomOrigin
"""Any origin of the runtime."""


def origin_of(caller: OriginCaller) -> Origin:
    """Return the origin that is meant."""
    match caller:
        case CustomOrigin(origin):
            return Governed(origin)
        case SystemOrigin(RawSigned(who)):
            return Signed(who)
        case SystemOrigin(RawRoot()):
            return Root()
        case SystemOrigin():
            return NoOrigin()


def caller_of(origin: Origin) -> OriginCaller:
    """Return an origin as it is written."""
    match origin:
        case Governed(custom):
            return CustomOrigin(custom)
        case Signed(who):
            return SystemOrigin(RawSigned(who))
        case Root():
            return ROOT_CALLER
        case NoOrigin():
            return SystemOrigin(RawNone())


ROOT_CALLER = SystemOrigin(RawRoot())
"""The chain itself, as it is written."""
