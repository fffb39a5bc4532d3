"""Putting AGPU at stake for validators."""

from __future__ import annotations

from collections.abc import Sequence

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.modes import Group, Mode, verb
from cli.sdk.sessions import Account, Included
from cli.sdk.staking import Stake, stake_of
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.typed import call_of
from runtime.pallets.staking import Staking as Pallet
from runtime.pallets.staking.records import RewardDestination, ToBond, ValidatorPrefs
from runtime.primitives.extrinsic import Id

TO_BOND = ToBond()


class Staking(Group[Mode]):
    """Putting AGPU at stake for validators."""

    @verb
    async def of(self, who: Account) -> Stake | None:
        """Return what an account has at stake, and what it does with it; None for nothing."""
        core = self._session.core
        return await stake_of(core, self._session.account(who), await core.block_hash())

    @verb
    async def bond(
        self,
        signer: Signer,
        amount: Balance,
        payee: RewardDestination = TO_BOND,
        *,
        wait: Included = "included",
    ) -> Receipt:
        """Put AGPU at stake; rewards go to `payee`."""
        planck = planck_of(amount, Token.AGPU)
        made = call_of(self._session.core, Pallet.bond, planck, payee)
        return await self._session.execute(made, signer, wait)

    @verb
    async def bond_extra(
        self, signer: Signer, amount: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Put more at stake."""
        made = call_of(self._session.core, Pallet.bond_extra, planck_of(amount, Token.AGPU))
        return await self._session.execute(made, signer, wait)

    @verb
    async def unbond(
        self, signer: Signer, amount: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Begin to take AGPU back; it is free after 28 eras."""
        made = call_of(self._session.core, Pallet.unbond, planck_of(amount, Token.AGPU))
        return await self._session.execute(made, signer, wait)

    @verb
    async def nominate(
        self, signer: Signer, validators: Sequence[Account], *, wait: Included = "included"
    ) -> Receipt:
        """Stand behind validators, of whom elections choose; shares their rewards and slashes."""
        targets = tuple(Id(self._session.account(one)) for one in validators)
        made = call_of(self._session.core, Pallet.nominate, targets)
        return await self._session.execute(made, signer, wait)

    @verb
    async def validate(
        self, signer: Signer, prefs: ValidatorPrefs, *, wait: Included = "included"
    ) -> Receipt:
        """Stand for election with what is at stake."""
        made = call_of(self._session.core, Pallet.validate, prefs)
        return await self._session.execute(made, signer, wait)

    @verb
    async def chill(self, signer: Signer, *, wait: Included = "included") -> Receipt:
        """Nominate or validate no more, from the next election on."""
        made = call_of(self._session.core, Pallet.chill)
        return await self._session.execute(made, signer, wait)
