"""What false, many and fresh identities of providers gain: less than they cost."""

from runtime.compute.job import LatencyClass
from runtime.frame import Signed
from runtime.pallets.emission import formulas
from runtime.pallets.providers import conduct
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import CAROL, RICH, ComputeMarket
from tests.support.bench import account

CURVE = DEFAULTS.emission

ERA = 30
BILLION = 10**9


def test_a_machine_that_is_not_there_loses_more_than_it_gains() -> None:
    """Design page "Economy", 5.4: q_c · slash ≥ (1 - q_c) · gain, at a chance of 1/24 per epoch."""
    rating, epoch_seconds = 10**6, 3600
    for capacity in (10**3, 10**6, 10**7):
        _, rate = formulas.availability(
            CURVE,
            CURVE.a0,
            10**9 * UNIT,
            2 * 10**8 * UNIT,
            capacity * 10**6,
        )
        gain = formulas.pay_of(rating * epoch_seconds, rate, BILLION)
        bond = conduct.bond_for(rating, conduct.bond_rate(DEFAULTS.bonds, 0, rate))
        assert gain > 0
        assert bond // 5 >= 23 * gain
        assert bond // 5 // 24 >= 2 * gain


def test_what_was_not_proven_earns_nothing() -> None:
    """A spoofed GPU has a rating and no shares: the capacity that is paid is that of shares."""
    world = ComputeMarket()
    world.join(CAROL)
    assert world.providers.epoch_capacity[world.chance.epoch, CAROL] == 0
    assert world.emission.contributors.proven(world.chance.epoch, CAROL) == 0


def test_each_identity_burns_a_hundredth_of_its_bond() -> None:
    world = ComputeMarket()
    issued = world.token.total_issuance
    for place in range(20):
        who = account(200 + place)
        world.token.build(((who, RICH),))
        issued += RICH
        world.join(who)
    assert issued - world.token.total_issuance == 20 * UNIT


def test_a_new_identity_has_the_prior_a_new_fee_and_more_audits() -> None:
    """Whitewashing: what is left behind cannot be had again for nothing."""
    world = ComputeMarket()
    world.join(CAROL)
    standing = world.providers.standing
    for client in range(30):
        standing.praise(CAROL, account(300 + client), 100 * UNIT)
    known = standing.reputation(CAROL)
    world.context.number = 8 * ERA
    assert not standing.is_new(CAROL)
    world.call(world.providers.chill, Signed(CAROL))
    world.call(world.providers.unbond, Signed(CAROL), 100 * UNIT)
    world.context.number += 28 * ERA
    world.call(world.providers.withdraw_unbonded, Signed(CAROL))
    world.join(CAROL)
    assert standing.reputation(CAROL) == BILLION // 2 < known
    assert standing.is_new(CAROL)
    assert world.token.free(CAROL) == RICH - 102 * UNIT
    assert world.providers.heartbeats.get(CAROL) is None
    assert world.providers.starts.get((CAROL, LatencyClass.FAST)) is None
