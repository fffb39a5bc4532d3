"""Providers under random calls by many: no invariant breaks, and no planck is lost.

Six accounts register, prove work, beat, chill, top up, leave and are attested, while prices, eras
and epochs move under them and slashes fall. The bench checks every invariant and every declared
weight after each call and hook; here the issuance is compared with what events say was burned. A
seed that fails is a test that repeats.
"""

import pytest

from runtime.compute.energy import EnergySource
from runtime.compute.job import LatencyClass, Market
from runtime.frame import Root, Signed
from runtime.pallets import providers
from runtime.pallets.pricing import TierInfo
from runtime.pallets.providers import PayoutDestination, ProviderStatus
from runtime.primitives.types import UNIT
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from tests.pallets.compute_market import ELSEWHERE, MARKET, PEOPLE, ComputeMarket, info
from tests.property.market_crowd import MarketCrowd

STEPS = 400
ERA = 30
LONGEST = ROWS[Parameter.UNBONDING_ERAS].most + 1
"""Eras in which any bond has left, whatever referenda decided."""
TRUSTED = Market(3, 0)
"""A market that asks for an attestation."""
WEIGHTS = {
    "register": 12,
    "bond_extra": 6,
    "unbond": 6,
    "withdraw": 5,
    "chill_or_resume": 8,
    "set_payee": 2,
    "heartbeat": 12,
    "update_specs": 8,
    "start_reclaim": 3,
    "set_operator_group": 4,
    "attest": 8,
    "set_auditor": 4,
    "prove": 10,
    "conduct": 12,
    "reprice": 4,
    "pass_blocks": 8,
    "pass_era": 8,
}
"""How often each thing is done."""


