"""The whole runtime: its pallets in the order of their hooks, and what is asked of all of them."""

from __future__ import annotations

from runtime.config import ChainConfig
from runtime.construct.liquidity import Liquidity
from runtime.frame import Context
from runtime.frame.pallet import Pallet, with_hook


class Runtime(Liquidity):
    """The state transition function, over the state of one block."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self.polled = self._in_turns()
        self._take(self._in_order())

    def add(self, pallet: Pallet) -> None:
        """Take in a pallet of a chain's own, whose hooks run after all others: while it is made."""
        assert pallet.name not in self.by_name, f"there is a pallet {pallet.name} already"
        assert all(one.index != pallet.index for one in self.pallets), "its index is another's"
        self._take((*self.pallets, pallet))

    def replace(self, old: Pallet, new: Pallet) -> None:
        """Let what a later version made of a pallet have its place: while it is made."""
        assert (new.name, new.index) == (old.name, old.index), "its name and index are the chain's"
        self.polled = tuple(new if one is old else one for one in self.polled)
        self._take(tuple(new if one is old else one for one in self.pallets))

    def _in_order(self) -> tuple[Pallet, ...]:
        """Return every pallet, in the order their hooks run.

        What was decided is done after the rest was heard; trade looks at what others did.
        """
        return (
            *self._of_blocks(),
            *self._of_the_market(),
            self.utility,
            *self._of_validators(),
            self.runtime_upgrades,
            *self._of_governance(),
            *self._of_assets(),
        )

    def _of_blocks(self) -> tuple[Pallet, ...]:
        """Return what every block has: its time, its author, who pays for it, who validates."""
        return (
            self.system,
            self.babe,
            self.timestamp,
            self.authorship,
            self.balances,
            self.transaction_payment,
            self.parameters,
            self.session,
            self.grandpa,
            self.im_online,
        )

    def _of_the_market(self) -> tuple[Pallet, ...]:
        """Return what work needs: disputes come before jobs pay."""
        return (
            self.amax,
            self.pricing,
            self.emission,
            self.attestations,
            self.vaults,
            self.providers,
            self.referral,
            self.mining,
            self.amax_distribution,
            self.disputes,
            self.reservations,
            self.jobs,
            self.audits,
            self.receipts,
            self.canonical_work,
        )

    def _of_validators(self) -> tuple[Pallet, ...]:
        """Return what elects validators, pays them, and makes them answer for what they did."""
        return (self.staking, self.elections, self.voter_list, self.historical, self.offences)

    def _of_governance(self) -> tuple[Pallet, ...]:
        """Return what AMAX decides by, what it spends, and what does it when its time has come."""
        return (
            self.origins,
            self.preimage,
            self.treasury,
            self.stability,
            self.referenda,
            self.conviction_voting,
            self.whitelist,
            self.guardian,
            self.identity,
            self.multisig,
            self.proxy,
            self.safe_mode,
            self.tx_pause,
            self.bounties,
            self.child_bounties,
            self.oracle,
            self.upgrades,
            self.scheduler,
            self.sealing,
            self.vesting,
            self.amax_vesting,
        )

    def _of_assets(self) -> tuple[Pallet, ...]:
        """Return what keeps and trades assets."""
        return (
            self.assets,
            self.pool_assets,
            self.asset_conversion,
            self.asset_rewards,
            self.rwa,
        )

    def _in_turns(self) -> tuple[Pallet, ...]:
        """Return the pallets that have work which can wait, in the order of their turns."""
        return (
            self.providers,
            self.mining,
            self.disputes,
            self.jobs,
            self.audits,
            self.treasury,
            self.oracle,
            self.upgrades,
            self.scheduler,
            self.staking,
            self.elections,
            self.offences,
            self.im_online,
        )

    def _take(self, pallets: tuple[Pallet, ...]) -> None:
        """Let these be the pallets: for calls, for errors, and for the hooks of each block."""
        self.pallets = pallets
        self.opening = with_hook(pallets, Pallet.on_initialize)
        self.closing = with_hook(pallets, Pallet.on_finalize)
        for pallet in pallets:
            self.by_name[pallet.name] = pallet
            if pallet.errors is not None:
                self.error_indices.setdefault(pallet.errors, pallet.index)

    def disabled_next(self, *, is_new_epoch: bool) -> tuple[int, ...]:
        """Return the authorities whose blocks are refused right after this one."""
        if not is_new_epoch:
            return self.session.disabled()
        return () if self.staking.stakers.begins_era() else self.session.disabled_next()

    def try_state(self) -> None:
        """Check every invariant of every pallet."""
        for pallet in self.pallets:
            pallet.try_state()
