"""Audits under random verdicts: nothing is stuck, no invariant breaks, and no planck is lost.

Results are right, wrong or withheld, auditors honest, wrong, silent or absent, as a die falls. The
bench checks every invariant and declared weight after each call and hook; here the money is added
up, and each decision compared with what the verdicts that were shown come to.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from runtime.compute.audit import Verdict
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import audits, providers
from runtime.pallets.audits import Outcome, Phase
from runtime.pallets.balances import BurnedHeld, DustLost
from runtime.primitives.types import UNIT
from tests.pallets.audit_world import RESULT, AuditWorld, flipped
from tests.pallets.compute_market import CAROL, DAVE, EVE, info

FATES = (*["right"] * 4, *["wrong"] * 4, *["withheld"] * 2)
"""Of results: exact, not exact, or served to nobody."""
MOODS = (*["honest"] * 8, "wrong", "blind", "silent", "absent")
"""Two in three are a help."""
WRONG = flipped()
FEW = 6
"""Jobs that three providers can all fail in: the third failure of one removes it."""


class Assize:
    """Validators and a die."""

    def __init__(self, seed: int, validators: int) -> None:
        self.die = Random(seed)
        self.world = AuditWorld(validators, commit_blocks=3, reveal_blocks=3, kept_blocks=20)
        for who in (CAROL, DAVE, EVE):
            self.world.token.mint_into(who, 10_000 * UNIT)
            registered = (info(who), 1_000 * UNIT)
            self.world.call(self.world.providers.register_provider, Signed(who), *registered)
        self.world.context.events.clear()
        self.issued = self.world.token.total_issuance
        self.seen: Counter[object] = Counter()
        self.moods: dict[tuple[int, bytes], str] = {}
        self.fates: dict[int, str] = {}

    def run(self, jobs: int) -> None:
        """Let jobs be audited, one after the other and some at once."""
        for _ in range(jobs):
            fate = self.die.choice(FATES)
            self.world.proven(result=WRONG if fate == "wrong" else RESULT)
            self.fates[self.world.audits.next_audit_id - 1] = fate
            for _ in range(self.die.choice([1, 3, 12])):
                self.block()
        for _ in range(200):
            if self.is_at_rest():
                break
            self.block()

    def is_at_rest(self) -> bool:
        """Say whether every audit is over."""
        return all(record.phase is Phase.CLOSED for _, record in self.world.audits.audits.items())

    def block(self) -> None:
        """Let each auditor do what it is in the mood for, then let a block pass."""
        for audit, record in list(self.world.audits.audits.items()):
            result = WRONG if self.fates.get(audit) == "wrong" else RESULT
            if record.phase is Phase.COMMITTING:
                for who in self.world.committee(audit):
                    mood = self.moods.setdefault((audit, who), self.die.choice(MOODS))
                    if mood != "absent" and self.die.random() < 0.7:
                        finding = self.world.finding(audit, who, self.verdict(audit, mood), result)
                        self.world.commit_to(audit, who, finding)
            is_time = self.world.context.number > record.shown_from
            if record.phase is Phase.REVEALING and is_time:
                for seat in record.awaited:
                    mood = self.moods[audit, seat.auditor]
                    if mood != "silent" and self.die.random() < 0.7:
                        verdict = self.verdict(audit, mood)
                        finding = self.world.finding(audit, seat.auditor, verdict, result)
                        self.world.show(audit, seat.auditor, finding, result)
        self.world.next_block()
        self.count()

    def verdict(self, audit: int, mood: str) -> Verdict:
        fate = self.fates[audit]
        if mood == "blind" or (mood == "honest" and fate == "withheld"):
            return Verdict.MISSING
        return Verdict.BAD if (fate == "wrong") != (mood == "wrong") else Verdict.GOOD

    def count(self) -> None:
        """Compare the issuance with what was burned, and slashes with where they went."""
        for event in self.world.happened():
            if isinstance(event, BurnedHeld | DustLost):
                self.issued -= event.amount
            if isinstance(event, audits.AuditDecided):
                self.seen[event.outcome] += 1
            if isinstance(event, providers.ProviderSlashed):
                assert event.awarded + event.found <= event.amount
        self.world.context.events.clear()
        token = self.world.token
        assert token.total_issuance == self.issued
        for who in self.world.validators:
            bonded = self.world.staking.ledger[who].total
            assert token.held(HoldReason.VALIDATOR_BOND, who) == bonded


@pytest.mark.parametrize(("die", "validators"), [(1, 1), (2, 4), (3, 13)])
def test_random_verdicts_leave_nothing_open_and_lose_no_planck(die: int, validators: int) -> None:
    assize = Assize(die, validators)
    assize.run(4)
    assert assize.is_at_rest()
    assert dict(assize.world.audits.auditors.items()) == {}
    assert sum(assize.seen.values()) == 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_random_audits_see_every_outcome() -> None:
    seen: Counter[object] = Counter()
    for die in range(20):
        assize = Assize(100 + die, 4 + die)
        assize.run(FEW)
        assert assize.is_at_rest()
        seen += assize.seen
    assert sorted(outcome.name for outcome in Outcome if not seen[outcome]) == []
