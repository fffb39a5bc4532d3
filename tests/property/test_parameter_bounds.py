"""Wherever referenda lead the parameters, the economy keeps its promises, and there is a way back.

Each bound by itself and corners drawn by chance: here what formulas and benches show at once;
`tests/simulation/economy/test_bounds.py` plays them on the whole runtime.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.constants import dispute_config, oracle_config
from runtime.pallets.emission import formulas
from runtime.pallets.oracle.records import MAX_MEMBERS
from runtime.pallets.staking.records import MAX_WINNERS
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Terms
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import ROWS, terms_of
from runtime.terms.relations import hold
from tests.pallets.test_mining_attacks import ALICE, CAROL, RING, change, ring
from tests.property.parameter_changes import at_an_end, drawn_corner, ends_of
from tests.support.chain import CHAIN

CORNERS = range(4)
FALLS_ONLY = (Parameter.CAP,)
"""It has no way back."""


@pytest.mark.parametrize("key", Parameter, ids=lambda one: one.name)
def test_each_end_of_each_parameter_is_one_that_referenda_can_reach(key: Parameter) -> None:
    """No relation makes a bound of a row a lie."""
    for value in ends_of(key):
        values = at_an_end(key, value)
        assert values[key] == value
        assert hold(terms_of(values))


def stepped(terms: Terms, key: Parameter) -> Terms:
    """Return terms one step nearer to a parameter's default, or as they are if that is refused."""
    row = ROWS[key]
    old, wanted = row.of(terms), row.of(DEFAULTS)
    most = max(row.step.amount, old * row.step.part // PERBILL, 1)
    new = max(old - most, wanted) if wanted < old else min(old + most, wanted)
    record = row.changed(getattr(terms, row.group), new)
    changed = replace(terms, **{row.group: record})
    return changed if hold(changed) else terms


@pytest.mark.parametrize("corner", CORNERS)
def test_from_any_corner_single_steps_lead_back_to_where_the_chain_began(corner: int) -> None:
    """Relations never block all ways: nobody has to move two parameters at once."""
    terms, away = terms_of(drawn_corner(corner)), [key for key in ROWS if key not in FALLS_ONLY]
    before = None
    while away and terms != before:
        before = terms
        for key in away:
            terms = stepped(terms, key)
        away = [key for key in away if ROWS[key].of(terms) != ROWS[key].of(DEFAULTS)]
    assert away == []


@pytest.mark.parametrize("corner", CORNERS)
def test_a_ring_that_buys_its_own_work_loses_at_a_corner_req_18_req_64(corner: int) -> None:
    """Client, referrer and provider of one owner, with κ at the highest of its corner."""
    terms = terms_of(drawn_corner(corner))
    highest = terms.emission.kappa_max
    world = ring(referred=(ALICE, CAROL))
    world.terms.fees, world.terms.referral = terms.fees, terms.referral
    world.terms.emission = replace(terms.emission, cap=DEFAULTS.emission.cap, breaker=PERBILL)
    world.emission.kappa = world.emission.highest_kappa = highest
    assert -0.5 < change(world, RING, 2) < -0.03


def test_no_kappa_leaves_its_curve_and_no_budget_the_cap_at_any_corner() -> None:
    for seed in CORNERS:
        curve = terms_of(drawn_corner(seed)).emission
        for issuance in (0, 1, curve.cap // 2, curve.cap - 1, curve.cap, 2 * curve.cap):
            for used in (0, 1, PERBILL // 2, PERBILL, 3 * PERBILL):
                found = formulas.kappa(curve, PERBILL // 2, curve.cap, issuance, used)
                assert curve.kappa_min <= found <= curve.kappa_max
            for capacity in (0, 1, 10**6, curve.k_star * 10**6 // 2, curve.k_star * 10**7):
                found, _ = formulas.availability(curve, curve.a0, curve.cap, issuance, capacity)
                assert 0 <= found <= max(0, curve.cap - issuance) * curve.rho // PERBILL


def test_a_bond_that_leaves_outlasts_the_last_dispute_at_the_least_unbonding() -> None:
    """Also on chains of short eras, whose disputes open in six of them at most."""
    least = ROWS[Parameter.UNBONDING_ERAS].least
    for era_blocks in (30, 600, 14_400, 100_000):
        window = dispute_config(replace(CHAIN, era_blocks=era_blocks)).window_blocks
        assert 2 * window < least * era_blocks


def test_what_one_block_takes_of_an_oracle_is_never_more_than_it_has() -> None:
    """A member is punished for each feed of a block: eight times the highest penalty."""
    worst = max(ROWS[key].most for key in (Parameter.OUTLIER, Parameter.NOT_REVEALED))
    assert oracle_config(CHAIN).feeds_per_block * worst <= PERBILL


def test_who_lost_its_machine_never_pays_more_than_who_lied() -> None:
    """Each alone within its bounds, as both were: an accident of two per cent, a lie of one."""
    dear, cheap = ROWS[Parameter.NOT_REVEALED].most, ROWS[Parameter.OUTLIER].least
    assert dear > cheap
    assert not hold(terms_of({Parameter.NOT_REVEALED: dear, Parameter.OUTLIER: cheap}))
    assert hold(terms_of({Parameter.NOT_REVEALED: cheap, Parameter.OUTLIER: cheap}))


def test_feeds_can_be_healthy_however_many_members_are_asked_for() -> None:
    assert ROWS[Parameter.LEAST_MEMBERS].most < MAX_MEMBERS


def test_places_of_validators_cost_less_than_a_hundredth_of_the_supply_at_most() -> None:
    """Nobody is priced out, and no validator of genesis falls below the least bond.

    With 64 places at a million each, as it was, a third of all AGPU would have been needed, and
    `chill_other` would have turned out everybody else.
    """
    most = ROWS[Parameter.VALIDATOR_BOND].most
    assert most == 10_000 * UNIT, "the bond of the validators of genesis"
    assert 100 * MAX_WINNERS * most < 200_000_000 * UNIT
