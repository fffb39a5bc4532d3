"""The bonds of members: how they leave, and what faults take of them.

A slash takes from the bond first, then from what is on its way out of it: leaving does not save
what was at stake. Half is burned, the rest goes to the treasury.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure
from runtime.frame.fungible import HoldReason
from runtime.pallets.oracle import events
from runtime.pallets.oracle.events import Error
from runtime.pallets.oracle.formulas import PERBILL
from runtime.pallets.oracle.records import (
    MAX_CHUNKS,
    OFFENCES_KEPT,
    Chunk,
    Member,
    MemberStatus,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.oracle.pallet import Oracle

BOND = HoldReason.ORACLE_BOND

Chunks = tuple[Chunk, ...]


class Bonds:
    """Moves bonds, seats and status. Invariant: `active` lists exactly the members that report."""

    def __init__(self, pallet: Oracle) -> None:
        self._pallet = pallet

    def put(self, who: AccountId, member: Member) -> None:
        """Record a member; list it as active exactly while it is."""
        pallet = self._pallet
        pallet.member[who] = member
        active = pallet.active
        if (member.status is MemberStatus.ACTIVE) != (who in active):
            rest = tuple(one for one in active if one != who)
            pallet.active = rest if who in active else (*rest, who)

    def leave(self, who: AccountId, member: Member, amount: Balance) -> Member:
        """Return the member after `amount` has started to leave its bond."""
        pallet = self._pallet
        era = pallet.era() + pallet.config.unbonding_eras
        chunks = with_chunk(member.unbonding, Chunk(era, amount))
        pallet.deposit(events.Unbonding(who, amount, era))
        return replace(member, bond=member.bond - amount, unbonding=chunks)

    def slash(self, who: AccountId, part: int) -> Balance:
        """Take a part, in ppb, of everything `who` has on hold; return what was taken."""
        pallet, member = self._pallet, self._pallet.member.get(who)
        amount = member.total * part // PERBILL if member is not None else 0
        if member is None or not amount:
            return 0
        from_bond = min(amount, member.bond)
        chunks = without(member.unbonding, amount - from_bond)
        member = replace(member, bond=member.bond - from_bond, unbonding=chunks)
        currency, treasury = pallet.currency, pallet.config.treasury
        kept = amount // 2
        if not pallet.attempt(currency.transfer_on_hold, BOND, who, treasury, kept):
            kept = 0
        currency.burn_held(BOND, who, amount - kept)
        pallet.deposit(events.Slashed(who, amount, kept))
        self.put(who, member)
        is_thin = 2 * member.bond < pallet.config.minimum_bond
        if is_thin and member.status is MemberStatus.ACTIVE:
            self.jail(who)
        return amount

    def jail(self, who: AccountId) -> None:
        """Let a member count no more, for an era at least."""
        pallet = self._pallet
        until = pallet.context.number + pallet.config.era_blocks
        member = replace(
            pallet.member[who], status=MemberStatus.JAILED, jailed_until=until, missed=0
        )
        self.put(who, member)
        pallet.deposit(events.Jailed(who, until))

    def outlier(self, who: AccountId, round_: int) -> None:
        """Remember that a member was far off in a round; the third time it loses its seat."""
        pallet = self._pallet
        member = pallet.member.get(who)
        if member is None or round_ in member.outlier_rounds:
            return
        window = pallet.config.outlier_eras * pallet.config.era_blocks // pallet.config.round_blocks
        recent = tuple(one for one in member.outlier_rounds if round_ - one < window)
        rounds = (*recent, round_)[-OFFENCES_KEPT:]
        self.put(who, replace(member, outlier_rounds=rounds))
        if len(rounds) == OFFENCES_KEPT and who in pallet.seats:
            self.remove(who)

    def remove(self, who: AccountId) -> None:
        """Take a member's seat; what is left of its bond is on its way out."""
        pallet, member = self._pallet, self._pallet.member[who]
        pallet.seats = tuple(one for one in pallet.seats if one != who)
        if member.bond:
            # one chunk more than a member may make by itself would be above the bound: join them
            member = self.leave(
                who, replace(member, unbonding=joined(member.unbonding)), member.bond
            )
        self.put(who, replace(member, status=MemberStatus.REMOVED))
        pallet.deposit(events.MemberRemoved(who))
        self.forget(who)

    def forget(self, who: AccountId) -> None:
        """Drop the record of a former member that has nothing left."""
        pallet, member = self._pallet, self._pallet.member[who]
        is_done = member.status is MemberStatus.REMOVED and not member.total and not member.earned
        if is_done:
            del pallet.member[who]


def with_chunk(chunks: Chunks, added: Chunk) -> Chunks:
    """Return the chunks with one more; chunks of one era are one.

    Raises:
        DispatchError: there are too many.
    """
    same = sum(chunk.amount for chunk in chunks if chunk.era == added.era)
    others = tuple(chunk for chunk in chunks if chunk.era != added.era)
    ensure(len(others) < MAX_CHUNKS, Error.TOO_MANY_CHUNKS)
    return (*others, Chunk(added.era, same + added.amount))


def joined(chunks: Chunks) -> Chunks:
    """Return the chunks with room for one more: where there is none, the last two become one."""
    if len(chunks) < MAX_CHUNKS:
        return chunks
    return (*chunks[:-2], Chunk(chunks[-1].era, chunks[-2].amount + chunks[-1].amount))


def without(chunks: Chunks, amount: Balance) -> Chunks:
    """Take `amount` from the chunks, those that leave last first."""
    kept: list[Chunk] = []
    for chunk in reversed(chunks):
        taken = min(chunk.amount, amount)
        amount -= taken
        if chunk.amount > taken:
            kept.append(Chunk(chunk.era, chunk.amount - taken))
    return tuple(reversed(kept))
