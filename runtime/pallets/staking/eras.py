"""Eras: who is elected for the next one, and what begins and ends with each.

An era begins with a session. The session before it elects: the validators and what stands behind
them are fixed then, so that everybody who reads headers knows them in time. Eras are numbered by
blocks, as everywhere in the economy; where slots stayed empty an era may begin up to a session
early. If too few can be elected the era goes on, and the next session tries again.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from runtime.frame import Weight
from runtime.frame.offence import IndividualExposure
from runtime.frame.storage import BoundMap
from runtime.pallets.staking import events, phragmen, weights
from runtime.pallets.staking.phragmen import Backing, Vote
from runtime.pallets.staking.records import (
    BONDING_ERAS,
    HISTORY_ERAS,
    PAGE_NOMINATORS,
    STAKE_UNIT,
    ActiveEraInfo,
    ExposurePage,
    PagedExposureMetadata,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking

K = TypeVar("K")
V = TypeVar("V")


class Eras:
    """Elects, begins and forgets eras; keeps nothing of its own."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def is_next_due(self) -> bool:
        """Say whether the next session is to begin an era that is not elected yet."""
        pallet, config = self._pallet, self._pallet.config
        ends = pallet.context.number + config.session_blocks
        return pallet.counting_era() == pallet.era() < ends // config.era_blocks

    def elect(self) -> Weight:
        """Elect the validators of the next era, unless they would be too few."""
        pallet = self._pallet
        votes = self._votes()
        backing = phragmen.elect(votes, pallet.validator_count)
        cost = weights.elect(len(votes), pallet.counter_for_validators, len(backing))
        if len(backing) < max(pallet.minimum_validator_count, 1):
            pallet.deposit(events.StakingElectionFailed())
            return cost
        ends = pallet.context.number + pallet.config.session_blocks
        self.plan(ends // pallet.config.era_blocks, backing)
        electorate = tuple((who, sum(behind.values())) for who, behind in sorted(backing.items()))
        for who, _ in pallet.ports.seats.stakes():
            del pallet.discounted[who]
        pallet.ports.seats.elect(tuple((who, total // STAKE_UNIT) for who, total in electorate))
        pallet.deposit(events.StakersElected())
        return cost

    def plan(self, era: int, backing: Backing) -> None:
        """Fix for an era what stands behind its validators, and on what terms."""
        pallet = self._pallet
        pallet.current_era, whole = era, 0
        for who, behind in backing.items():
            pallet.eras_validator_prefs[era, who] = pallet.validators[who]
            whole += self._expose(era, who, behind)
        pallet.eras_total_stake[era] = whole

    def begin(self, index: int) -> Weight:
        """Begin the era that was planned: take what is due, and let the disabled author again."""
        pallet, era = self._pallet, self._pallet.counting_era()
        if pallet.active_era is not None:
            pallet.payouts.close(pallet.era())
        pallet.active_era = ActiveEraInfo(era)
        pallet.eras_start_session_index[era] = index
        starts = (*pallet.bonded_eras, (era, index))
        kept = tuple(start for start in starts if start[0] + BONDING_ERAS >= era)
        for past, _ in starts[: len(starts) - len(kept)]:
            for (_, who), _ in tuple(pallet.validator_slash_in_era.items_under(past)):
                del pallet.validator_slash_in_era[past, who]
        pallet.bonded_eras = kept
        pallet.ports.seats.enable_all()
        applied = pallet.slashes.apply_due(tuple(past for past, _ in starts))
        return weights.BEGIN + weights.TAKE * applied

    def forget(self) -> Weight:
        """Forget a part of the oldest era, if its rewards can be collected no more."""
        pallet, era = self._pallet, self._pallet.oldest_era
        if era + HISTORY_ERAS >= pallet.era():
            return Weight()
        forgotten = prune(pallet.eras_stakers_paged, era, weights.MAX_PRUNED)
        forgotten += prune(pallet.eras_stakers_overview, era, weights.MAX_PRUNED - forgotten)
        forgotten += prune(pallet.eras_validator_prefs, era, weights.MAX_PRUNED - forgotten)
        forgotten += prune(pallet.claimed_rewards, era, weights.MAX_PRUNED - forgotten)
        if forgotten < weights.MAX_PRUNED:
            pallet.payouts.expire(era)
            for sums in (
                pallet.eras_validator_reward,
                pallet.eras_reward_points,
                pallet.eras_total_stake,
                pallet.eras_start_session_index,
            ):
                del sums[era]
            pallet.oldest_era = era + 1
        return weights.FORGET + weights.FORGET_ONE * forgotten

    # ------------------------------------------------------------------------------------ helpers

    def _votes(self) -> tuple[Vote, ...]:
        """Return the votes that are heard: those of the heaviest, for who stands and has keys."""
        pallet, limits = self._pallet, self._pallet.config.limits
        has_keys = pallet.ports.seats.has_keys
        standing = {who: None for who, _ in pallet.validators.items() if has_keys(who)}
        votes = []
        for who in islice(pallet.ports.voters.heaviest(), limits.voters):
            nominations = pallet.nominators.get(who)
            named = (who,) if nominations is None else nominations.targets
            targets = tuple(target for target in named if target in standing)
            stake = pallet.ledger[who].active
            if targets and stake:
                votes.append(Vote(who, stake, targets))
        return tuple(votes)

    def _expose(self, era: int, who: AccountId, behind: dict[AccountId, Balance]) -> Balance:
        """Write down who stands behind a validator, in pages; return how much all of it is."""
        pallet, total = self._pallet, sum(behind.values())
        others = sorted(
            ((one, value) for one, value in behind.items() if one != who),
            key=lambda other: (-other[1], other[0]),
        )
        pages = [
            others[first : first + PAGE_NOMINATORS]
            for first in range(0, len(others), PAGE_NOMINATORS)
        ]
        for place, page in enumerate(pages):
            listed = tuple(IndividualExposure(one, value) for one, value in page)
            page_total = sum(value for _, value in page)
            pallet.eras_stakers_paged[era, who, place] = ExposurePage(page_total, listed)
        overview = PagedExposureMetadata(total, behind.get(who, 0), len(others), len(pages))
        pallet.eras_stakers_overview[era, who] = overview
        return total


def prune(entries: BoundMap[K, V], era: int, limit: int) -> int:
    """Forget up to `limit` entries of an era; return how many that were."""
    keys = tuple(key for key, _ in islice(entries.items_under(era), limit))
    for key in keys:
        del entries[key]
    return len(keys)
