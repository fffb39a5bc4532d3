"""What is minted, against the economy's integer reference, and what self-dealing can gain by it."""

from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO, Fee
from runtime.pallets.emission import formulas
from runtime.pallets.emission.records import Window
from runtime.pallets.jobs import money
from runtime.pallets.providers import conduct
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Curve, Shares, SplitRates, Terms
from runtime.terms.relations import (
    MARGINAL_LIMIT,
    kappas_are_in_order,
    marginal_reemission_is_below_one,
)
from tests.conformance.vectors_of import load

CURVE = DEFAULTS.emission

VECTORS = load("economy.json")
CAP, TARGET = 10**9 * UNIT, 700_000_000


def test_kappa_is_that_of_the_reference() -> None:
    for issuance, used, wanted in VECTORS["kappa"]:
        assert formulas.kappa(CURVE, TARGET, CAP, issuance, used) == wanted, (
            issuance,
            used,
        )


def test_availability_is_that_of_the_reference() -> None:
    for issuance, capacity, *wanted in VECTORS["avail"]:
        found = formulas.availability(CURVE, CURVE.a0, CAP, issuance, capacity * MICRO)
        assert list(found) == wanted, (issuance, capacity)


def test_a_mint_is_divided_as_in_the_reference() -> None:
    for minted, performance, client, provider, direct, *wanted in VECTORS["mint_split"]:
        found = formulas.slices_of(
            minted, Shares(), performance, has_referrers=(client, provider), is_direct=direct
        )
        assert list(astuple(found)) == wanted
        assert found.total == minted


def test_reliability_is_that_of_the_reference() -> None:
    for uptime, target, p95, wanted in VECTORS["reliability"]:
        assert conduct.reliability(uptime, target, p95) == wanted, (uptime, target, p95)


def test_a_fee_is_split_as_in_the_reference() -> None:
    for base, scarcity, surge, reputation, *wanted in VECTORS["split"]:
        parts = money.split(Fee(base, scarcity, surge), reputation, SplitRates())
        found = [parts.provider, parts.burn, parts.scarcity_burn, parts.validators, parts.oracles,
                 parts.stakers, parts.treasury]  # fmt: skip
        assert found == wanted, (base, scarcity, surge, reputation)


@pytest.mark.parametrize(
    ("uptime", "reliability"),
    [(995_000_000, PERBILL), (940_000_000, 710_526_315), (890_000_000, 0)],
)
def test_uptime_lowers_reliability_req_12(uptime: int, reliability: int) -> None:
    assert conduct.reliability(uptime, 4, 4) == reliability


def test_one_and_a_half_times_the_target_latency_gives_two_thirds_req_14() -> None:
    assert conduct.reliability(PERBILL, 4, 6) == 666_666_666


@given(st.integers(0, 2 * CAP), st.integers(0, CAP), st.integers(0, 2 * PERBILL))
def test_kappa_falls_as_the_issuance_grows_req_41(issuance: int, more: int, used: int) -> None:
    now, later = (
        formulas.kappa(CURVE, TARGET, CAP, each, used) for each in (issuance, issuance + more)
    )
    assert CURVE.kappa_min <= later <= now <= CURVE.kappa_max


@given(st.integers(0, CAP), st.integers(1, 10**15), st.integers(0, 10**15))
def test_the_rate_falls_as_capacity_grows_and_the_budget_is_bounded_req_41(
    issuance: int, capacity: int, more: int
) -> None:
    budget, rate = formulas.availability(CURVE, CURVE.a0, CAP, issuance, capacity)
    _, later = formulas.availability(CURVE, CURVE.a0, CAP, issuance, capacity + more)
    # the rate is rounded down from the budget: by a planck per CU, and more below one CU
    assert later <= rate + 1 + MICRO // capacity
    assert budget <= (CAP - issuance) * CURVE.rho // PERBILL
    assert formulas.pay_of(capacity, rate, PERBILL) <= budget


def test_a_rush_to_eight_times_the_strategic_capacity_is_paid_nothing() -> None:
    rush = 8 * CURVE.k_star * MICRO
    assert formulas.availability(CURVE, CURVE.a0, CAP, CAP // 5, rush) == (
        0,
        0,
    )


def test_a0_halves_each_year_that_nobody_renews_it() -> None:
    starts = [formulas.halved(8, eras, 365) for eras in (0, 364, 365, 730, 10**6)]
    assert starts == [8, 8, 4, 2, 0]


