"""Accounts with a die in a compute market: what every machine of its random calls does alike."""

from collections import Counter
from random import Random
from typing import Any

from runtime.frame import DispatchError, Signed
from runtime.pallets import jobs
from runtime.pallets.balances import BurnedHeld, DustLost, Minted
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import PEOPLE, ComputeMarket


class MarketCrowd:
    """Five accounts and a die. Machines say what else the accounts do, and how often."""

    def __init__(self, seed: int, world: ComputeMarket) -> None:
        self.die, self.world = Random(seed), world
        self.issued = world.token.total_issuance
        self.seen: Counter[type] = Counter()
        world.context.events.clear()

    def act(self, steps: int, weights: dict[str, int]) -> None:
        """Do random things, each as often as its weight says."""
        for name in self.die.choices(list(weights), list(weights.values()), k=steps):
            getattr(self, name)()
            self.count_the_money()

    def count_the_money(self) -> None:
        """Compare the issuance with what the events since the last look say of it."""
        for event in self.world.happened():
            self.seen[type(event)] += 1
            if isinstance(event, BurnedHeld | DustLost):
                self.issued -= event.amount
            if isinstance(event, Minted):
                self.issued += event.amount
            if isinstance(event, jobs.SegmentSettled):
                pots = event.validators + event.oracles + event.stakers + event.treasury
                spent = pots + event.burn + event.scarcity_burn + event.provider_paid
                spent += event.discount
                assert event.fee == spent
        self.world.context.events.clear()
        assert self.world.token.total_issuance == self.issued

    def call(self, method: Any, who: bytes, *arguments: Any) -> None:
        """Dispatch a call of an account; it may be refused."""
        try:
            self.world.call(method, Signed(who), *arguments)
        except DispatchError as refusal:
            self.seen[type(refusal)] += 1

    def anyone(self) -> bytes:
        return self.die.choice(PEOPLE)

    # providers

    def bond_extra(self) -> None:
        amount = self.die.choice([0, 1, UNIT, 50 * UNIT, 2000 * UNIT])
        self.call(self.world.providers.bond_extra, self.anyone(), amount)

    def unbond(self) -> None:
        amount = self.die.choice([0, 1, UNIT, 100 * UNIT])
        self.call(self.world.providers.unbond, self.anyone(), amount)

    def withdraw(self) -> None:
        self.call(self.world.providers.withdraw_unbonded, self.anyone())

    def chill_or_resume(self) -> None:
        book = self.world.providers
        self.call(self.die.choice([book.chill, book.resume, book.resume]), self.anyone())
