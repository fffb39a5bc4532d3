"""Whose money a job costs: its client's or its sponsor's, and no more of it than was allowed.

What is on hold stays on the account that pays, so nothing is pooled. A budget counts what is
committed in an era and takes back what returns in the same era: what is counted is never less than
what was paid.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import events
from runtime.pallets.jobs.conditions import MAX_BUDGETS, Budget
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import Job
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

ESCROW, DEPOSIT = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT


class Funds:
    """Sets aside what jobs may cost; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def payer(self, number: int, job: Job) -> AccountId:
        """Return the account that pays for a job."""
        return self._pallet.conditions[number].sponsor or job.client

    def set_budget(
        self, payer: AccountId, client: AccountId, per_era: Balance | None, until: BlockNumber
    ) -> None:
        """Limit what a client may commit of an account; what it has committed stays counted."""
        pallet, budget = self._pallet, self._pallet.budgets.get((payer, client))
        if per_era is None:
            require(budget, Error.NO_BUDGET)
            self._forget(payer, client)
        else:
            ensure(until >= pallet.context.number, Error.DEADLINE_PASSED)
            if budget is None:
                ensure(pallet.budget_count[payer] < MAX_BUDGETS, Error.TOO_MANY_BUDGETS)
                pallet.budget_count[payer] += 1
            era, spent = (0, 0) if budget is None else (budget.era, budget.spent)
            pallet.budgets[payer, client] = Budget(per_era, until, era, spent)
        pallet.deposit(events.BudgetSet(payer, client, per_era, until))

    def clear_budget(self, payer: AccountId, client: AccountId) -> None:
        """Forget a budget that is good no more."""
        pallet = self._pallet
        budget = require(pallet.budgets.get((payer, client)), Error.NO_BUDGET)
        ensure(pallet.context.number > budget.until, Error.NOT_DUE)
        self._forget(payer, client)
        pallet.deposit(events.BudgetSet(payer, client, None, budget.until))

    def hold(self, reason: HoldReason, number: int, job: Job, amount: Balance) -> None:
        """Set money of whoever pays for a job aside, within its budget.

        Raises:
            DispatchError: there is no budget, it does not reach, or the money is not there.
        """
        payer = self.payer(number, job)
        self._count(payer, job.client, amount)
        self._pallet.currency.hold(reason, payer, amount)

    def release(self, reason: HoldReason, number: int, job: Job, amount: Balance) -> None:
        """Give money back to whoever paid."""
        payer = self.payer(number, job)
        self._pallet.currency.release(reason, payer, amount)
        budget = self._pallet.budgets.get((payer, job.client))
        era = self._era()
        is_of_this_era = job.submitted_at // self._pallet.config.era_blocks == era
        if budget is not None and budget.era == era and is_of_this_era:
            left = max(budget.spent - amount, 0)
            self._pallet.budgets[payer, job.client] = replace(budget, spent=left)

    def _count(self, payer: AccountId, client: AccountId, amount: Balance) -> None:
        """Count a commitment against the budget; an account without one may spend its own."""
        pallet, budget, era = self._pallet, self._pallet.budgets.get((payer, client)), self._era()
        is_good = budget is not None and pallet.context.number <= budget.until
        ensure(is_good or payer == client, Error.NO_BUDGET)
        if budget is None or not is_good:
            return
        spent = amount + (budget.spent if budget.era == era else 0)
        ensure(spent <= budget.per_era, Error.BUDGET_EXCEEDED)
        pallet.budgets[payer, client] = replace(budget, era=era, spent=spent)

    def _forget(self, payer: AccountId, client: AccountId) -> None:
        """Delete a budget; those of before there was a count are in no count."""
        pallet = self._pallet
        del pallet.budgets[payer, client]
        pallet.budget_count[payer] = max(pallet.budget_count[payer] - 1, 0)

    def _era(self) -> int:
        return self._pallet.context.number // self._pallet.config.era_blocks
