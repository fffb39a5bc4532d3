"""The runtime APIs of what is earned: scores, earnings by rule, pools, AMAX, and referrals."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.amax_distribution import Outlook, Parts
from runtime.pallets.mining import BehaviourScore, Claimable
from runtime.pallets.mining.records import Items
from runtime.pallets.referral import Tree
from runtime.primitives.types import U64, AccountId


class MiningApi(Api):
    """How accounts behave, and what they earned by which rule."""

    api_version = 1

    def score(self, account: AccountId, epoch: U64 | None) -> BehaviourScore:
        """Return the score of an account in an epoch, or in the one under way."""
        runtime = self._question.runtime
        asked = runtime.babe.current_epoch() if epoch is None else epoch
        return runtime.mining.behaviour_score(account, asked)

    def earnings(self, account: AccountId, epoch: U64) -> Items:
        """Return what an account earned in an epoch by each rule; of 84 closed epochs."""
        return self._question.runtime.mining.earnings(account, epoch)

    def claimable(self, account: AccountId) -> tuple[Claimable, ...]:
        """Return what an account can claim of each pool now."""
        return self._question.runtime.mining.claimable(account)


class AmaxApi(Api):
    """What AMAX comes into being, and for whom."""

    api_version = 1

    def outlook(self) -> Outlook:
        """Return how the distribution stands."""
        return self._question.runtime.amax_distribution.outlook()

    def claimable(self, account: AccountId) -> Parts:
        """Return what an account can claim now, by dimension, in planck of AMAX."""
        return self._question.runtime.amax_distribution.claimable(account)


class ReferralApi(Api):
    """Who brought whom."""

    api_version = 1

    def tree(self, account: AccountId) -> Tree:
        """Return who brought an account, and whom it brought, a thousand at most."""
        return self._question.runtime.referral.tree(account)
