"""Insurance: its vault pays clients what the bond of a cheat did not.

A claim strikes the vault in the block of the conviction, in O(1). Its members bear their parts when
their positions are looked at, which anybody may cause; what is taken of their holds lies in a pot,
and claims are paid out of it. Who is client, provider and finder at once gains nothing: for one
provider the vault pays half of what convictions burned of its bond, and never more.
Source: design page "Economy", 5.9; the bound is argued in ADR 25.
"""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.frame.fungible import HoldReason
from runtime.pallets.vaults import events
from runtime.pallets.vaults.events import Error
from runtime.pallets.vaults.records import (
    DEAD_POINTS,
    Claim,
    ClaimsView,
    ClaimView,
    Insurance,
)
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

COVERED = 2
"""The vault pays one of so many planck that convictions burned."""
LARGEST_RISK = 100
"""One claim takes a hundredth of the stake at most: no series of them takes all of it."""


class Cover:
    """Makes claims and pays them. Invariant: all claims are in the pot, or still on hold."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    def convicted(
        self,
        provider: AccountId,
        client: AccountId,
        *,
        burned: Balance,
        lacking: Balance,
        since: BlockNumber,
    ) -> None:
        """Hear what a conviction burned of a bond, and what its client still lacks of its loss.

        `since` is the block of the offence: what left the vault in its era or later pays too.
        """
        pallet = self._pallet
        number = pallet.vault_of.get(Insurance())
        if number is None:
            return
        limit = pallet.covered[provider] + burned // COVERED
        paid = self._claim(number, client, min(lacking, limit), since)
        pallet.covered[provider] = limit - paid

    def collect(self, who: AccountId, amount: Balance) -> None:
        """Move what claims took of a member's hold to the pot."""
        pallet, hold = self._pallet, HoldReason.VAULT
        pallet.currency.transfer_on_hold(hold, who, pallet.config.insurance, amount)

    def pay(self, number: int) -> None:
        """Pay a claim, or what of it is in the pot.

        Raises:
            DispatchError: there is no such claim, or nothing to pay it with.
        """
        pallet = self._pallet
        claim = require(pallet.claims.get(number), Error.UNKNOWN_CLAIM)
        amount = min(claim.amount, self.in_pot())
        ensure(amount > 0, Error.NOTHING_COLLECTED)
        pallet.currency.transfer(pallet.config.insurance, claim.client, amount)
        pallet.claimed -= amount
        if claim.amount == amount:
            del pallet.claims[number]
        else:
            pallet.claims[number] = replace(claim, amount=claim.amount - amount)
        pallet.deposit(events.ClaimPaid(number, claim.client, amount, claim.amount - amount))

    def in_pot(self) -> Balance:
        """Return what claims can be paid with now."""
        pallet = self._pallet
        config = pallet.config
        return max(0, pallet.currency.free(config.insurance) - config.existential_deposit)

    def view(self) -> ClaimsView:
        """Return all claims by number, and who has not borne its part of them."""
        pallet, number = self._pallet, self._pallet.vault_of.get(Insurance())
        uncollected: list[tuple[AccountId, Balance]] = []
        for (vault, who), position in pallet.positions.items():
            lost = position.held - pallet.vaults[vault].stake.value(position.points)
            if vault == number and lost:
                uncollected.append((who, lost))
        claims = sorted(pallet.claims.items(), key=itemgetter(0))
        return ClaimsView(
            collected=self.in_pot(),
            claims=tuple(ClaimView(place, one.client, one.amount) for place, one in claims),
            uncollected=tuple(sorted(uncollected)),
        )

    def surplus(self) -> Balance:
        """Return what lies in the pot and nobody has a claim to."""
        return max(0, self.in_pot() - self._pallet.claimed)

    def _claim(
        self, number: int, client: AccountId, wanted: Balance, since: BlockNumber
    ) -> Balance:
        """Strike the vault for up to what is wanted; return what the client has a claim to."""
        pallet = self._pallet
        at_stake = pallet.members.at_stake(number, since)
        amount = min(wanted, at_stake // LARGEST_RISK)
        if not amount:
            return 0
        # what the points lose that nobody owns is on nobody's hold
        pallet.members.strike(number, amount + DEAD_POINTS, at_stake, since)
        claim, pallet.next_claim = pallet.next_claim, pallet.next_claim + 1
        pallet.claims[claim] = Claim(client, amount)
        pallet.claimed += amount
        pallet.deposit(events.ClaimMade(claim, client, amount))
        return amount
