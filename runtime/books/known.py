"""The parameters of the economy as events have them: what each payment is reckoned by."""

from __future__ import annotations

from dataclasses import replace

from runtime.books.ledger import Difference
from runtime.pallets.parameters import ParameterSet
from runtime.primitives.types import BlockNumber
from runtime.terms import DEFAULTS, Terms
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS


class Known:
    """Follows referenda. Invariant: `terms` are those of the chain after what was seen."""

    def __init__(self, era_blocks: BlockNumber) -> None:
        self.terms: Terms = DEFAULTS
        self._era_blocks = era_blocks
        self._eras: dict[Parameter, int] = {}

    def see(self, event: ParameterSet, number: BlockNumber) -> None:
        """Account for a change.

        Raises: Difference.
        """
        row, era = ROWS[event.key], number // self._era_blocks
        if (old := row.of(self.terms)) != event.old:
            raise Difference(f"{event.key.name}: wanted {old} before the change, got {event.old}")
        record = row.changed(getattr(self.terms, row.group), event.new)
        self.terms = replace(self.terms, **{row.group: record})
        self._eras[event.key] = era

    def renewed(self, key: Parameter) -> int:
        """Return the era in which a parameter was last set; 0 if it never was."""
        return self._eras.get(key, 0)
