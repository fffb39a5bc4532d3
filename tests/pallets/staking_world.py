"""Validators that are elected: the offence world with accounts that come, nominate and leave."""

from __future__ import annotations

from runtime.frame import Signed
from runtime.pallets.staking import ToStash, ValidatorPrefs
from runtime.pallets.staking.records import RewardDestination
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import ERA_BLOCKS, MINIMUM, POT, OffenceWorld, keys_of
from tests.support.bench import account

RICH = 100_000 * UNIT
STASH = ToStash()


class StakingWorld(OffenceWorld):
    """Seven validators with 1,000 AGPU each, and accounts 500 on with 100,000 AGPU."""

    def __init__(self, people: int = 12) -> None:
        super().__init__()
        self.people = tuple(account(500 + number) for number in range(people))
        for who in (*self.people, POT):
            self.money.mint_into(who, RICH if who != POT else MINIMUM)

    def bond(self, who: bytes, amount: int, payee: RewardDestination = STASH) -> None:
        self.call(self.staking.bond, Signed(who), amount, payee)

    def nominate(self, who: bytes, *targets: bytes) -> None:
        self.call(self.staking.nominate, Signed(who), tuple(Id(one) for one in targets))

    def nominator(self, who: bytes, amount: int, *targets: bytes) -> None:
        self.bond(who, amount)
        self.nominate(who, *targets)

    def validate(self, who: bytes, commission: int = 0, *, blocked: bool = False) -> None:
        prefs = ValidatorPrefs(commission, blocked)
        self.call(self.staking.validate, Signed(who), prefs)

    def set_keys(self, who: bytes, number: int) -> None:
        """Give an account keys without a proof: sessions have their own tests."""
        self.session._own(who, keys_of(number))

    def candidate(self, who: bytes, amount: int, number: int) -> None:
        """Let an account stand for election, with keys."""
        self.bond(who, amount)
        self.set_keys(who, number)
        self.validate(who)

    def exposure(self, who: bytes) -> tuple[int, int]:
        """Return what stands behind a validator in this era, and how much of it is its own."""
        found = self.staking.eras_stakers_overview.get((self.staking.era(), who))
        return (0, 0) if found is None else (found.total, found.own)

    def eras(self, count: int) -> None:
        """Let eras pass at once: the chain makes blocks, nobody looks at them one by one."""
        target = self.staking.era() + count
        self.context.number = max(self.context.number, (target - 1) * ERA_BLOCKS)
        while self.staking.era() < target:
            self.era()

    def earn(self, amount: int, **points: int) -> None:
        """Let the pot receive an amount, and validators earn points: `v0=20` is the first's."""
        if amount:
            self.money.mint_into(POT, amount)
        earned = ((self.accounts[int(name[1:])], more) for name, more in points.items())
        self.staking.reward_by_ids(tuple(earned))
