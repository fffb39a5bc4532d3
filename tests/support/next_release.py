"""The release after this one, as tests have it: version 2 keeps the time of a block in 16 bytes."""

from __future__ import annotations

from collections.abc import Callable

from runtime.config import ChainConfig
from runtime.construct import Runtime
from runtime.frame import Context, Value, Weight
from runtime.frame.migration import Migration, translate
from runtime.pallets.timestamp import Timestamp
from runtime.primitives.types import U128, Moment
from runtime.versions import VERSIONS, Version, Versions

SECOND = 2
"""The version that no release carries."""


class WideTimestamp(Timestamp):
    """Timestamp, whose storage has another layout."""

    storage_version = 1

    now: Value[U128] = Value(default=0)
    """The time of this block, in ms since 1970."""
    did_update: Value[bool] = Value(default=False)
    """Whether this block has set its time."""
    set = Timestamp.set
    minimum_period = Timestamp.minimum_period


def make_with(kind: type[Timestamp]) -> Callable[[Context, ChainConfig], Runtime]:
    """Return what makes the pallets of version 1, but with another Timestamp."""

    def make(context: Context, config: ChainConfig) -> Runtime:
        runtime = Runtime(context, config)
        old = runtime.timestamp
        new = kind(context, config.slot_milliseconds, runtime.babe, index=old.index)
        runtime.timestamp = new
        runtime.replace(old, new)
        return runtime

    return make


def widen(timestamp: WideTimestamp) -> Weight:
    """Write the time of the last block in 16 bytes."""
    return translate(timestamp, WideTimestamp.now, Moment, int)


NEXT_RELEASE: Versions = {
    **VERSIONS,
    SECOND: Version(make_with(WideTimestamp), (Migration("Timestamp", 0, widen),)),
}
