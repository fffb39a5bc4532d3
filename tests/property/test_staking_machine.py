"""Stakers under random calls, elections, offences and payouts: every invariant, no planck astray.

The bench checks the declared weights and all invariants after each step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from runtime.constants import LIMITS
from runtime.frame import DispatchError, Pallet, Root, Signed, Weight
from runtime.frame.offence import Equivocation
from runtime.pallets.staking import (
    Forcing,
    SlashDivided,
    StakersElected,
    StakingElectionFailed,
    ToBond,
    ToNobody,
    ToStash,
    ValidatorPrefs,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import AUTHOR, VALIDATORS
from tests.pallets.staking_world import StakingWorld

TENTH = LIMITS.hook_picoseconds
FEW, MANY = 120, 1_000
HONEST = 2
"""Validators of a session that do nothing wrong, so that the crowd lasts for all the steps."""
PERBILL = Perbill.ONE


class RememberingWorld(StakingWorld):
    """Keeps the events of blocks that are over."""

    def __init__(self, people: int) -> None:
        self.past: list[object] = []
        self.is_busy = False
        """Whether blocks have no room for an election."""
        super().__init__(people)

    def block(self, slots: int = 1, author: int = 0) -> None:
        self.past += self.happened()
        super().block(slots, author)

    def poll(self, pallet: Pallet, left: int = TENTH) -> Weight:
        return super().poll(pallet, 0 if self.is_busy and pallet is self.elections else left)

    def take_events(self) -> list[object]:
        """Return what happened since this was last asked for."""
        events, self.past = [*self.past, *self.happened()], []
        self.context.events.clear()
        return events


class Stakers:
    """Seven validators, ten who may join or nominate, and a die."""

    def __init__(self, seed: int) -> None:
        self.die, self.world = Random(seed), RememberingWorld(people=10)
        self.everyone = (*self.world.accounts, *self.world.people)
        self.issued = self.world.money.total_issuance
        self.seen: Counter[str] = Counter()
        self.offences = 0
        for number, who in enumerate(self.world.people[:4]):
            self.world.bond(who, 2_000 * UNIT)
            self.world.set_keys(who, 30 + number)

    def run(self, steps: int) -> None:
        moves: list[tuple[Callable[[], None], int]] = [
            (self.stake, 8),
            (self.stand, 4),
            (self.name, 6),
            (self.rest, 1),
            (self.send_away, 2),
            (self.rule, 1),
            (self.offend, 2),
            (self.cancel, 1),
            (self.collect, 6),
            (self.pass_time, 8),
        ]
        for _ in range(steps):
            (move,) = self.die.choices(*zip(*moves, strict=True))
            move()
            self.count()

    # moves

    def call(self, name: str, who: bytes, *arguments: object) -> None:
        world = self.world
        try:
            world.call(getattr(world.staking, name), Signed(who), *arguments)
            self.seen[name] += 1
        except DispatchError as refused:
            self.seen[refused.error.name] += 1

    def stake(self) -> None:
        die, who = self.die, self.die.choice(self.everyone)
        amount = die.choice([1, UNIT, 60 * UNIT, 900 * UNIT, 5_000 * UNIT])
        name = die.choice(["bond", "bond_extra", "unbond", "unbond", "rebond", "withdraw_unbonded"])
        if name == "bond":
            self.call(name, who, amount, die.choice([ToBond(), ToStash(), ToNobody()]))
        else:
            self.call(name, who, 0 if name == "withdraw_unbonded" else amount)

    def stand(self) -> None:
        prefs = ValidatorPrefs(self.die.choice([0, 10**7, PERBILL]), self.die.random() < 0.2)
        self.call("validate", self.die.choice(self.everyone), prefs)

    def name(self) -> None:
        listed = sorted(who for who, _ in self.world.staking.validators.items())
        targets = self.die.sample(listed, self.die.randint(0, len(listed)))
        nominator = self.die.choice(self.world.people)
        self.call("nominate", nominator, tuple(Id(one) for one in targets))

    def rest(self) -> None:
        if self.die.random() < 0.5:
            self.call("chill", self.die.choice(self.everyone))
        else:
            self.call("chill_other", self.everyone[0], self.die.choice(self.everyone))

    def send_away(self) -> None:
        named = [Id(one) for one in self.die.sample(self.world.people, 3)]
        self.call("kick", self.die.choice(self.everyone), tuple(named))

    def rule(self) -> None:
        """Let a referendum force eras or the least commission; mostly back to what is usual."""
        staking, die = self.world.staking, self.die
        name = die.choice(["force_no_eras", "force_new_era", "force_new_era_always", "back"])
        if name == "back":
            staking.eras.force(Forcing.NOT_FORCING)
        else:
            self.world.call(getattr(staking, name), Root())
            self.seen[name] += 1
        self.world.call(staking.set_min_commission, Root(), die.choice([0, 0, 10**7]))
        self.call("force_apply_min_commission", AUTHOR, die.choice(self.everyone))

    def offend(self) -> None:
        world, honest = self.world, self.world.session.validators[:HONEST]
        if len(world.session.validators) <= len(honest):
            return
        who = self.die.choice(world.session.validators[HONEST:])
        session = max(world.session.current_index - self.die.randrange(4), 0)
        time_slot = self.die.randrange(10).to_bytes(8, "little")
        self.offences += 1
        offender = who, world.staking.stakers.exposure(who)
        offence = Equivocation(b"babe:equivocatio", time_slot, session, VALIDATORS, offender)
        world.offences.report_offence(AUTHOR, offence)
        for pallet in world.pallets:
            pallet.try_state()

    def cancel(self) -> None:
        staking = self.world.staking
        for era, waiting in tuple(staking.unapplied_slashes.items())[:1]:
            place = self.die.randrange(len(waiting)) if waiting else 0
            try:
                self.world.call(staking.cancel_deferred_slash, Root(), era, (place,))
                self.seen["cancelled"] += 1
            except DispatchError:
                self.seen["nothing to cancel"] += 1

    def collect(self) -> None:
        staking = self.world.staking
        era = max(staking.era() - self.die.randrange(1, 5), 0)
        elected = [who for (_, who), _ in staking.eras_stakers_overview.items_under(era)]
        self.call("payout_stakers", AUTHOR, self.die.choice(elected or [AUTHOR]), era)

    def pass_time(self) -> None:
        world = self.world
        amount = self.die.choice([0, 10**10, 70 * UNIT])
        world.earn(amount)
        self.issued += amount
        earned = tuple((who, self.die.randrange(3)) for who in world.session.validators)
        world.staking.reward_by_ids(earned)
        # places may be other ones in the next session: who lost all its stake is left out
        places = min(len(world.session.validators), len(world.session.queued_keys))
        disabled = (*world.session.disabled(), *world.session.disabled_next())
        free = [place for place in range(places) if place not in disabled]
        world.is_busy = self.die.random() < 0.2
        if self.die.random() < 0.1:
            # many eras in which nobody looks: slashes fall due, stakes come free
            world.context.number += self.die.randrange(60)
        world.epoch(free[0])

    # what must be true

    def count(self) -> None:
        world = self.world
        for event in world.take_events():
            if isinstance(event, SlashDivided):
                self.issued -= event.amount - event.treasury - event.reporter
            self.seen[type(event).__name__] += 1
        assert world.money.total_issuance == self.issued
        assert world.session.validators, "a chain without validators would stop"


@pytest.mark.parametrize("die", [1, 2])
def test_random_stakers_break_no_invariant_and_lose_no_planck(die: int) -> None:
    stakers = Stakers(die)
    stakers.run(FEW)
    assert stakers.seen[StakersElected.__name__] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_thousands_of_random_steps_see_everything() -> None:
    stakers = Stakers(7)
    stakers.run(MANY)
    wanted = (
        *("bond", "bond_extra", "unbond", "rebond", "withdraw_unbonded", "validate", "nominate"),
        *("chill", "chill_other", "payout_stakers", "cancelled", "SlashDivided", "EraPaid"),
        *("force_no_eras", "force_new_era", "force_new_era_always", "kick", "Kicked"),
        *("COMMISSION_TOO_LOW", "force_apply_min_commission"),
        *("SlashCancelled", "Rewarded", "ValidatorDisabled"),
        *(StakersElected.__name__, StakingElectionFailed.__name__),
    )
    assert [name for name in wanted if not stakers.seen[name]] == []
