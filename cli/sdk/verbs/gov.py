"""Deciding what the chain does: AMAX set aside, votes, delegations and referenda."""

from __future__ import annotations

from dataclasses import dataclass

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.governance import Referendum, Side, referendum, submission, track_named
from cli.sdk.modes import Group, Mode, verb
from cli.sdk.sessions import Account, Included
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.typed import call_of
from runtime.frame.calls import Call
from runtime.pallets.conviction_voting import Conviction, ConvictionVoting, Standard, Vote
from runtime.pallets.conviction_voting.types import SplitAbstain
from runtime.pallets.referenda.pallet import Referenda
from runtime.pallets.referenda.types import Submitted
from runtime.primitives.extrinsic import Id


@dataclass(frozen=True, slots=True)
class Proposed:
    """A referendum that was submitted."""

    number: int
    receipt: Receipt


class Governance(Group[Mode]):
    """Deciding what the chain does."""

    @verb
    async def of(self, number: int) -> Referendum:
        """Return a referendum as it is on the best block.

        Raises: CommandError if there is none.
        """
        core = self._session.core
        return await referendum(core, number, await core.block_hash())

    @verb
    async def season(
        self, signer: Signer, amount: Balance, *, wait: Included = "included"
    ) -> Receipt:
        """Set AMAX aside, so that it may vote after the time that the chain asks for."""
        planck = planck_of(amount, Token.AMAX)
        made = call_of(self._session.core, ConvictionVoting.season, planck)
        return await self._session.execute(made, signer, wait)

    @verb
    async def vote(
        self,
        signer: Signer,
        number: int,
        side: Side,
        amount: Balance,
        conviction: Conviction = Conviction.LOCKED1X,
        *,
        wait: Included = "included",
    ) -> Receipt:
        """Vote in a referendum with AMAX that was set aside: aye, nay or abstain."""
        planck = planck_of(amount, Token.AMAX)
        cast = (
            SplitAbstain(0, 0, planck)
            if side == "abstain"
            else Standard(Vote(side == "aye", conviction), planck)
        )
        made = call_of(self._session.core, ConvictionVoting.vote, number, cast)
        return await self._session.execute(made, signer, wait)

    @verb
    async def delegate(
        self,
        signer: Signer,
        track: str,
        to: Account,
        amount: Balance,
        conviction: Conviction = Conviction.LOCKED1X,
        *,
        wait: Included = "included",
    ) -> Receipt:
        """Let another account vote for you on a track, by its name."""
        core, planck = self._session.core, planck_of(amount, Token.AMAX)
        place, target = track_named(core, track).number, Id(self._session.account(to))
        made = call_of(core, ConvictionVoting.delegate, place, target, conviction, planck)
        return await self._session.execute(made, signer, wait)

    @verb
    async def undelegate(
        self, signer: Signer, track: str, *, wait: Included = "included"
    ) -> Receipt:
        """Vote for yourself again on a track."""
        core = self._session.core
        made = call_of(core, ConvictionVoting.undelegate, track_named(core, track).number)
        return await self._session.execute(made, signer, wait)

    @verb
    async def propose(
        self,
        signer: Signer,
        call: Call,
        track: str,
        *,
        after: int = 1,
        wait: Included = "included",
    ) -> Proposed:
        """Submit a referendum on a call; it is made `after` blocks past its approval."""
        core = self._session.core
        raw = submission(core, call.encode(), track_named(core, track), after)
        receipt = await self._session.execute(core.calls.decode(raw), signer, wait)
        return Proposed(receipt.the(Submitted).index, receipt)

    @verb
    async def deposit(self, signer: Signer, number: int, *, wait: Included = "included") -> Receipt:
        """Place the decision deposit of a referendum, without which it is not decided."""
        made = call_of(self._session.core, Referenda.place_decision_deposit, number)
        return await self._session.execute(made, signer, wait)
