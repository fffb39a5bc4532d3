"""Vaults under random calls by many: holds and points fit to the planck, and nothing is stuck.

Twelve accounts join, leave, earn and are slashed as chance has it. The bench checks every invariant
and every declared weight after each call and hook. Here the money is followed besides: a second,
slow reckoning by exact fractions says what each member must have earned, and in the end everybody
leaves with all of it. A seed that fails is a test that repeats.
"""

from collections import Counter
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from runtime.compute.job import JobClass
from runtime.frame import DispatchError, Signed
from runtime.pallets import vaults
from runtime.pallets.balances import BurnedHeld
from runtime.pallets.vaults import Insurance, OfMarket, OfProvider, OfTask
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import DAVE, ELSEWHERE, ERA, EVE, MARKET, TASK, VaultWorld
from tests.support.bench import account

PEOPLE = tuple(account(100 + i) for i in range(12))
RICH = 10**6 * UNIT
WEIGHTS = {
    "join": 14,
    "bond_extra": 8,
    "unbond": 14,
    "withdraw": 8,
    "rebond": 6,
    "claim": 8,
    "fee": 14,
    "commission": 6,
    "slash": 3,
    "convict": 4,
    "pay_claim": 4,
    "apply": 5,
    "next_epoch": 10,
    "pass_eras": 6,
}
KINDS = (OfMarket(MARKET), OfTask(TASK), OfMarket(ELSEWHERE), Insurance(), OfProvider(DAVE))
INSURED, BEHIND = 3, 4
"""The vaults that are slashed: that of insurance, and the provider's."""