class Crowd(MarketCrowd):
    """Providers, those who judge them, and time."""

    def __init__(self, seed: int) -> None:
        world = ComputeMarket()
        world.pricing.tiers[TRUSTED.tier] = TierInfo(0, 0, 2)
        super().__init__(seed, world)

    def run(self, steps: int) -> None:
        """Do random things, then let all who can leave do so."""
        self.act(steps, WEIGHTS)
        self.everybody_leaves()
        self.count_the_money()

    def everybody_leaves(self) -> None:
        """Whatever happened, each provider gets out with what is left of its bond."""
        book = self.world.providers
        for who, provider in list(book.providers.items()):
            if provider.status not in (ProviderStatus.CHILLED, ProviderStatus.REMOVED):
                self.world.call(book.chill, Signed(who))
        self.world.context.number += LONGEST * ERA
        for who, _ in list(book.providers.items()):
            self.call(book.withdraw_unbonded, who)
        for who, provider in list(book.providers.items()):
            if provider.bond:
                self.world.call(book.unbond, Signed(who), provider.bond)
        self.world.context.number += LONGEST * ERA
        for who, _ in list(book.providers.items()):
            self.world.call(book.withdraw_unbonded, Signed(who))
        assert (list(book.providers.items()), book.roll_count) == ([], 0)
        held = [self.world.token.held(providers.pallet.BOND, who) for who in PEOPLE]
        assert held == [0] * len(PEOPLE)

    def register(self) -> None:
        who, book = self.anyone(), self.world.providers
        described = info(
            who,
            market=self.die.choice([MARKET, MARKET, ELSEWHERE, TRUSTED]),
            payout=self.die.choice(list(PayoutDestination)),
        )
        bond = self.die.choice([1, 1, 1, 2]) * book.bond_needed(described)
        self.call(book.register_provider, who, described, bond)

    def set_payee(self) -> None:
        to = self.die.choice(list(PayoutDestination))
        self.call(self.world.providers.set_payee, self.anyone(), to)

    def heartbeat(self) -> None:
        wh = self.die.choice([0, 1, 10**6, 2**64 - 1])
        self.call(self.world.providers.heartbeat, self.anyone(), bytes(32), wh)

    def update_specs(self) -> None:
        rating = self.die.choice([0, 1, 50, 100, 150, 10**4, 2**64 - 1])
        self.call(self.world.providers.update_specs, self.anyone(), rating)

    def start_reclaim(self) -> None:
        job = max(0, self.world.jobs.next_job_id - 1 - self.die.randrange(4))
        self.call(self.world.providers.start_reclaim, self.anyone(), job)

    def set_operator_group(self) -> None:
        who = self.anyone()
        self.world.proxies.owners[who] = tuple(self.die.sample(PEOPLE, self.die.randrange(3)))
        group = self.die.choice([None, *PEOPLE])
        self.call(self.world.providers.set_operator_group, who, group)

    def attest(self) -> None:
        office, level = self.world.attestations, self.die.randrange(6)
        who, auditor = self.anyone(), self.anyone()
        self.call(office.claim_attestation, who, level, auditor, bytes(32))
        self.call(office.attest, auditor, who, level, bytes(32))
        if self.die.random() < 0.3:
            self.call(office.revoke_attestation, auditor, self.anyone())

    def set_auditor(self) -> None:
        office, level = self.world.attestations, self.die.randrange(5)
        self.world.call(office.set_auditor, Root(), self.anyone(), level)
        source = self.die.choice(list(EnergySource))
        self.world.call(office.set_carbon_intensity, Root(), 0, source, level)

    def prove(self) -> None:
        who, book = self.anyone(), self.world.providers
        if book.is_working(who):
            work = self.die.choice([1, 150 * 3600, 10**9])
            book.record_work(who, self.world.chance.epoch, work)
        self.world.chance.epoch += self.die.choice([0, 0, 1, 2])

    def conduct(self) -> None:
        who, standing = self.anyone(), self.world.providers.standing
        if who not in self.world.providers.providers:
            return
        match self.die.randrange(6):
            case 0:
                standing.no_show(who, self.die.choice([0, UNIT, 5000 * UNIT]))
            case 1:
                loss = self.die.choice([1, 10 * UNIT, 5000 * UNIT])
                standing.disproved(who, loss, self.anyone(), loss, self.anyone())
            case 2:
                standing.praise(who, self.anyone(), self.die.choice([1, UNIT, 50 * UNIT]))
            case 3:
                standing.served(who, self.die.choice([1, 10**6]))
            case _:
                latency = self.die.choice(list(LatencyClass))
                for _ in range(self.die.randrange(12)):
                    standing.started(who, latency, self.die.randrange(30))
        self.world.providers.try_state()

    def reprice(self) -> None:
        price = self.die.choice([UNIT, UNIT, 20 * UNIT, 100 * UNIT])
        self.world.reprice(price, self.die.choice([MARKET, ELSEWHERE, TRUSTED]))
        self.world.emission.contributors.heard_rate(self.die.choice([0, 0, UNIT]))

    def pass_blocks(self) -> None:
        self.world.pass_blocks(self.die.randrange(1, 4))
        self.world.context.number += self.die.choice([0, 20, 60])

    def pass_era(self) -> None:
        """Let an era begin: nothing happens in the blocks between."""
        self.world.context.number = (self.world.context.number // ERA + 1) * ERA - 1
        self.world.pass_blocks(2)


@pytest.mark.parametrize("die", range(2))
def test_random_calls_break_no_invariant_and_lose_no_planck(die: int) -> None:
    crowd = Crowd(die)
    crowd.run(STEPS)
    assert crowd.seen[providers.ProviderRegistered] > 3


@pytest.mark.slow
@pytest.mark.parametrize("die", [100, 101])
def test_a_long_run_sees_what_there_is_to_see(die: int) -> None:
    crowd = Crowd(die)
    crowd.run(3 * STEPS)
    always = {
        *(providers.ProviderRegistered, providers.ProviderSuspended, providers.ProviderBonded),
        *(providers.BondShort, providers.SpecsUpdated, providers.LatencyMeasured),
        *(providers.OperatorGroupSet, providers.ProviderRemoved, providers.ProviderSlashed),
    }
    assert always <= set(crowd.seen)
