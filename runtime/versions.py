"""The versions of the runtime that this release carries: old blocks keep the rules of their height.

A version that has executed blocks of a live chain never changes: its successor gets the next
number, its own `make` where the pallets differ, and the migrations from every layout before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from runtime.config import ChainConfig, UnknownRuntime, runtime_named_in
from runtime.construct import Runtime
from runtime.frame import Context
from runtime.frame.migration import Migration


@dataclass(frozen=True, slots=True)
class Version:
    """How to make the pallets of a version, and how they take over older storage."""

    make: Callable[[Context, ChainConfig], Runtime] = Runtime
    migrations: tuple[Migration, ...] = ()


Versions = Mapping[int, Version]
"""By spec version."""

VERSIONS: Versions = MappingProxyType({1: Version()})
"""Every version that ever executed blocks, and the newest."""


def chosen_by(code: bytes | None, versions: Versions = VERSIONS) -> tuple[ChainConfig, Version]:
    """Return the constants and the version that the `:code` of a state asks for.

    Raises:
        UnknownRuntime: this release does not carry it; the message says what to install.
    """
    name, number = runtime_named_in(code)
    if number not in versions:
        carried = ", ".join(str(one) for one in sorted(versions))
        raise UnknownRuntime(
            f"the next block is executed by {name} {number}, this release carries {carried}: "
            f"install a release that carries {name} {number}, "
            "a node goes on from its own database"
        )
    return ChainConfig.decode(code), versions[number]