class Crowd:
    """Twelve members, a provider, and a die."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        self.world = VaultWorld()
        for who in PEOPLE:
            self.world.token.mint_into(who, RICH)
        for kind in KINDS[:BEHIND]:
            self.world.create(kind)
        self.world.behind(DAVE, 10**8)
        self.issued = self.world.token.total_issuance
        self.world.context.events.clear()
        self.seen: Counter[str] = Counter()
        self.earned: dict[tuple[int, bytes], Fraction] = {}
        self.claimed: Counter[tuple[int, bytes]] = Counter()
        self.changes: Counter[tuple[int, bytes]] = Counter()

    def run(self, steps: int) -> None:
        for name in self.die.choices(list(WEIGHTS), list(WEIGHTS.values()), k=steps):
            getattr(self, name)()
            self.count()
        self.everybody_leaves()
        self.count()

    def count(self) -> None:
        """Compare issuance and earnings with what the events since the last look say."""
        for event in self.world.happened():
            self.seen[type(event).__name__] += 1
            if isinstance(event, BurnedHeld):
                self.issued -= event.amount
            elif isinstance(event, vaults.PayoutClaimed):
                self.claimed[event.vault, event.who] += event.amount
        self.world.context.events.clear()
        assert self.world.token.total_issuance == self.issued
        for key, position in self.world.vaults.positions.items():
            vault = self.world.vaults.vaults[key[0]]
            now = self.claimed[key] + self.world.vaults.yields.unpaid(key[0], vault, position)
            expected = self.earned.get(key, Fraction(0))
            # what counts and what began to count are each rounded down whenever they are looked at
            assert expected - 2 * (self.changes[key] + 1) <= now <= expected

    def call(self, method: Any, who: bytes, *arguments: Any) -> bool:
        """Dispatch a call of an account; it may be refused."""
        touched = [(number, one) for number, one in self.listed() if one == who]
        try:
            self.world.call(method, Signed(who), *arguments)
        except DispatchError as refusal:
            self.seen[refusal.error.name] += 1
            return False
        self.changes.update(touched)
        return True

    def listed(self) -> list[tuple[int, bytes]]:
        return [key for key, _ in self.world.vaults.positions.items()]

    def member(self) -> tuple[int, bytes]:
        """Return somebody in a vault, or anybody."""
        listed = self.listed()
        if listed and self.die.random() < 0.95:
            return self.die.choice(listed)
        return self.die.randrange(len(KINDS)), self.die.choice(PEOPLE)

    def amount(self) -> int:
        """Return an amount of any size, mostly an odd one."""
        return self.die.randrange(1, 10 ** self.die.randrange(1, 17))

    def expect(self, before: dict[int, int]) -> None:
        """Give each member, by exact fractions, its part of what its vault has just earned."""
        for number, owed in before.items():
            vault = self.world.vaults.vaults[number]
            shares = {
                who: position.weight
                + (position.joining if self.world.vaults.yields.counts(position) else 0)
                for (place, who), position in self.world.vaults.positions.items()
                if place == number
            }
            whole = sum(shares.values())
            for who, weight in shares.items():
                part = Fraction((vault.owed - owed) * weight, max(whole, 1))
                self.earned[number, who] = self.earned.get((number, who), Fraction(0)) + part

    def owed(self) -> dict[int, int]:
        return {number: vault.owed for number, vault in self.world.vaults.vaults.items()}

    # what they do

    def join(self) -> None:
        number, who = self.die.randrange(len(KINDS)), self.die.choice((*PEOPLE, DAVE))
        lock = self.die.choice((28, 28, 29, 60))
        amount = self.amount() + self.die.choice((0, UNIT, 10 * UNIT))
        self.call(self.world.vaults.join, who, number, vaults.AGPU, amount, lock)

    def bond_extra(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.bond_extra, who, number, self.amount())

    def unbond(self) -> None:
        number, who = self.member()
        position = self.world.vaults.positions.get((number, who))
        points = 1 if position is None else position.points
        if self.die.random() < 0.7:
            points = self.die.randrange(points + 2)
        self.call(self.world.vaults.unbond, who, number, points)

    def withdraw(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.withdraw_unbonded, who, number)

    def rebond(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.rebond, who, number, self.die.randrange(2))

    def claim(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.claim_payout, who, number)

    def apply(self) -> None:
        _, who = self.member()
        vault = self.die.choice((INSURED, BEHIND))
        if self.call(self.world.vaults.apply_slash, EVE, vault, who):
            self.changes[vault, who] += 1

    def fee(self) -> None:
        before = self.owed()
        market = self.die.choice((MARKET, ELSEWHERE))
        self.world.fee(self.amount() % (50 * UNIT) + 1, market, self.die.choice(list(JobClass)[:3]))
        self.expect(before)

    def commission(self) -> None:
        before, free = self.owed(), self.world.token.free(DAVE)
        income = self.amount() % (50 * UNIT) + 1
        if income < free // 2:
            self.world.vaults.backing.share(DAVE, income)
            self.expect(before)

    def slash(self) -> None:
        part = self.die.choice((1, 1, 3, 10, 40))
        since = self.world.context.number - self.die.randrange(5 * ERA)
        self.world.slash(DAVE, part, 100 if self.die.random() < 0.9 else part, max(since, 0))

    def convict(self) -> None:
        since = self.world.context.number - self.die.randrange(5 * ERA)
        burned, lacking = self.amount(), self.die.choice((0, self.amount()))
        self.world.convict(DAVE, EVE, burned=burned, lacking=lacking, since=max(since, 0))

    def pay_claim(self) -> None:
        last = self.world.vaults.next_claim
        self.call(self.world.vaults.pay_claim, EVE, self.die.randrange(last + 1))

    def next_epoch(self) -> None:
        self.world.clock.epoch += self.die.choice((1, 1, 2))

    def pass_eras(self) -> None:
        self.world.pass_eras(self.die.choice((1, 2, 9, 28)))

    def everybody_leaves(self) -> None:
        """Let all time run out: whoever is in a vault can leave it, with nothing left behind."""
        self.world.pass_eras(60)
        for number, who in self.listed():
            position = self.world.position(number, who)
            if position.chunks:
                self.world.withdraw(number, who)
            if (number, who) in self.world.vaults.positions and position.points:
                self.world.unbond(number, who)
        self.world.pass_eras(28)
        for number, who in self.listed():
            if self.world.position(number, who).chunks:
                self.world.withdraw(number, who)
        for number, who in self.listed():
            self.world.claim(number, who)
        assert self.listed() == []
        for number, _ in list(self.world.vaults.claims.items()):
            self.world.call(self.world.vaults.pay_claim, Signed(EVE), number)
        assert not self.world.vaults.claimed, "everybody has left, and all claims are paid"
        assert [self.world.held(who) for who in (*PEOPLE, DAVE)] == [0] * 12 + [UNIT]
        assert list(self.world.vaults.cohorts.items()) == []
        assert list(self.world.vaults.left.items()) == []
        for number in range(len(KINDS)):
            founder = self.world.vault(number).founder
            self.world.call(self.world.vaults.close, Signed(founder), number)
        assert list(self.world.vaults.owed.items()) == []


@pytest.mark.parametrize("chance", range(4))
def test_many_members_do_as_they_please(chance: int) -> None:
    Crowd(chance).run(250)


@pytest.mark.slow
def test_a_long_run_sees_everything_that_can_happen() -> None:
    crowd = Crowd(1000)
    crowd.run(1_500)
    names = {kind.__name__ for kind in vaults.Vaults.events}
    others = {"VaultCreated", "VaultClosed", "AccessLevelSet", "CommissionSet"}
    # tokenised assets have a machine of their own: test_rwa_machine
    others |= {"AssetSeized", "AssetSold", "AssetUnbonded", "AssetWithdrawn", "Revalued"}
    assert names - others <= set(crowd.seen)
