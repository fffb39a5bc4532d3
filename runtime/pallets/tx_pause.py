"""TxPause: single calls that accounts may not make for now, because a bug was found in them.

Names, indices and layouts are those of FRAME's `pallet_tx_pause`. What the chain itself calls, and
what a passed referendum does, is not held up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from runtime.frame import (
    Context,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    event,
    invariant,
)
from runtime.frame.calls import Call, CallTable
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32

MAX_NAME_BYTES = 256

Name = Annotated[bytes, Bounded(MAX_NAME_BYTES)]
CallName = tuple[Name, Name]
"""Pallet and call, in ASCII."""

PAUSE = Weight(reads=2, writes=2, compute=10_000)


@event
class CallPaused:
    """A call may not be made for now."""

    full_name: CallName


@event
class CallUnpaused:
    """A call may be made again."""

    full_name: CallName


class Error(PalletError):
    """Why TxPause refused a call."""

    IS_PAUSED = 0, "The call is paused already."
    IS_UNPAUSED = 1, "The call is not paused."
    UNPAUSABLE = 2, "The call is vital and cannot be paused."
    NOT_FOUND = 3, "There is no such call."


class TxPause(Pallet):
    """Single calls that accounts may not make for now."""

    events = (CallPaused, CallUnpaused)
    errors = Error

    paused_calls: Map[CallName, tuple[()]] = Map()
    """The calls that are paused."""
    paused_count: Value[U32] = Value(default=0)
    """How many there are: nearly always none, and then nobody looks for one."""

    def __init__(
        self,
        context: Context,
        table: Callable[[], CallTable],
        is_vital: Callable[[str, str], bool],
        power: EnsureOrigin[None],
        *,
        index: int,
        name: str = "TxPause",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self._table, self._is_vital, self._power = table, is_vital, power

    @call(0, weight=PAUSE)
    def pause(self, origin: Origin, full_name: CallName) -> None:
        """Let no account make a call any more, until it is unpaused."""
        self._power(origin)
        pallet, name = (part.decode("ascii", "replace") for part in full_name)
        ensure(self._table().entry(pallet, name) is not None, Error.NOT_FOUND)
        ensure(not self._is_vital(pallet, name), Error.UNPAUSABLE)
        ensure(full_name not in self.paused_calls, Error.IS_PAUSED)
        self.paused_calls[full_name] = ()
        self.paused_count += 1
        self.deposit(CallPaused(full_name))

    @call(1, weight=PAUSE)
    def unpause(self, origin: Origin, ident: CallName) -> None:
        """Let accounts make a call again."""
        self._power(origin)
        ensure(ident in self.paused_calls, Error.IS_UNPAUSED)
        del self.paused_calls[ident]
        self.paused_count -= 1
        self.deposit(CallUnpaused(ident))

    @constant
    def max_name_len(self) -> U32:
        """Return how long a name may be."""
        return MAX_NAME_BYTES

    def permits(self, one: Call) -> bool:
        """Say whether accounts may make a call."""
        if not self.paused_count:
            return True
        entry = one.entry
        return (entry.pallet.encode(), entry.name.encode()) not in self.paused_calls

    @invariant
    def paused_are_counted(self) -> bool:
        """As many calls are paused as are counted."""
        return self.paused_count == len(dict(self.paused_calls.items()))
