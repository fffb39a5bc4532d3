"""Offering compute: registration, bond, and how a provider stands."""

from __future__ import annotations

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.modes import Group, Mode, verb
from cli.sdk.sessions import Account, Included
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.typed import call_of, entry, read
from runtime.pallets.providers import ProviderInfo
from runtime.pallets.providers.pallet import Providers as Pallet
from runtime.pallets.providers.records import PayoutDestination, Provider


class Providers(Group[Mode]):
    """Offering compute."""

    @verb
    async def of(self, who: Account) -> Provider | None:
        """Return the record of a provider; None for an account that is none."""
        return await read(self._session.core, entry(Pallet.providers, self._session.account(who)))

    @verb
    async def register(
        self, signer: Signer, info: ProviderInfo, bond: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Become a provider; the bond goes on hold."""
        planck = planck_of(bond, Token.AGPU)
        made = call_of(self._session.core, Pallet.register_provider, info, planck)
        return await self._session.execute(made, signer, wait)

    @verb
    async def bond_extra(
        self, signer: Signer, amount: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Add to the bond."""
        made = call_of(self._session.core, Pallet.bond_extra, planck_of(amount, Token.AGPU))
        return await self._session.execute(made, signer, wait)

    @verb
    async def unbond(
        self, signer: Signer, amount: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Begin to take a part of the bond back."""
        made = call_of(self._session.core, Pallet.unbond, planck_of(amount, Token.AGPU))
        return await self._session.execute(made, signer, wait)

    @verb
    async def withdraw(self, signer: Signer, *, wait: Included = "included") -> Receipt:
        """Take what is free of the bond."""
        made = call_of(self._session.core, Pallet.withdraw_unbonded)
        return await self._session.execute(made, signer, wait)

    @verb
    async def chill(self, signer: Signer, *, wait: Included = "included") -> Receipt:
        """Take no more jobs; those under way go on."""
        made = call_of(self._session.core, Pallet.chill)
        return await self._session.execute(made, signer, wait)

    @verb
    async def resume(self, signer: Signer, *, wait: Included = "included") -> Receipt:
        """Take jobs again."""
        made = call_of(self._session.core, Pallet.resume)
        return await self._session.execute(made, signer, wait)

    @verb
    async def set_payout(
        self, signer: Signer, payout: PayoutDestination, *, wait: Included = "included"
    ) -> Receipt:
        """Say where earnings go."""
        made = call_of(self._session.core, Pallet.set_payee, payout)
        return await self._session.execute(made, signer, wait)
