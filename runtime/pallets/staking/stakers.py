"""Stakers, as sessions and offences see them: what is behind a validator, and what it may owe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.frame.offence import Exposure, OffenceDetails
from runtime.frame.sessions import Member
from runtime.pallets.staking.records import STAKE_UNIT
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import U32, U64, AccountId

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking


class Stakers:
    """Answers for staking where sessions begin and offences are reported; keeps nothing."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def exposure(self, who: AccountId) -> Exposure:
        """Return what stands behind a validator in the era under way; its nominators lie apart."""
        overview = self._pallet.eras_stakers_overview.get((self._pallet.era(), who))
        return Exposure(0, 0) if overview is None else Exposure(overview.total, overview.own)

    def vote_weight(self, who: AccountId) -> U64:
        """Return what an account votes with, in units of stake."""
        ledger = self._pallet.ledger.get(who)
        return 0 if ledger is None else ledger.active // STAKE_UNIT

    def oldest_session(self) -> U32:
        """Return the first session whose offences are still punished."""
        starts = self._pallet.bonded_eras
        return starts[0][1] if starts else 0

    def begins_era(self) -> bool:
        """Return whether the session after this one opens an era."""
        pallet = self._pallet
        return pallet.active_era is None or pallet.counting_era() > pallet.era()

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:  # noqa: ARG002
        """Open an era if one was seated; seat the next one if this is its last session."""
        return self._pallet.eras.on_session(index)

    def on_offence(
        self,
        offenders: tuple[OffenceDetails, ...],
        fraction: Perbill,
        session: U32,
        *,
        disables: bool = True,
    ) -> None:
        """Let offenders owe a part of what they had at stake; some are disabled in this era."""
        self._pallet.slashes.report(offenders, fraction, session, disables=disables)
