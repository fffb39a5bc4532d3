"""What wallets ask of staking; names and signatures are FRAME's."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.staking.records import MAX_NOMINATIONS
from runtime.primitives.types import U32, AccountId, Balance


class StakingApi(Api):
    """Exposures by page, and what of their rewards was not collected."""

    api_version = 1

    def nominations_quota(self, balance: Balance) -> U32:  # noqa: ARG002
        """Return how many validators a stake may name; the amount does not matter here."""
        return MAX_NOMINATIONS

    def eras_stakers_page_count(self, era: U32, account: AccountId) -> U32:
        """Return in how many pages an era is paid to a validator and those behind it."""
        return self._question.runtime.staking.payouts.pages(account, era)

    def pending_rewards(self, era: U32, account: AccountId) -> bool:
        """Say whether an era owes a validator or those behind it something."""
        return self._question.runtime.staking.payouts.is_owed(account, era)
