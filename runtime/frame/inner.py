"""Making calls from inside the runtime: batches, tasks that are due, whitelisted calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.frame.calls import Call, CallTable
from runtime.frame.dispatch import DispatchError, Origin, PalletError, Signed, ensure
from runtime.frame.outcome import DispatchFailure, failure_of
from runtime.frame.pallet import Context, Pallet
from runtime.primitives.scale import DecodeError


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Reads calls and makes them, each whole or not at all."""

    context: Context
    pallets: Mapping[str, Pallet]
    """Every pallet by its name."""
    error_indices: Mapping[type[PalletError], int]
    """The pallet index of each error list."""
    table: Callable[[], CallTable]
    permits: Callable[[Call], bool]
    """Whether accounts may make a call at all."""
    filtered: PalletError
    """Why a call is refused that they may not, or that a filter of its origin forbids."""

    def read(self, raw: bytes) -> Call | None:
        """Return the call that `raw` encodes, or None if it encodes none of this runtime."""
        try:
            return self.table().decode(raw)
        except DecodeError:
            return None

    def make(self, one: Call, origin: Origin) -> None:
        """Make a call whole or not at all; an account makes none that a filter forbids.

        Raises:
            DispatchError: it was refused.
        """
        if isinstance(origin, Signed):
            filters = (self.permits, *origin.filters)
            ensure(all(passes(one) for passes in filters), self.filtered)
        with self.context.transaction():
            one.dispatch(self.pallets, origin)

    def attempt(self, one: Call, origin: Origin) -> DispatchError | None:
        """Make a call whole or not at all; return why it was refused."""
        try:
            self.make(one, origin)
        except DispatchError as error:
            return error
        return None

    def failure(self, error: DispatchError) -> DispatchFailure:
        """Return a refusal as clients read it."""
        return failure_of(error, self.error_indices)
