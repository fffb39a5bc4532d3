"""Who runs how much of a market: no operator may have it all while others are idle.

Only jobs that were matched count; whom a client names for a job is the client's business.
Source: design page "Economy", section 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.pallets.jobs.records import Job
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

OPERATORS_SHARE = 3
"""An operator holds at most one part in so many of what runs in a market while others are idle."""


class Running:
    """Counts running work. Invariant: a market's sum is that of its operators' parts."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def has_room(self, market: Market, operator: AccountId) -> bool:
        """Say whether an operator runs no more than its part of a market."""
        held = self._pallet.operator_units[market, operator]
        return held * OPERATORS_SHARE <= self._pallet.running_units[market]

    def begin(self, number: int, job: Job, provider: AccountId) -> None:
        """Count a job that was matched."""
        pallet, operator = self._pallet, self._pallet.providers.operator(provider)
        pallet.operators[number] = operator
        pallet.operator_units[job.market, operator] += job.units
        pallet.running_units[job.market] += job.units

    def end(self, number: int, job: Job) -> None:
        """Count a job no more, if it was counted."""
        pallet, operator = self._pallet, self._pallet.operators.get(number)
        if operator is not None:
            del pallet.operators[number]
            pallet.operator_units[job.market, operator] -= job.units
            pallet.running_units[job.market] -= job.units
