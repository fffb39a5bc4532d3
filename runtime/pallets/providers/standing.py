"""A provider's standing: what verified work earns it, and what broken promises cost it.

A slash takes from the bond first, then from what is on its way out of it: leaving does not save
what was at stake. Source: design page "Economy", sections 5.4 and 5.5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import LatencyClass
from runtime.frame.fungible import HoldReason
from runtime.pallets.providers import bonds, conduct
from runtime.pallets.providers.events import (
    ProviderAbsent,
    ProviderRemoved,
    ProviderSlashed,
    ReputationChanged,
)
from runtime.pallets.providers.records import FAILURES_KEPT, Credit, Offence, ProviderStatus
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers

BOND = HoldReason.PROVIDER_BOND

FAILURE_WINDOW_ERAS = 30
"""Three failed verifications within these remove a provider."""
NEWCOMER_ERAS = 7
"""For so long a provider has no past: half of its segments are audited."""
NO_SHOW_DIVISOR = 100
"""A job not done in time costs one hundredth of what it put at stake."""


class Standing:
    """Moves reputations and bonds. Invariant: a slash never takes more than a provider holds."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def reputation(self, who: AccountId) -> int:
        """Return the reputation of `who` as of this era, in parts per billion."""
        provider = self._pallet.providers[who]
        eras = self._pallet.era() - provider.reputation_era
        return conduct.faded(provider.reputation, eras)

    def is_new(self, who: AccountId) -> bool:
        """Say whether `who` registered less than a week of eras ago, or is no provider any more."""
        pallet = self._pallet
        provider = pallet.providers.get(who)
        weeks_past = pallet.context.number - NEWCOMER_ERAS * pallet.config.era_blocks
        return provider is None or provider.registered_at > weeks_past

    def reliability(self, who: AccountId) -> int:
        """Return how reliable `who` is, in parts per billion; 0 for one that is not registered."""
        provider = self._pallet.providers.get(who)
        if provider is None:
            return 0
        uptime = self._pallet.telemetry_book.uptime(who, provider)
        return conduct.reliability(uptime, *conduct.slowest(provider.latency_p95))

    def reliability_in(self, epoch: int, who: AccountId) -> int:
        """Return how reliable `who` was in an epoch, by its last sign of life in it.

        As it is now where it gave none but its work; 0 for one that is not registered.
        """
        telemetry = self._pallet.telemetry_book.recorded(who, epoch)
        if telemetry is None or who not in self._pallet.providers:
            return self.reliability(who)
        return telemetry.reliability

    def performance(self, who: AccountId) -> int:
        """Return by how much of its slice of a mint the work of `who` earns."""
        reliability = self.reliability(who)
        return conduct.performance(reliability, self.reputation(who)) if reliability else 0

    def started(self, who: AccountId, latency: LatencyClass, blocks: int) -> None:
        """Hear that `who` started a job so many blocks after it was assigned."""
        self._pallet.telemetry_book.started(who, latency, blocks)

    def served(self, who: AccountId, units: int) -> None:
        """Hear that work of `who` was paid for, in micro-CU."""
        self._pallet.telemetry_book.served(who, units)

    def praise(self, who: AccountId, client: AccountId, burn: Balance) -> None:
        """Raise the reputation of `who` for a verified job, by what the job burned.

        One client moves at most a twentieth of the window in an era.
        """
        pallet, era = self._pallet, self._pallet.era()
        credit = pallet.credits.get((who, client))
        used = credit.burn if credit is not None and credit.era == era else 0
        window = pallet.config.reputation_window
        room = max(window * conduct.CLIENT_SHARE // conduct.PERBILL - used, 0)
        if weight := min(burn, room):
            pallet.credits[who, client] = Credit(era, used + weight)
            self._set(who, conduct.raised(self.reputation(who), weight, window))

    def late(self, who: AccountId) -> None:
        """Lower the reputation of `who` for a job that its deadline overtook."""
        self._set(who, conduct.lowered(self.reputation(who), conduct.LATE_LOSS))

    def discredit(self, who: AccountId) -> None:
        """Halve the reputation of `who` for what it said of itself and is not so."""
        self._set(who, conduct.lowered(self.reputation(who), conduct.FAILURE_LOSS))

    def no_show(self, who: AccountId, exposure: Balance, *, is_matched: bool = True) -> None:
        """Punish `who` for a job not done in time: 1 % of what was at stake, and reputation.

        A job that named `who` moves no reputation.
        """
        if is_matched:
            self.late(who)
        self._slash(who, Offence.NO_SHOW, exposure // NO_SHOW_DIVISOR)
        provider = self._pallet.providers[who]
        if provider.status is ProviderStatus.ACTIVE:
            self._pallet.put(who, replace(provider, status=ProviderStatus.ABSENT))
            self._pallet.deposit(ProviderAbsent(who))

    def gave_back(self, who: AccountId, until: BlockNumber) -> None:
        """Hear that `who` gave a job back, which takes a slot of it until a block."""
        self._pallet.rests.add(who, until)

    def disproved(
        self,
        who: AccountId,
        amount: Balance,
        client: AccountId,
        loss: Balance,
        finder: AccountId | None = None,
        *,
        paid: Balance = 0,
        since: BlockNumber | None = None,
    ) -> Balance:
        """Punish `who` for a commitment that does not hold; return what it lost of its bond.

        `since` is the block in which it committed to it, now if that is not known; `paid` what the
        client has paid for it, which insurance covers where the bond does not.

        It loses half of its reputation and `amount`. Half of that is for the finder of a cheat,
        and up to half for the client's loss: what a provider reports of itself pays it nothing
        that it did not lose twice. The third failure in 30 eras removes it.
        """
        pallet, era = self._pallet, self._pallet.era()
        self._set(who, conduct.lowered(self.reputation(who), conduct.FAILURE_LOSS))
        slashed = self._take(who, amount, since)
        found = 0
        if finder is not None and finder != who:
            found = self._award(who, finder, slashed // 2)
        awarded = self._award(who, client, min(slashed // 2, loss))
        burned = self._close(who, Offence.FAILED_VERIFICATION, slashed, awarded, found)
        pallet.backers.convicted(
            who,
            client,
            burned=burned,
            lacking=max(0, paid - awarded),
            since=pallet.context.number if since is None else since,
        )
        provider = pallet.providers[who]
        recent = tuple(one for one in provider.failures if era - one < FAILURE_WINDOW_ERAS)
        failures = (*recent, era)[-FAILURES_KEPT:]
        is_removed = provider.status is ProviderStatus.REMOVED
        if len(failures) == FAILURES_KEPT and not is_removed:
            provider = replace(provider, status=ProviderStatus.REMOVED)
            pallet.deposit(ProviderRemoved(who))
        pallet.put(who, replace(provider, failures=failures))
        return slashed

    def _set(self, who: AccountId, reputation: int) -> None:
        provider, era = self._pallet.providers[who], self._pallet.era()
        self._pallet.put(who, replace(provider, reputation=reputation, reputation_era=era))
        self._pallet.deposit(ReputationChanged(who, reputation))

    def _slash(self, who: AccountId, offence: Offence, amount: Balance) -> None:
        """Burn a part of a bond."""
        self._close(who, offence, self._take(who, amount), 0, 0)

    def _take(self, who: AccountId, amount: Balance, since: BlockNumber | None = None) -> Balance:
        """Strike up to `amount` off the bond and what leaves it; it is still on hold then.

        Those who stood behind the provider in the block `since` lose the same part.
        """
        pallet = self._pallet
        provider, chunks = pallet.providers[who], pallet.unbonding[who]
        whole = provider.bond + bonds.total(chunks)
        amount = min(amount, whole)
        since = pallet.context.number if since is None else since
        pallet.backers.slashed(who, amount, whole, since)
        from_bond = min(amount, provider.bond)
        pallet.unbonding[who] = bonds.without(chunks, amount - from_bond)
        pallet.put(who, replace(provider, bond=provider.bond - from_bond))
        return amount

    def _award(self, who: AccountId, to: AccountId, amount: Balance) -> Balance:
        """Pay `to` out of what was struck off; return what it received: nothing, if it cannot."""
        pay = self._pallet.currency.transfer_on_hold
        return amount if amount and self._pallet.attempt(pay, BOND, who, to, amount) else 0

    def _close(
        self, who: AccountId, offence: Offence, amount: Balance, awarded: Balance, found: Balance
    ) -> Balance:
        """Burn what nobody was awarded of a slash, and announce it; return what was burned."""
        burned = amount - awarded - found
        self._pallet.currency.burn_held(BOND, who, burned)
        self._pallet.deposit(ProviderSlashed(who, offence, amount, awarded, found))
        return burned
