"""The review of each era: whether bond, attestation and service are still what is asked for.

When an era begins, the price of each market fixes what its bonds must be worth. Each block then
looks at some of the registered providers, from the end of the roll to its beginning: one that
leaves is replaced by the last, which was looked at already, so nobody is missed. A bond that prices
have outgrown has seven eras to be topped up. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import LatencyClass
from runtime.frame import Weight, ensure
from runtime.pallets.providers import bonds, conduct, events, weights
from runtime.pallets.providers.records import (
    MAX_PROVIDERS,
    Error,
    Provider,
    ProviderInfo,
    ProviderStatus,
    Sweep,
)
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers

VISITS = 12
"""Providers that a block looks at: 4,096 of them in 342 blocks, 64 full markets within two eras of
a day; an eighth of what all hooks may use."""
PREMIUM_RELIABILITY, PREMIUM_REPUTATION = 950_000_000, 750_000_000
"""A premium node keeps its word, has a name, and starts as fast as the class Fast asks."""


class Review:
    """Invariant: the roll and its index are inverse to each other, and filled from 0 on."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def renew(self, number: BlockNumber) -> Weight:
        """Fix what bonds must be worth when an era begins; return what it cost at most."""
        pallet = self._pallet
        if number % pallet.config.era_blocks:
            return Weight()
        markets, terms = pallet.ports.markets.open_markets, pallet.ports.terms.bonds
        for market in markets:
            price = pallet.ports.markets.base_price(market)
            pallet.bond_rates[market] = conduct.bond_rate(terms, price, pallet.availability_rate)
        return (weights.PER_MARKET + Weight(reads=2)) * len(markets) + Weight(reads=2)

    def sweep(self, room: int) -> Weight:
        """Look at some providers if the review of an era is not at its end.

        Returns what it cost, of `room` picoseconds.
        """
        visits = min((room - weights.SWEEP.ref_time) // weights.VISIT.ref_time, VISITS)
        if visits <= 0:
            return Weight()
        pallet, sweep, era = self._pallet, self._pallet.sweep, self._pallet.era()
        if not sweep.left:
            if sweep.era >= era:
                return weights.SWEEP
            sweep = Sweep(era, pallet.roll_count)
        left = min(sweep.left, pallet.roll_count)
        until = max(left - visits, 0)
        for place in range(left - 1, until - 1, -1):
            self._visit(pallet.roll[place], era)
        pallet.sweep = Sweep(sweep.era, until)
        return weights.SWEEP + weights.VISIT * (left - until)

    def heard_rate(self, rate: Balance) -> None:
        """Hear what a CU of proven capacity earns, in planck; bonds follow with the next era."""
        self._pallet.availability_rate = rate

    def admit(self, who: AccountId, info: ProviderInfo, bond: Balance) -> int:
        """Return what is attested of an account that may register so.

        Raises:
            DispatchError: it may not.
        """
        pallet, market = self._pallet, info.market
        ensure(who not in pallet.providers, Error.ALREADY_REGISTERED)
        ensure(pallet.has_market(market), Error.UNKNOWN_MARKET)
        ensure(pallet.market_size[market] < MAX_PROVIDERS, Error.MARKET_FULL)
        ensure(info.rating > 0, Error.NO_RATING)
        level = pallet.ports.attested.level(who)
        ensure(pallet.supply.admits(info, level), Error.BELOW_TIER)
        ensure(bond >= self.bond_needed(info), Error.BOND_TOO_LOW)
        key_is_free = info.node_key == who or info.node_key not in pallet.key_owner
        ensure(key_is_free, Error.KEY_TAKEN)
        return level

    def change_rating(self, who: AccountId, provider: Provider, rating: int) -> None:
        """Let a provider offer another capacity, in micro-CU per second.

        Raises:
            DispatchError: it may not.
        """
        pallet, before = self._pallet, provider.info.rating
        era, changed = pallet.era(), pallet.specs_era.get(who)
        info, is_more = replace(provider.info, rating=rating), rating > before
        ensure(rating > 0, Error.NO_RATING)
        ensure(changed is None or changed < era, Error.COOLING_DOWN)
        ensure(pallet.supply.admits(info, provider.attestation), Error.BELOW_TIER)
        is_proven = not is_more or rating <= pallet.telemetry_book.proven_rating(who)
        ensure(is_proven, Error.NOT_PROVEN)
        ensure(not is_more or provider.bond >= self.bond_needed(info), Error.BOND_TOO_LOW)
        pallet.specs_era[who] = era
        pallet.put(who, replace(provider, info=info))
        pallet.deposit(events.SpecsUpdated(who, before, rating))

    def enrol(self, who: AccountId) -> None:
        """List a provider for review."""
        pallet = self._pallet
        if who not in pallet.roll_index:
            place = pallet.roll_count
            pallet.roll[place], pallet.roll_index[who] = who, place
            pallet.roll_count = place + 1

    def forget(self, who: AccountId, provider: Provider) -> None:
        """End the record of a provider that has taken all of its bond."""
        pallet, info = self._pallet, provider.info
        pallet.idle_lists.put(info.market, who, idle=False)
        pallet.market_size[info.market] -= 1
        pallet.supply.end(provider)
        if pallet.key_owner.get(info.node_key) == who:
            del pallet.key_owner[info.node_key]
        self._strike(who)
        maps = (pallet.providers, pallet.heartbeats, pallet.last_seen, pallet.notices)
        for held in (*maps, pallet.resting, pallet.short_since, pallet.specs_era):
            del held[who]
        for latency in LatencyClass:
            del pallet.starts[who, latency]
        pallet.deposit(events.ProviderRemoved(who))

    def bond_needed(self, info: ProviderInfo) -> Balance:
        """Return the bond that a rating asks for in this era."""
        pallet = self._pallet
        return bonds.asked(
            pallet.config, pallet.ports.terms.bonds, info.rating, pallet.bond_rates.get(info.market)
        )

    def may_work(self, who: AccountId, provider: Provider) -> bool:
        """Say whether a provider has what is asked for, or still time to get it."""
        since = self._pallet.short_since.get(who)
        is_late = since is not None and since + conduct.TOP_UP_ERAS <= self._pallet.era()
        needed = self.bond_needed(provider.info)
        is_whole = provider.bond >= needed or (self._is_left(provider, needed) and not is_late)
        return is_whole and self._is_trusted(provider)

    def topped_up(self, who: AccountId, provider: Provider) -> None:
        """Hear that a bond grew: if it is what is asked for, its time does not run out any more."""
        if provider.bond >= self.bond_needed(provider.info):
            del self._pallet.short_since[who]

    def judged(self, who: AccountId, provider: Provider) -> Provider:
        """Return a record as it may be stored: suspended if slashes left too little of its bond.

        A suspended one that has again all that is asked for is active.
        """
        pallet, status = self._pallet, provider.status
        if status not in (ProviderStatus.ACTIVE, ProviderStatus.SUSPENDED):
            return provider
        needed = self.bond_needed(provider.info)
        if status is ProviderStatus.ACTIVE and not self._is_left(provider, needed):
            return self._suspended(who, provider)
        is_back = status is ProviderStatus.SUSPENDED and provider.bond >= needed
        if is_back and self._is_trusted(provider):
            del pallet.short_since[who]
            pallet.deposit(events.ProviderReinstated(who))
            return replace(provider, status=ProviderStatus.ACTIVE)
        return provider

    def _strike(self, who: AccountId) -> None:
        """Take a provider off the roll."""
        pallet, place = self._pallet, self._pallet.roll_index.get(who)
        if place is None:  # it joined before there was a roll, and gave no heartbeat since
            return
        last = pallet.roll_count - 1
        moved = pallet.roll[last]
        pallet.roll[place], pallet.roll_index[moved] = moved, place
        del pallet.roll[last]
        del pallet.roll_index[who]
        pallet.roll_count = last

    def _visit(self, who: AccountId, era: int) -> None:
        """Write down what an era has changed of what a provider has, or must have."""
        pallet = self._pallet
        provider = pallet.providers[who]
        level = pallet.ports.attested.level(who)
        provider = replace(provider, attestation=level)
        tier = provider.info.market.tier
        if provider.is_working and not pallet.supply.is_trusted(tier, level):
            provider = self._suspended(who, provider)
        needed = self.bond_needed(provider.info)
        if provider.bond >= needed:
            del pallet.short_since[who]
        elif (since := pallet.short_since.get(who)) is None:
            pallet.short_since[who] = era
            until = era + conduct.TOP_UP_ERAS
            pallet.deposit(events.BondShort(who, provider.bond, needed, until))
        elif since + conduct.TOP_UP_ERAS <= era and provider.is_working:
            provider = self._suspended(who, provider)
        provider = self._graded(who, provider)
        if provider != pallet.providers[who]:
            pallet.put(who, provider)

    def _graded(self, who: AccountId, provider: Provider) -> Provider:
        """Return a record with its operator, and whether it is a premium node."""
        pallet, standing = self._pallet, self._pallet.standing
        owner = pallet.operators.owner(who)
        if provider.operator_group is None and owner is not None:
            provider = replace(provider, operator_group=owner)
            pallet.deposit(events.OperatorGroupSet(who, owner))
        is_premium = (
            LatencyClass.FAST in conduct.certified(provider.latency_p95)
            and standing.reliability(who) >= PREMIUM_RELIABILITY
            and standing.reputation(who) >= PREMIUM_REPUTATION
        )
        if is_premium != provider.is_premium:
            pallet.deposit(events.PremiumChanged(who, is_premium))
        return replace(provider, is_premium=is_premium)

    def _suspended(self, who: AccountId, provider: Provider) -> Provider:
        self._pallet.deposit(events.ProviderSuspended(who))
        return replace(provider, status=ProviderStatus.SUSPENDED)

    def _is_trusted(self, provider: Provider) -> bool:
        return self._pallet.supply.is_trusted(provider.info.market.tier, provider.attestation)

    @staticmethod
    def _is_left(provider: Provider, needed: Balance) -> bool:
        """Say whether slashes have left enough of a bond."""
        return provider.bond * conduct.PERBILL >= needed * conduct.BOND_LEFT
