"""Holding and moving both tokens."""

from __future__ import annotations

from dataclasses import dataclass

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.modes import Group, Mode, verb
from cli.sdk.sessions import Account, Included
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.typed import call_in, entry, read
from runtime.pallets.balances.pallet import Balances as Pallet
from runtime.pallets.system import System
from runtime.primitives.extrinsic import Id

PALLETS = {Token.AGPU: "Balances", Token.AMAX: "Amax"}
"""The pallet that keeps each token."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account has of one token."""

    free: Balance
    reserved: Balance
    """On hold: escrow, bonds and deposits."""
    frozen: Balance
    """Free and reserved together may not fall below this by the owner's doing."""

    @property
    def total(self) -> Balance:
        """All of it."""
        return self.free + self.reserved


class Balances(Group[Mode]):
    """Holding and moving both tokens."""

    @verb
    async def of(
        self, who: Account, token: Token = Token.AGPU, *, at: bytes | None = None
    ) -> Holding:
        """Return what an account has of a token, on the best block or in one by its hash."""
        core, account = self._session.core, self._session.account(who)
        if token is Token.AGPU:
            info = await read(core, entry(System.account, account), at)
            assert info is not None, "the map has a default"
            data = info.data
        else:
            data = await core.amax(account, at)
        parts = (data.free, data.reserved, data.frozen)
        return Holding(*(Balance(part, token) for part in parts))

    @verb
    async def transfer(
        self,
        signer: Signer,
        to: Account,
        amount: Balance,
        *,
        wait: Included = "included",
        keep_alive: bool = True,
    ) -> Receipt:
        """Pay an account; with `keep_alive` the payer keeps the existential deposit.

        Raises: DispatchError, such as Token.FundsUnavailable.
        """
        call = Pallet.transfer_keep_alive if keep_alive else Pallet.transfer_allow_death
        target, planck = Id(self._session.account(to)), planck_of(amount, amount.token)
        made = call_in(self._session.core, PALLETS[amount.token], call, target, planck)
        return await self._session.execute(made, signer, wait)

    @verb
    async def transfer_all(
        self,
        signer: Signer,
        to: Account,
        token: Token = Token.AGPU,
        *,
        wait: Included = "included",
        keep_alive: bool = True,
    ) -> Receipt:
        """Pay an account all that is free."""
        target, core = Id(self._session.account(to)), self._session.core
        made = call_in(core, PALLETS[token], Pallet.transfer_all, target, keep_alive)
        return await self._session.execute(made, signer, wait)