def test_what_was_minted_fades_from_the_breaker_in_24_epochs() -> None:
    window = Window(10, 2400)
    counted = [formulas.still_counted(window, epoch) for epoch in (10, 11, 22, 33, 34, 99)]
    assert counted == [2400, 2300, 1200, 100, 0, 0]


# what a coalition that buys its own work has back of each AGPU: the worst over a grid of supplies,
# utilisations, mixes of the fee, reputations and performances, direct and matched

SUPPLIES = [each * 10**6 * UNIT for each in (0, 10, 100, 200, 500, 900, 1000)]
LOADS = (0, PERBILL // 4, PERBILL // 2, TARGET - PERBILL // 500, TARGET, PERBILL)
MIXES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (5, 3, 2))
LEVELS = (0, PERBILL // 2, PERBILL)
FAKE = 1000 * PERBILL


def marginal(curve: Curve, issuance: int, used: int) -> int:
    """Return κ', with what own burn does to the utilisation."""
    now = formulas.kappa(curve, TARGET, CAP, issuance, used)
    step = PERBILL // 1000
    after = formulas.kappa(curve, TARGET, CAP, issuance, min(PERBILL, used + step))
    return now + used * max(0, after - now) // step if used < TARGET else now


def worst_returns(curve: Curve) -> dict[str, float]:
    """Return what coalitions have back, at most, of each AGPU of fees that they pay themselves."""
    worst: dict[str, float] = {}
    kappas = {marginal(curve, issuance, used) for issuance in SUPPLIES for used in LOADS}
    for mix in MIXES:
        fee = Fee(*(FAKE * part // sum(mix) for part in mix))
        for reputation in LEVELS:
            parts = money.split(fee, reputation, SplitRates())
            for kappa in kappas:
                minted = parts.burn * kappa // PERBILL
                for performance in LEVELS:
                    for direct in (False, True):
                        own = formulas.slices_of(
                            minted,
                            Shares(),
                            performance,
                            has_referrers=(True, True),
                            is_direct=direct,
                        )
                        alone = parts.provider + own.provider
                        burned = parts.burn + parts.scarcity_burn
                        pools = own.infra + own.governance + own.accuracy
                        roles = parts.validators + parts.oracles + parts.stakers + pools
                        referrers = own.client_referrer + own.provider_referrer
                        backs = {
                            "provider": alone,
                            "and referrers": alone + referrers,
                            "and a third of the pools": alone + referrers + roles // 3,
                            "all but burn and treasury": fee.total - burned - parts.treasury
                            + minted - own.treasury,
                            "all and the treasury": fee.total - burned + minted,
                        }  # fmt: skip
                        for name, back in backs.items():
                            worst[name] = max(worst.get(name, 0.0), back / fee.total)
    return worst


def test_buying_own_work_returns_less_than_it_costs() -> None:
    found = {name: round(value, 3) for name, value in worst_returns(CURVE).items()}
    assert found == {
        "provider": 0.883,
        "and referrers": 0.892,
        "and a third of the pools": 0.910,
        "all but burn and treasury": 0.948,
        "all and the treasury": 0.976,
    }


@pytest.mark.parametrize(("kappa_max", "returned"), [(600, 0.975), (700, 1.002), (900, 1.055)])
def test_steeper_curves_would_pay_for_fake_work_and_are_refused(
    kappa_max: int, returned: float
) -> None:
    steeper = replace(CURVE, kappa_max=kappa_max * 10**6)
    assert round(worst_returns(steeper)["all but burn and treasury"], 3) == returned
    assert not marginal_reemission_is_below_one(Terms(emission=steeper))


curves = st.builds(
    Curve,
    st.integers(0, PERBILL),
    st.integers(0, PERBILL),
    st.integers(1, 10**12),
    st.integers(1, 10**9),
    st.integers(1, 4_564),
)


@given(curves, st.integers(0, CAP), st.integers(0, PERBILL))
def test_the_marginal_re_emission_of_a_safe_curve_is_at_most_four_fifths(
    curve: Curve, issuance: int, used: int
) -> None:
    terms = Terms(emission=curve)
    if kappas_are_in_order(terms) and marginal_reemission_is_below_one(terms):
        # the difference quotient over a thousandth rounds κ twice, times u in thousandths
        assert marginal(curve, issuance, used) <= MARGINAL_LIMIT + 2 * used // (PERBILL // 1000)
