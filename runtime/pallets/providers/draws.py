"""Draws: which idle providers a job is offered to, as candidates with what a job must know.

Source: design page "Economy", section 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.pallets.providers import conduct
from runtime.pallets.providers.idle import DRAWS_PER_OPERATOR
from runtime.pallets.providers.records import Candidate
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers


class Draws:
    """Draws among the idle; keeps nothing of its own."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def candidates(self, market: Market, seed: bytes) -> tuple[Candidate, ...]:
        """Draw idle providers of a market by a seed; at most three of one operator."""
        drawn: list[Candidate] = []
        groups: dict[AccountId, int] = {}
        most = self._pallet.ports.terms.queue.draws
        for who in self._pallet.idle_lists.draw(market, seed, most):
            group = self._pallet.operator(who)
            groups[group] = groups.get(group, 0) + 1
            if groups[group] <= DRAWS_PER_OPERATOR and self._is_trusted(market, who):
                drawn.append(self._candidate(who))
        return tuple(drawn)

    def candidate(self, market: Market, who: AccountId) -> Candidate | None:
        """Return a provider by name, if it is idle in the market."""
        pallet = self._pallet
        provider = pallet.providers.get(who)
        is_there = provider is not None and provider.info.market == market
        if not is_there or who not in pallet.idle_index or not self._is_trusted(market, who):
            return None
        return self._candidate(who)

    def _is_trusted(self, market: Market, who: AccountId) -> bool:
        """Say whether what its tier asks for is attested at this moment: it may just have ended."""
        is_trusted, level = self._pallet.supply.is_trusted, self._pallet.ports.attested.level
        return is_trusted(market.tier, 0) or is_trusted(market.tier, level(who))

    def _candidate(self, who: AccountId) -> Candidate:
        provider = self._pallet.providers[who]
        return Candidate(
            provider=who,
            reputation=self._pallet.standing.reputation(who),
            free_bond=provider.free_bond,
            attestation=provider.attestation,
            is_premium=provider.is_premium,
            certified=conduct.certified(provider.latency_p95),
        )
