"""The market under random calls, with referrals, votes, upgrades and claims among them.

The crowd of the jobs machine orders and works as before; besides, accounts bring each other, vote,
improve, judge and claim, and epochs pass. The bench checks every invariant and weight after each
call and hook, and the issuance is added up from events.
"""

from dataclasses import replace

import pytest

from runtime.frame.fungible import HoldReason
from runtime.pallets.mining import Enrolled, PayoutClaimed, Pool, PoolEraClosed, PoolSwept
from runtime.pallets.referral import ReferralClaimed, ReferralEarned, ReferralVoided
from runtime.pallets.referral.records import ReferrerSet
from tests.pallets.compute_market import PEOPLE, POOLS
from tests.property.test_jobs_machine import LONGEST_LIFE, WEIGHTS, Crowd

SOCIETY = WEIGHTS | {
    "refer": 3,
    "settle": 8,
    "claim_referral": 3,
    "claim_pool": 6,
    "vote": 5,
    "end_poll": 2,
    "upgrade": 3,
    "judge": 2,
    "pass_epoch": 4,
    "cheat": 1,
}

DONE = {
    Enrolled,
    PayoutClaimed,
    PoolEraClosed,
    PoolSwept,
    ReferralClaimed,
    ReferralEarned,
    ReferralVoided,
    ReferrerSet,
}


ENOUGH = 3
"""Societies at least, however soon everything has happened."""


class Points:
    """What accounts have improved."""

    def __init__(self) -> None:
        self.of: dict[bytes, int] = {}

    def points_of(self, who: bytes) -> int:
        return self.of.get(who, 0)


class Society(Crowd):
    """A crowd that does more than work: eras of two blocks, and referrers that burned little."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        world, self.points, self.poll = self.world, Points(), 0
        world.mining.behaviour = replace(world.mining.behaviour, upgrades=self.points)
        world.mining.config = replace(world.mining.config, era_blocks=2)
        world.referral.config = replace(world.referral.config, era_blocks=2, least_burn=1)
        world.terms.referral = replace(world.terms.referral, vesting_eras=3)
        # who works soon is no newcomer any more: some say at once who brought them
        world.referral.burned(PEOPLE[-1], 1)
        for who in PEOPLE[:3]:
            self.call(world.referral.set_referrer, who, PEOPLE[-1])

    def run(self, steps: int) -> None:
        names, weights = list(SOCIETY), list(SOCIETY.values())
        for name in self.die.choices(names, weights, k=steps):
            getattr(self, name)()
            self.count_the_money()
        self.world.pass_blocks(2 * LONGEST_LIFE)
        self.count_the_money()

    def pass_eras(self) -> None:
        """Let six eras pass, block by block, so that every era is closed."""
        self.world.pass_blocks(12)

    def pass_epoch(self) -> None:
        self.world.chance.epoch += self.die.choice([1, 1, 1, 40])
        self.world.pass_blocks(1)
        epoch = max(self.world.chance.epoch - 2, 0)
        self.call(self.world.emission.payout_provider, self.anyone(), self.anyone(), epoch)

    def refer(self) -> None:
        self.call(self.world.referral.set_referrer, self.anyone(), self.anyone())

    def settle(self) -> None:
        """Let work be minted as for a segment that was paid: few jobs of a crowd get so far."""
        who, client = self.anyone(), self.anyone()
        if who in self.world.providers.providers:
            burn, direct = self.die.randrange(10**12), self.die.random() < 0.1
            self.world.emission.mint_work(0, who, burn, client=client, is_direct=direct)

    def claim_referral(self) -> None:
        self.call(self.world.referral.claim_payout, self.anyone(), self.anyone())

    def claim_pool(self) -> None:
        pool, mining = self.die.choice(list(Pool)), self.world.mining
        if self.die.random() < 0.5:
            self.call(mining.claim_payout, self.anyone(), pool)
        else:
            self.call(mining.claim_payout_other, self.anyone(), self.anyone(), pool)

    def vote(self) -> None:
        poll, amount = self.poll + self.die.randrange(3), self.die.randrange(1, 10**6)
        if self.die.random() < 0.9:
            self.world.mining.voted(self.anyone(), poll, amount)
        else:
            self.world.mining.withdrew(self.anyone(), poll)

    def end_poll(self) -> None:
        self.world.mining.ended(self.poll, is_decided=self.die.random() < 0.8)
        self.poll += 1

    def upgrade(self) -> None:
        self.points.of[self.anyone()] = self.die.choice([0, 10, 1000])

    def judge(self) -> None:
        self.world.mining.was_right(self.anyone(), 2)

    def cheat(self) -> None:
        """Let a provider that is somebody's referee fail a verification."""
        who = self.anyone()
        if who in self.world.providers.providers and self.die.random() < 0.2:
            self.world.providers.standing.disproved(who, 10**9, self.anyone(), 0)

    def owes_nothing_it_does_not_hold(self) -> bool:
        """Say whether pots and holds are what the two pallets say they owe."""
        world = self.world
        held = sum(world.token.held(HoldReason.REFERRAL, who) for who in PEOPLE)
        vests = sum(one.amount for _, chunks in world.referral.vesting.items() for one in chunks)
        owed = [world.mining.owed[pool] for pool in Pool]
        return held == vests and all(
            world.token.free(pot) >= amount for pot, amount in zip(POOLS, owed, strict=True)
        )


def test_random_calls_of_a_society_break_no_invariant_and_lose_no_planck() -> None:
    society = Society(0)
    society.run(120)
    assert society.owes_nothing_it_does_not_hold()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_runs_see_every_event_of_mining_and_referral() -> None:
    missing = set(DONE)
    for seed in range(1, 16):
        society = Society(seed)
        society.run(400)
        assert society.owes_nothing_it_does_not_hold()
        missing -= {kind for kind in DONE if society.seen[kind]}
        if not missing and seed >= ENOUGH:
            return
    assert sorted(kind.__name__ for kind in missing) == []
