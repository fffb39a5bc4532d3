"""Who has which part of what a vault earns: an accumulator, and weight that counts from tomorrow.

A vault keeps what one point of weight has earned since it was created; a member's part is its
weight times what that grew by since it was last looked at. Weight counts from the epoch after it
was brought: nobody joins for the hour in which a large job is paid. What those who begin in one
epoch have had already is noted once for all of them, when the first earnings after it arrive.
Source: design page "Economy", 5.9; the accumulator is F1 (Ojha, 2019).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import accumulator
from runtime.pallets.vaults import formulas
from runtime.pallets.vaults.events import SurplusSwept, YieldAdded
from runtime.pallets.vaults.records import Cohort, OfProvider, Position, Vault
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

NOBODY = Cohort(0, None)


class Yields:
    """Divides earnings. Invariant: a pot holds all that its vaults owe, and the least it can."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    # ------------------------------------------------------------------------------------ vaults

    def rolled(self, number: int, vault: Vault) -> Vault:
        """Return a vault in which weight counts that was brought in an epoch before this one."""
        if not vault.joining or vault.joining_epoch >= self._pallet.clock.current_epoch():
            return vault
        cohorts, epoch = self._pallet.cohorts, vault.joining_epoch
        cohorts[number, epoch] = replace(cohorts[number, epoch], start=vault.earned)
        return replace(vault, weight=vault.weight + vault.joining, joining=0)

    def earn(self, pot: AccountId, number: int, amount: Balance) -> None:
        """Give earnings that lie in a pot to the members of a vault, if any weight counts."""
        pallet = self._pallet
        vault = self.rolled(number, pallet.vaults[number])
        amount = min(amount, self.surplus(pot))
        if vault.weight and amount:
            vault, own = pallet.parts.share(vault, amount)
            earned, rest = accumulator.shared(own, vault.remainder, vault.weight)
            vault = replace(
                vault, earned=vault.earned + earned, remainder=rest, owed=vault.owed + amount
            )
            pallet.owed[pot] += amount
            pallet.deposit(YieldAdded(number, amount))
        pallet.vaults[number] = vault

    def has_weight(self, number: int) -> bool:
        """Say whether any weight in a vault counts now."""
        vault = self._pallet.vaults[number]
        is_early = vault.joining_epoch < self._pallet.clock.current_epoch()
        return bool(vault.weight or (vault.joining and is_early))

    def surplus(self, pot: AccountId) -> Balance:
        """Return what lies in a pot and is nobody's, above what keeps the account alive."""
        pallet = self._pallet
        untouchable = pallet.owed[pot] + pallet.config.existential_deposit
        return max(0, pallet.currency.free(pot) - untouchable)

    def sweep(self) -> None:
        """Give the treasury what no vault earned and nobody claims of insurance."""
        pallet, config = self._pallet, self._pallet.config
        pots = [(pot, self.surplus(pot)) for pot in (config.fees, config.commissions)]
        for pot, amount in (*pots, (config.insurance, pallet.cover.surplus())):
            to = config.treasury
            if amount and pallet.attempt(pallet.currency.transfer, pot, to, amount):
                pallet.deposit(SurplusSwept(amount))

    def pot_of(self, vault: Vault) -> AccountId:
        """Return the account in which the earnings of a vault lie."""
        config = self._pallet.config
        return config.commissions if isinstance(vault.kind, OfProvider) else config.fees

    # ----------------------------------------------------------------------------------- members

    def settled(self, number: int, vault: Vault, position: Position) -> Position:
        """Return a position with its part of all earnings so far; the vault must be rolled."""
        owed = position.owed + accumulator.due(position.weight, vault.earned, position.paid)
        weight, joining = position.weight, position.joining
        if joining and position.joining_epoch < self._pallet.clock.current_epoch():
            start = self._leave(number, position.joining_epoch).start
            assert start is not None, "the vault of a cohort that counts is rolled"
            owed += accumulator.due(joining, vault.earned, start)
            weight, joining = weight + joining, 0
        return replace(position, weight=weight, joining=joining, paid=vault.earned, owed=owed)

    def unpaid(self, number: int, vault: Vault, position: Position) -> Balance:
        """Return what a position could claim now; nothing changes."""
        owed = position.owed + accumulator.due(position.weight, vault.earned, position.paid)
        owed += self._pallet.parts.unpaid(vault, position)
        if not position.joining or not self.counts(position):
            return owed
        start = self._pallet.cohorts[number, position.joining_epoch].start
        start = vault.earned if start is None else start
        return owed + accumulator.due(position.joining, vault.earned, start)

    def counts(self, position: Position, epoch: int | None = None) -> bool:
        """Say whether what a position brought last counts in an epoch, or now."""
        epoch = self._pallet.clock.current_epoch() if epoch is None else epoch
        return position.joining_epoch < epoch

    def reweighed(self, number: int, vault: Vault, position: Position) -> tuple[Vault, Position]:
        """Return a vault and a settled position with the weight of the points that it has now.

        What was added counts from the next epoch; what was taken counts no more, the latest first.
        """
        whole = formulas.weighed(position.points, position.lock)
        weight = min(position.weight, whole)
        joining, epoch = whole - weight, self._pallet.clock.current_epoch()
        if joining and not position.joining:
            self._enter(number, epoch)
        elif position.joining and not joining:
            self._leave(number, position.joining_epoch)
        vault = replace(
            vault,
            weight=vault.weight + weight - position.weight,
            joining=vault.joining + joining - position.joining,
            joining_epoch=epoch if joining else vault.joining_epoch,
        )
        return vault, replace(position, weight=weight, joining=joining, joining_epoch=epoch)

    def _enter(self, number: int, epoch: int) -> None:
        """Let one more begin to count after an epoch."""
        cohort = self._pallet.cohorts[number, epoch]
        self._pallet.cohorts[number, epoch] = replace(cohort, members=cohort.members + 1)

    def _leave(self, number: int, epoch: int) -> Cohort:
        """Take one out of a cohort; return it as it was."""
        cohort = self._pallet.cohorts[number, epoch]
        is_last = cohort.members == 1
        rest = NOBODY if is_last else replace(cohort, members=cohort.members - 1)
        self._pallet.cohorts[number, epoch] = rest
        return cohort
