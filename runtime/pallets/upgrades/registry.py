"""The claims that count: a list to draw from, and sums to compare with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.pallets.upgrades import records
from runtime.pallets.upgrades.records import (
    NO_CLAIMS,
    NO_POINTS,
    PERBILL,
    WEIGHTS,
    Account,
    Cause,
    Claim,
    ClaimKind,
    Live,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.upgrades.pallet import Upgrades


class Registry:
    """Lists accepted claims. Invariant: the list has no gaps, and each claim knows its place."""

    def __init__(self, pallet: Upgrades) -> None:
        self._pallet = pallet

    def add(self, claim: int, record: Claim) -> Live:
        """List a claim that was accepted; return what it counts."""
        pallet, who = self._pallet, record.provider
        points = points_of(record, self.shown(record))
        live = Live(points, pallet.era(), pallet.live_count)
        pallet.live[live.place], pallet.live_count = claim, live.place + 1
        group = pallet.ports.improvers.group(who)
        self._put(who, Account(pallet.accounts[who].sums.plus(live.sums), group))
        return live

    def shown(self, record: Claim) -> int:
        """Return what counts of a claimed gain, in ppb: of efficiency what telemetry shows."""
        if record.kind is not ClaimKind.EFFICIENCY:
            return record.gain
        now = self._pallet.ports.improvers.efficiency(record.provider)
        return min(record.gain, max(now - record.efficiency, 0) * PERBILL // record.efficiency)

    def remove(self, claim: int, record: Claim) -> None:
        """Forget a claim; the last of the list takes its place."""
        pallet, live, who = self._pallet, record.live, record.provider
        del pallet.claims[claim], pallet.claim_of[who, record.kind]
        pallet.claim_count -= 1
        if live is None:
            return
        account = pallet.accounts[who]
        self._put(who, replace(account, sums=account.sums.minus(live.sums)))
        pallet.live_count -= 1
        last = pallet.live[pallet.live_count]
        del pallet.live[pallet.live_count]
        if last != claim:
            moved = pallet.claims[last]
            assert moved.live is not None, "what is listed counts"
            pallet.live[live.place] = last
            pallet.claims[last] = replace(moved, live=replace(moved.live, place=live.place))

    def points_of(self, who: AccountId) -> int:
        """Return the points of a provider now; its group's are at most a fifth of all."""
        pallet, era, account = self._pallet, self._pallet.era(), self._pallet.accounts[who]
        points = account.sums.at(era)
        if account.group is None or not points:
            return points
        group, whole = pallet.group_sums[account.group].at(era), pallet.sums.at(era)
        most = max(whole - group, 0) // pallet.config.group_divisor
        return points if group <= most else points * most // group

    def _put(self, who: AccountId, new: Account) -> None:
        """Record what a provider's claims count; move it all where its group is another now."""
        pallet, old = self._pallet, self._pallet.accounts[who]
        pallet.sums = pallet.sums.minus(old.sums).plus(new.sums)
        if old.group is not None:
            pallet.group_sums[old.group] = pallet.group_sums[old.group].minus(old.sums)
        if new.group is not None:
            pallet.group_sums[new.group] = pallet.group_sums[new.group].plus(new.sums)
        pallet.accounts[who] = NO_CLAIMS if new.sums == NO_POINTS else new

    def audit(self, number: int) -> int:
        """Draw accepted claims to be looked at again; return how many were looked at."""
        pallet, config, era = self._pallet, self._pallet.config, self._pallet.era()
        if era != pallet.audit_era:
            pallet.audit_era = era
            pallet.audits_left = -(-pallet.live_count * config.audit_percent // 100)
        room = records.MAX_DRAWS - len(pallet.draws)
        count = min(pallet.audits_left, config.audits_per_block, room, pallet.live_count)
        seed = pallet.ports.randomness.of_block(number) if count else None
        if seed is None:
            return 0
        for turn in range(count):
            drawn = int.from_bytes(blake2_256(seed + b"audit" + bytes((turn,))), "little")
            self._audit_one(pallet.live[drawn % pallet.live_count])
        pallet.audits_left -= count
        return count

    def _audit_one(self, claim: int) -> None:
        """Have a claim looked at again, unless it is already."""
        pallet, record = self._pallet, self._pallet.claims[claim]
        if record.review is None:
            pallet.deposit(records.AuditDrawn(claim))
            pallet.reviews.begin(claim, record, Cause.AUDITED, None)

    def sweep(self) -> int:
        """Look at some accepted claims in turn, and end those whose points are gone."""
        pallet = self._pallet
        count = min(pallet.live_count, pallet.config.sweeps_per_block)
        for _ in range(count):
            place = pallet.sweep_at if pallet.sweep_at < pallet.live_count else 0
            pallet.sweep_at = place + 1
            if place < pallet.live_count:
                self._sweep_one(pallet.live[place])
        return count

    def _sweep_one(self, claim: int) -> None:
        """End a claim whose points are gone, unless it is being looked at."""
        pallet, record = self._pallet, self._pallet.claims[claim]
        assert record.live is not None, "what is listed counts"
        if record.review is None and record.live.has_ended(pallet.era()):
            pallet.end(claim, record)


def points_of(record: Claim, gain: int) -> int:
    """Return what a claim counts at first: baseline · gain · weight, in micro-CU per epoch."""
    return record.baseline * gain * WEIGHTS[record.kind] // PERBILL**2
