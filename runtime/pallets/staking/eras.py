"""Eras: when one is elected, and what begins and ends with each.

An era begins with a session. When the session before it begins, the winners of its election are
seated: the validators and what stands behind them are fixed then, so that everybody who reads
headers knows them in time. The votes are written down in the second half of the session before
that, and counted in the blocks after (`elections`). Eras are numbered by blocks, as everywhere in
the economy, and by what referenda forced; where slots stayed empty an era may begin up to a session
early. If an election is not over, or too few won, the era goes on with its validators, and the next
session tries again.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from runtime.frame import Weight
from runtime.frame.offence import IndividualExposure
from runtime.frame.storage import BoundMap
from runtime.pallets.staking import events, weights
from runtime.pallets.staking.ballots import Candidate, Election, Snapshot
from runtime.pallets.staking.phragmen import Vote
from runtime.pallets.staking.records import (
    BONDING_ERAS,
    FORCED,
    HISTORY_ERAS,
    PAGE_NOMINATORS,
    STAKE_UNIT,
    ActiveEraInfo,
    ExposurePage,
    Forcing,
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

    def on_session(self, index: int) -> Weight:
        """Open an era if one was seated; seat the next one if this is its last session."""
        pallet, cost = self._pallet, weights.SESSION
        if pallet.stakers.begins_era():
            cost = cost + self.begin(index)
        if self.is_next_due():
            cost = cost + self.seat(pallet.ports.ballots().take())
        return cost

    def is_next_due(self) -> bool:
        """Say whether the next session is to begin an era that is not seated yet."""
        pallet = self._pallet
        if pallet.counting_era() != pallet.era() or pallet.force_era is Forcing.FORCE_NONE:
            return False
        is_forced = pallet.force_era in FORCED
        return is_forced or pallet.era() < self._numbered(pallet.config.session_blocks)

    def seat(self, election: Election | None) -> Weight:
        """Let those validate who won, from the next session on; if nobody did, who does stays."""
        pallet = self._pallet
        if election is None or not election.winners:
            pallet.deposit(events.StakingElectionFailed())
            return weights.SEAT
        pallet.current_era = election.era
        self._note_forced(election.era)
        for who, _ in pallet.ports.seats.stakes():
            del pallet.discounted[who]
        weighed = tuple((who, self._weighed(election.era, who)) for who in sorted(election.winners))
        pallet.ports.seats.elect(weighed)
        pallet.deposit(events.StakersElected())
        return weights.SEAT

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
        self.follow_terms()
        applied = pallet.slashes.apply_due(tuple(past for past, _ in starts))
        return weights.BEGIN + weights.TAKE * applied

    def follow_terms(self) -> None:
        """Put the least bonds where wallets that know FRAME read them."""
        pallet, least = self._pallet, self._pallet.ports.terms.staking
        pallet.min_validator_bond = least.validator_bond
        pallet.min_nominator_bond = least.nominator_bond

    def force(self, mode: Forcing) -> None:
        """Let eras begin in another way."""
        self._pallet.force_era = mode
        self._pallet.deposit(events.ForceEra(mode))

    def answering(self) -> int:
        """Return the last era for which the stakes of this block answer: one being elected too."""
        era = self._pallet.ports.ballots().era()
        return self._pallet.counting_era() if era is None else era

    def forget(self) -> Weight:
        """Forget a part of the oldest era, if its rewards can be collected no more."""
        pallet, era = self._pallet, self._pallet.oldest_era
        if era + HISTORY_ERAS >= pallet.era():
            return Weight()
        forgotten = prune(pallet.eras_stakers_paged, era, weights.MAX_PRUNED)
        forgotten += prune(pallet.eras_stakers_overview, era, weights.MAX_PRUNED - forgotten)
        forgotten += prune(pallet.eras_validator_prefs, era, weights.MAX_PRUNED - forgotten)
        forgotten += prune(pallet.claimed_rewards, era, weights.MAX_PRUNED - forgotten)
        forgotten += prune(pallet.nominator_slash_in_era, era, weights.MAX_PRUNED - forgotten)
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

    # ---------------------------------------------------------------------- what elections ask

    def awaited(self) -> int | None:
        """Return the era whose election may begin in this block, or None.

        It begins in the second half of a session, to be over when the next one begins; where an
        era is forced, at once.
        """
        pallet, length = self._pallet, self._pallet.config.session_blocks
        into = min(pallet.ports.slots(), length)
        is_forced = pallet.force_era in FORCED
        if pallet.force_era is Forcing.FORCE_NONE or not (is_forced or 2 * into >= length):
            return None
        era, counting = self._numbered(2 * length - into), pallet.counting_era()
        era = max(era, counting + 1) if is_forced else era
        return era if era > counting else None

    def size(self) -> tuple[int, int]:
        """Return how many votes are heard, and how many accounts stand, at most."""
        pallet = self._pallet
        standing = pallet.counter_for_validators
        voting = standing + pallet.counter_for_nominators
        return min(voting, pallet.config.limits.voters), standing

    def seats(self) -> tuple[int, int]:
        """Return how many may win, and below how many nobody does."""
        return self._pallet.validator_count, self._pallet.minimum_validator_count

    def snapshot(self) -> Snapshot:
        """Return who stands and has keys, and the votes of those who have most at stake."""
        pallet, limits = self._pallet, self._pallet.config.limits
        has_keys = pallet.ports.seats.has_keys
        standing = tuple(
            Candidate(who, prefs) for who, prefs in pallet.validators.items() if has_keys(who)
        )
        known = dict.fromkeys(one.who for one in standing)
        votes = []
        for who in islice(pallet.ports.voters.heaviest(), limits.voters):
            nominations = pallet.nominators.get(who)
            named = (who,) if nominations is None else nominations.targets
            targets = tuple(target for target in named if target in known)
            stake = pallet.ledger[who].active
            if targets and stake:
                votes.append(Vote(who, stake, targets))
        return Snapshot(standing, tuple(votes))

    def expose(self, era: int, winner: Candidate, behind: dict[AccountId, Balance]) -> int:
        """Write down who stands behind a validator, and its terms; return in how many pages."""
        pallet, who, total = self._pallet, winner.who, sum(behind.values())
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
        pallet.eras_validator_prefs[era, who] = winner.prefs
        pallet.eras_total_stake[era] += total
        return len(pages)

    # ------------------------------------------------------------------------------------ helpers

    def _numbered(self, blocks: int) -> int:
        """Return the era of the block so many after this one."""
        pallet = self._pallet
        return (pallet.context.number + blocks) // pallet.config.era_blocks + pallet.eras_ahead

    def _note_forced(self, era: int) -> None:
        """Count an era that begins before its blocks, so that the next one begins with its own."""
        pallet = self._pallet
        if pallet.force_era not in FORCED:
            return
        pallet.eras_ahead += max(era - self._numbered(pallet.config.session_blocks), 0)
        if pallet.force_era is Forcing.FORCE_NEW:
            self.force(Forcing.NOT_FORCING)

    def _weighed(self, era: int, who: AccountId) -> int:
        """Return what a winner weighs: less what it came to owe since the election began."""
        pallet = self._pallet
        overview = pallet.eras_stakers_overview[era, who]
        owed = max(overview.own - pallet.ledgers.liable(who, era), 0)
        if owed:
            pallet.discounted[who] = owed
        return (overview.total - owed) // STAKE_UNIT


def prune(entries: BoundMap[K, V], era: int, limit: int) -> int:
    """Forget up to `limit` entries of an era; return how many that were."""
    keys = tuple(key for key, _ in islice(entries.items_under(era), limit))
    for key in keys:
        del entries[key]
    return len(keys)
