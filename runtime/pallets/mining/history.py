"""What each account did and earned, epoch by epoch: listed as it happens, scored, then forgotten.

Whoever does something in an epoch is listed there once. When the epoch is closed a cursor scores
its list, and 84 epochs later another deletes it, some accounts in each block: no hook ever looks at
everybody. Whoever is not listed has no record, and its score is what the sources say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.frame.earnings import Rule
from runtime.pallets.mining import formulas
from runtime.pallets.mining.records import (
    ENDED_ERAS,
    EPOCHS_KEPT,
    BehaviourScore,
    Cursor,
    Earned,
    EpochRecord,
    SubScores,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.mining.pallet import Mining

SCORED_PER_BLOCK = 16
"""So 9,600 accounts in an epoch of 600 blocks: twice the providers of a full market."""
FORGOTTEN_PER_BLOCK = 32
"""Twice as many as can be scored: what grew in a rush is worked off."""
EPOCHS_OPEN = 2
"""Epochs in which proven work counts: their own and the next."""

EMPTY = EpochRecord((), None)

LOOK = Weight(reads=5, writes=2)
"""The epoch and both cursors."""
SCORE = Weight(reads=45, writes=2, compute=100_000)
"""An account's record, its proven work, its standing, what it voted, improved and brought, and its
stakes in 16 vaults: 43 keys were read, see the test of all hooks, and what assets are worth."""
ENDED = Weight(reads=ENDED_ERAS)
"""The referenda in which accounts may have voted: the same for all that are scored in a block."""
FORGET = Weight(reads=2, writes=3)
"""A record and its place, or the size of a list that is done with."""
MOST = LOOK + ENDED + SCORE * SCORED_PER_BLOCK + FORGET * FORGOTTEN_PER_BLOCK
"""All that there is to do in a block at most."""


class History:
    """Keeps records of epochs. Invariant: each record is listed once, under its own epoch."""

    def __init__(self, pallet: Mining) -> None:
        self._pallet = pallet

    def note(self, who: AccountId) -> None:
        """List an account among those of the epoch under way."""
        self._record(self._epoch(), who)

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Add what a rule paid an account to its record of the epoch under way."""
        if not amount:
            return
        epoch = self._epoch()
        record = self._record(epoch, who)
        sums = {one.rule: one.amount for one in record.earned}
        sums[rule] = sums.get(rule, 0) + amount
        items = tuple(Earned(one, paid) for one, paid in sums.items())
        self._pallet.records[epoch, who] = replace(record, earned=items)

    def run(self, left: int) -> Weight:
        """Score and forget what a block has room for, if that is enough; return what it cost."""
        if MOST.ref_time > left:
            return Weight()
        pallet, current = self._pallet, self._epoch()
        last = current - EPOCHS_OPEN
        scored, pruned = pallet.scoring, pallet.pruning
        if scored is None or pruned is None:
            pallet.scoring = pallet.pruning = Cursor(current, 0)
            return LOOK
        weight = LOOK
        if scored.epoch <= last:
            pallet.scoring = self._advance(scored, last, SCORED_PER_BLOCK)
            weight += ENDED + SCORE * SCORED_PER_BLOCK
        if pruned.epoch <= last - EPOCHS_KEPT:
            pallet.pruning = self._forget(pruned, last - EPOCHS_KEPT, FORGOTTEN_PER_BLOCK)
            weight += FORGET * FORGOTTEN_PER_BLOCK
        return weight

    def score(self, who: AccountId, epoch: int) -> BehaviourScore:
        """Return the score of an account in an epoch: as written down, or as it would be now."""
        record = self._pallet.records.get((epoch, who))
        known = None if record is None else record.scores
        parts = self.parts(who, epoch) if known is None else known
        whole = formulas.score(self._pallet.config.weights, parts)
        return BehaviourScore(epoch, known is not None, whole, parts)

    def parts(self, who: AccountId, epoch: int) -> SubScores:
        """Return the sub-scores of an account in an epoch, by what is known now."""
        behaviour, scale = self._pallet.behaviour, self._pallet.config.scale
        credit = behaviour.proven(epoch, who)
        return SubScores(
            compute=formulas.compute_score(credit, scale.compute, behaviour.reliability(who)),
            stake=formulas.part(behaviour.stake(who, epoch), scale.stake),
            governance=self._pallet.turnout.participation(who),
            infra=formulas.part(behaviour.points(who), scale.infra),
            referral=formulas.part(behaviour.qualified_burn(who, epoch), scale.referral),
        )

    # ------------------------------------------------------------------------------------ helpers

    def _epoch(self) -> int:
        return self._pallet.clock.current_epoch()

    def _record(self, epoch: int, who: AccountId) -> EpochRecord:
        """Return the record of an account in an epoch; list it if there is none yet."""
        pallet = self._pallet
        record = pallet.records.get((epoch, who))
        if record is None:
            place = pallet.active_count[epoch]
            pallet.active[epoch, place] = who
            pallet.active_count[epoch] = place + 1
            record = pallet.records[epoch, who] = EMPTY
        return record

    def _advance(self, cursor: Cursor, last: int, steps: int) -> Cursor:
        """Score accounts from a cursor on, of epochs up to `last`; return where it then stands."""
        pallet, epoch, place = self._pallet, cursor.epoch, cursor.place
        for _ in range(steps):
            if epoch > last:
                break
            if place >= pallet.active_count[epoch]:
                epoch, place = epoch + 1, 0
                continue
            self.score_of(epoch, pallet.active[epoch, place])
            place += 1
        return Cursor(epoch, place)

    def score_of(self, epoch: int, who: AccountId) -> None:
        """Write down the scores of an account that is listed in an epoch."""
        pallet = self._pallet
        pallet.casts[who] = pallet.turnout.resolved(who)
        record = pallet.records[epoch, who]
        pallet.records[epoch, who] = replace(record, scores=self.parts(who, epoch))

    def _forget(self, cursor: Cursor, last: int, steps: int) -> Cursor:
        """Delete records from a cursor on, of epochs up to `last`; return where it then stands."""
        pallet, epoch, place = self._pallet, cursor.epoch, cursor.place
        for _ in range(steps):
            if epoch > last:
                break
            if place >= pallet.active_count[epoch]:
                del pallet.active_count[epoch]
                epoch, place = epoch + 1, 0
                continue
            del pallet.records[epoch, pallet.active[epoch, place]]
            del pallet.active[epoch, place]
            place += 1
        return Cursor(epoch, place)
