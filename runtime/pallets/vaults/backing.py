"""What stands behind providers: members share what one earns, and what its offences cost it.

A slash takes the same part of the stake behind a provider as of the provider's own bond. What the
provider gives its members of its income is a commission, which it sets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import PERBILL
from runtime.frame import ensure, require
from runtime.pallets.vaults.events import Bonded, Error
from runtime.pallets.vaults.members import HOLD
from runtime.pallets.vaults.records import OfProvider
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults


class Backing:
    """What stands behind providers; keeps nothing of its own."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    def share(self, provider: AccountId, amount: Balance) -> Balance:
        """Move the commission out of earnings in a provider's free balance; return the rest."""
        pallet = self._pallet
        number = pallet.vault_of.get(OfProvider(provider))
        if number is None or not pallet.yields.has_weight(number):
            return amount
        pot = pallet.config.commissions
        part = amount * pallet.vaults[number].commission // PERBILL
        if not part or not pallet.attempt(pallet.currency.transfer, provider, pot, part):
            return amount
        pallet.yields.earn(pot, number, part)
        return amount - part

    def set_commission(self, who: AccountId, number: int, commission: int) -> None:
        """Change what members of a provider's vault have of its income.

        Raises:
            DispatchError: it is not the provider who asks, or the change is too large or too soon.
        """
        pallet, config = self._pallet, self._pallet.config
        vault = require(pallet.vaults.get(number), Error.UNKNOWN_VAULT)
        ensure(isinstance(vault.kind, OfProvider), Error.NO_COMMISSION)
        ensure(vault.founder == who, Error.NOT_PROVIDER)
        ensure(commission <= config.max_commission, Error.COMMISSION_TOO_HIGH)
        is_small = abs(commission - vault.commission) <= config.commission_step
        ensure(is_small and pallet.era() > vault.commission_era, Error.COMMISSION_CHANGE)
        pallet.vaults[number] = replace(vault, commission=commission, commission_era=pallet.era())

    def restake(self, provider: AccountId, amount: Balance) -> None:
        """Add earnings to the provider's stake in its own vault, under the lock that it chose.

        Raises:
            DispatchError: it has no stake there, or the vault takes none.
        """
        pallet = self._pallet
        number = require(pallet.vault_of.get(OfProvider(provider)), Error.UNKNOWN_VAULT)
        vault, position = pallet.members.find(number, provider)
        ensure(position.points > 0, Error.NOT_MEMBER)
        pallet.currency.hold(HOLD, provider, amount)
        vault, position, points = pallet.members.add(provider, vault, position, amount)
        pallet.members.put(number, provider, vault, position)
        pallet.deposit(Bonded(number, provider, amount, points))

    def convicted(
        self,
        provider: AccountId,
        client: AccountId,
        *,
        burned: Balance,
        lacking: Balance,
        since: BlockNumber,
    ) -> None:
        """Let insurance pay what a bond does not."""
        cover = self._pallet.cover
        cover.convicted(provider, client, burned=burned, lacking=lacking, since=since)

    def slashed(
        self, provider: AccountId, part: Balance, whole: Balance, since: BlockNumber
    ) -> None:
        """Hear that a provider lost `part` of the `whole` of its bond for what it did in a block.

        What left its vault in that era or later loses as much. O(1): only ratios change.
        """
        pallet = self._pallet
        number = pallet.vault_of.get(OfProvider(provider))
        if number is None or not part:
            return
        pallet.members.strike(number, part, whole, since)
