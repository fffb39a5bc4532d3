"""Disputes under chance: many accuse one provider, each side honest or not, awake or asleep.

Whatever they do, a provider whose result is right and who answers is never convicted; who accuses
a wrong result and takes each turn never loses its bond; who is silent loses; and no planck is lost:
issuance falls by exactly what the events say was burned. The bench checks every invariant and every
declared weight besides. A seed that fails is a test that repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from runtime.compute.receipt import MAX_OPENINGS_PER_BLOCK, Opening
from runtime.frame import DispatchError
from runtime.frame.fungible import HoldReason
from runtime.pallets.balances import BurnedHeld
from runtime.pallets.disputes import CaseClosed, Kind, Turn, Verdict
from tests.pallets.compute_market import ALICE, BOB, CAROL, DAVE, EVE, PROOF, TURN
from tests.pallets.dispute_world import LEAVES, RIGHT, DisputeWorld, leaf_at, wrong

ACCUSERS = (ALICE, BOB, DAVE, EVE)
ROUNDS = 60
AT_REST = 8 * TURN
LATE = 0.1
"""How often a provider that answers lets a block pass: never for the ten of a turn."""


@dataclass
class Accusation:
    """A case as the one who opened it means it."""

    who: bytes
    is_honest: bool
    """It points at what differs from the exact result, if anything does."""
    is_awake: bool
    """It takes each of its turns."""
    kind: Kind


class Court:
    """A provider, four who accuse it, and a die."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        self.rows = tuple(self.die.sample(range(200), self.die.choice([0, 0, 1, 3])))
        self.world = DisputeWorld(wrong(*self.rows) if self.rows else RIGHT)
        self.answers = self.die.random() < 0.8
        """Whether the provider does what it can."""
        self.accused: dict[int, Accusation] = {}
        self.verdicts: dict[int, Verdict] = {}
        self.issued = self.world.token.total_issuance
        self.world.context.events.clear()

    def run(self) -> None:
        """Let the sides do as they please, then let all time run out."""
        opened_at = self.die.randrange(3, 12)
        for block in range(ROUNDS):
            openings = self.sample() if block == opened_at else []
            if self.die.random() < 0.25:
                self.accuse()
            self.pass_block(openings)
        for _ in range(AT_REST):
            self.pass_block([])

    def pass_block(self, openings: list[Opening]) -> None:
        """Let each side take its turns, include the openings, and look at the money."""
        openings += self.provider_turns()
        if openings:
            self.world.include(openings=tuple(openings[:MAX_OPENINGS_PER_BLOCK]))
        self.accuser_turns()
        self.world.pass_blocks(1)
        self.count_the_money()

    def sample(self) -> list[Opening]:
        """Open the segment, as if the sample missed what is wrong, unless it failed already."""
        is_awaited = self.world.receipts.opening_context(self.world.job, 0) is not None
        return [Opening(self.world.job, 0, PROOF)] if is_awaited else []

    def accuse(self) -> None:
        who, is_honest = self.die.choice(ACCUSERS), self.die.random() < 0.6
        kind = self.die.choice([Kind.DISPUTE, Kind.DISPUTE, Kind.AVAILABILITY])
        wrong_leaves = [leaf_at(row) for row in self.rows]
        try:
            if kind is Kind.DISPUTE:
                number = self.world.dispute(who)
            elif is_honest and wrong_leaves:
                number = self.world.challenge(self.die.choice(wrong_leaves), who)
            else:
                number = self.world.challenge(self.die.randrange(LEAVES), who)
        except DispatchError:
            return
        self.accused[number] = Accusation(who, is_honest, self.die.random() < 0.8, kind)

    def open_cases(self, *turns: Turn) -> list[int]:
        cases = self.world.disputes.cases
        return [number for number, case in list(cases.items()) if case.turn in turns]

    def provider_turns(self) -> list[Opening]:
        """Show what is to be shown, soon; return the openings that can be made."""
        openings = []
        for number in self.open_cases(Turn.SHOW, Turn.OPEN) if self.answers else ():
            if self.die.random() < LATE or not self.world.is_standing(number):
                continue
            if self.world.case(number).turn is Turn.SHOW:
                self.world.show(number)
            elif (opening := self.world.opened(number)) is not None:
                openings.append(opening)
        return openings

    def accuser_turns(self) -> None:
        for number in self.open_cases(Turn.PICK):
            accusation = self.accused[number]
            if not accusation.is_awake or not self.world.is_standing(number):
                continue
            if accusation.is_honest and self.rows:
                self.world.pick_difference(number, accusation.who)
            else:
                shown = self.world.case(number).shown
                self.world.pick(number, self.die.randrange(len(shown)), accusation.who)

    def count_the_money(self) -> None:
        """Compare the issuance with what was burned, and note the verdicts."""
        for event in self.world.happened():
            if isinstance(event, BurnedHeld):
                self.issued -= event.amount
            if isinstance(event, CaseClosed):
                self.verdicts[event.case] = event.verdict
        self.world.context.events.clear()
        assert self.world.token.total_issuance == self.issued

    def check(self) -> None:
        """Check that each got what it deserved, and that nothing is left."""
        world = self.world
        assert sorted(self.verdicts) == sorted(self.accused)
        assert (list(world.disputes.cases.items()), list(world.disputes.timers.items())) == ([], [])
        assert all(world.token.held(HoldReason.DISPUTE_BOND, who) == 0 for who in ACCUSERS)
        for number, verdict in self.verdicts.items():
            accusation = self.accused[number]
            if self.answers and not self.rows:
                assert verdict is not Verdict.CONVICTED
            if self.rows and accusation.is_honest and accusation.is_awake:
                assert verdict in (Verdict.CONVICTED, Verdict.MOOT)
            if not self.answers:
                assert verdict in (Verdict.CONVICTED, Verdict.MOOT)
            if verdict is Verdict.WITHDRAWN:
                assert not accusation.is_awake
        convicted = [one for one in self.verdicts.values() if one is Verdict.CONVICTED]
        assert len(convicted) <= 1, "nobody is punished twice for one commitment"
        if convicted:
            assert world.providers.providers[CAROL].failures


@pytest.mark.parametrize("die", range(12))
def test_who_is_right_and_awake_wins_and_no_planck_is_lost(die: int) -> None:
    court = Court(die)
    court.run()
    court.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_eighty_courts_see_every_verdict() -> None:
    seen = set()
    for seed in range(100, 180):
        court = Court(seed)
        court.run()
        court.check()
        seen |= {(court.accused[case].kind, verdict) for case, verdict in court.verdicts.items()}
    every = {(kind, verdict) for kind in Kind for verdict in Verdict}
    assert every - seen == {(Kind.AVAILABILITY, Verdict.WITHDRAWN)}
