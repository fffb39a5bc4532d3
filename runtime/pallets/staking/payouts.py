"""What validators and nominators earn: what their pot received in an era, and nothing else.

The pot is divided by points: 20 for a block, more from audits. Of its part a validator keeps its
commission; the rest goes to all who stand behind it, by their stakes. Everybody's part waits in the
pot until somebody collects it for them, page by page; after 84 eras what is left is the treasury's.
Nothing is minted: staking has no inflation.
Source: design page "Economy", section 5.10; requirement 54; names follow FRAME's `pallet_staking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.frame.earnings import Rule
from runtime.pallets.staking import events
from runtime.pallets.staking.events import Error
from runtime.pallets.staking.records import (
    HISTORY_ERAS,
    EraRewardPoints,
    PagedExposureMetadata,
    RewardDestination,
    ToAccount,
    ToBond,
    ToNobody,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking


class Payouts:
    """Counts points, closes eras and pays; keeps nothing of its own."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def reward(self, earned: tuple[tuple[AccountId, int], ...]) -> None:
        """Add points of this era; only its validators have any."""
        pallet, era = self._pallet, self._pallet.era()
        counted = tuple(one for one in earned if (era, one[0]) in pallet.eras_stakers_overview)
        if not counted:
            return
        points = pallet.eras_reward_points[era]
        individual = dict(points.individual)
        for who, more in counted:
            individual[who] = individual.get(who, 0) + more
        total = points.total + sum(more for _, more in counted)
        pallet.eras_reward_points[era] = EraRewardPoints(total, individual)

    def close(self, era: int) -> None:
        """Fix what the validators of an era divide: what the pot has received and owes nobody."""
        pallet, config = self._pallet, self._pallet.config
        kept = config.existential_deposit + pallet.uncollected_rewards
        amount = max(pallet.currency.free(config.pot) - kept, 0)
        if not amount or not pallet.eras_reward_points[era].total:
            return
        pallet.eras_validator_reward[era] = amount
        pallet.uncollected[era] = amount
        pallet.uncollected_rewards += amount
        pallet.deposit(events.EraPaid(era, amount, 0))

    def expire(self, era: int) -> None:
        """Give the treasury what nobody collected of an era."""
        pallet, config = self._pallet, self._pallet.config
        amount = pallet.uncollected[era]
        if not amount:
            return
        del pallet.uncollected[era]
        pallet.uncollected_rewards -= amount
        if pallet.attempt(pallet.currency.transfer, config.pot, config.treasury, amount):
            pallet.deposit(events.RewardsExpired(era, amount))

    def pay_next(self, validator: AccountId, era: int) -> None:
        """Pay the first page that was not paid, or refuse."""
        pallet = self._pallet
        self._overview(validator, era)
        claimed = pallet.claimed_rewards[era, validator]
        left = (page for page in range(self.pages(validator, era)) if page not in claimed)
        self.pay(validator, era, require(next(left, None), Error.ALREADY_CLAIMED))

    def pay(self, validator: AccountId, era: int, page: int) -> None:
        """Pay a page of those behind a validator for an era; the first pays the validator too."""
        pallet = self._pallet
        overview = self._overview(validator, era)
        ensure(page < self.pages(validator, era), Error.INVALID_PAGE)
        claimed = pallet.claimed_rewards[era, validator]
        ensure(page not in claimed, Error.ALREADY_CLAIMED)
        pallet.claimed_rewards[era, validator] = tuple(sorted((*claimed, page)))
        left = (one for one in range(page + 1, overview.page_count) if one not in claimed)
        pallet.deposit(events.PayoutStarted(era, validator, page, next(left, None)))
        points = pallet.eras_reward_points[era]
        whole = pallet.eras_validator_reward[era] * points.individual.get(validator, 0)
        part = whole // points.total
        commission = Perbill(pallet.eras_validator_prefs[era, validator].commission).of(part)
        shared = part - commission
        if page == 0:
            own = shared * overview.own // overview.total
            self._pay(era, validator, commission + own)
        if overview.page_count:
            for one in pallet.eras_stakers_paged[era, validator, page].others:
                self._pay(era, one.who, shared * one.value // overview.total)

    def pages(self, validator: AccountId, era: int) -> int:
        """Return in how many pages an era is paid; a validator that nobody nominated has one."""
        overview = self._pallet.eras_stakers_overview.get((era, validator))
        return 1 if overview is None else max(overview.page_count, 1)

    def is_owed(self, validator: AccountId, era: int) -> bool:
        """Say whether a page of an era waits, with something on it."""
        pallet = self._pallet
        earned = pallet.eras_reward_points[era].individual.get(validator, 0)
        claimed = len(pallet.claimed_rewards[era, validator])
        return earned > 0 and self._is_kept(era) and claimed < self.pages(validator, era)

    # ------------------------------------------------------------------------------------ helpers

    def _is_kept(self, era: int) -> bool:
        """Say whether the reward of an era can be collected."""
        pallet, now = self._pallet, self._pallet.era()
        return era < now <= era + HISTORY_ERAS and era in pallet.eras_validator_reward

    def _overview(self, validator: AccountId, era: int) -> PagedExposureMetadata:
        """Return what stood behind a validator in an era whose reward can be collected."""
        pallet = self._pallet
        ensure(self._is_kept(era), Error.INVALID_ERA_TO_REWARD)
        return require(pallet.eras_stakers_overview.get((era, validator)), Error.NOT_STASH)

    def _pay(self, era: int, who: AccountId, amount: Balance) -> None:
        """Pay a staker where it wants it; what cannot arrive stays in the pot until it expires."""
        pallet = self._pallet
        dest = pallet.payee.get(who) or ToNobody()
        if not amount or isinstance(dest, ToNobody):
            return
        if not pallet.attempt(self._send, who, dest, amount):
            return
        pallet.uncollected[era] -= amount
        pallet.uncollected_rewards -= amount
        pallet.deposit(events.Rewarded(who, dest, amount))
        pallet.ports.earnings().earned(who, Rule.STAKING, amount)

    def _send(self, who: AccountId, dest: RewardDestination, amount: Balance) -> None:
        pallet = self._pallet
        to = dest.account if isinstance(dest, ToAccount) else who
        pallet.currency.transfer(pallet.config.pot, to, amount)
        if isinstance(dest, ToBond):
            pallet.ledgers.add(who, amount)
