"""The economy as a whole on the real runtime: what the design promises of growth, crash and rush.

Requirements 2, 7, 8, 9, 33, 47, 48, 61, 64 and 65. Each scenario runs once; what it comes to is in
docs/economics.md beside the design's figures, and `./run simulate economy` shows it.
"""

from __future__ import annotations

from statistics import fmean

import pytest

from tests.simulation.economy.findings import Finding, found, gain
from tests.simulation.economy.scenarios import EVENT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BUSY = ("flat", "growth", "crash", "spike", "rush", "one market", "sentiment")
"""Runs at whose end there is demand."""


@pytest.fixture(params=BUSY)
def busy(request: pytest.FixtureRequest) -> Finding:
    return found(request.param)


def test_req_7_prices_return_to_where_use_is_the_target(busy: Finding) -> None:
    assert 0.6 < busy.pressure < 0.8
    assert 1.0 < busy.cost_ratio < 2.4
    assert busy.variation < 0.25


def test_req_2_the_supply_stays_bounded(busy: Finding) -> None:
    _, least, most = busy.supply
    assert 0.98 < least <= 1.0 <= most < 1.002


def test_req_61_no_round_of_work_creates_more_than_half_of_what_it_burned(busy: Finding) -> None:
    worked = [one for one in busy.log if one.burned]
    assert all(2 * one.minted_work <= one.burned for one in worked)
    assert 0.2 < busy.minted_of_burned < 0.5


def test_req_47_capacity_grows_with_demand_at_a_steady_price() -> None:
    growth = found("growth")
    early, late = growth.log[20:40], growth.last
    assert fmean(one.providers for one in late) > 2.5 * fmean(one.providers for one in early)
    change = growth.cost_ratio / fmean(one.cost_ratio for one in early)
    assert 0.8 < change < 1.25


def test_req_48_the_subsidy_ends_as_capacity_passes_the_strategic_target() -> None:
    growth = found("growth")
    early = growth.log[10:30]
    assert sum(one.subsidy for one in early) > 0.05 * sum(one.fees for one in early)
    assert growth.subsidy_of_fees < 0.01


def test_req_9_capacity_leaves_after_a_crash_and_the_price_recovers() -> None:
    crash = found("crash")
    before, deep = crash.log[EVENT - 5], crash.log[EVENT + 12]
    assert deep.cost_ratio < 0.8 * before.cost_ratio
    assert fmean(one.providers for one in crash.last) < 0.5 * before.providers
    assert crash.cost_ratio > 1.2 * deep.cost_ratio


def test_req_33_req_65_a_spike_raises_the_price_at_once_and_it_ends() -> None:
    spike = found("spike")
    before = fmean(one.cost_ratio for one in spike.log[EVENT - 24 : EVENT])
    rises = [one.cost_ratio for one in spike.log[EVENT : EVENT + 4]]
    assert rises == sorted(rises)
    assert max(one.cost_ratio for one in spike.log[EVENT : EVENT + 15]) > 1.5 * before
    assert spike.cost_ratio < 1.3 * before


def test_req_64_a_rush_for_the_subsidy_ends_the_subsidy() -> None:
    rush = found("rush")
    before, during = rush.log[EVENT - 1], rush.log[EVENT + 3 : EVENT + 8]
    assert before.subsidy > 0
    assert all(one.providers > 4 * before.providers for one in during[:2])
    assert [one.subsidy for one in during] == [0] * len(during)
    assert fmean(one.providers for one in rush.last) < 2 * before.providers


def test_one_market_that_runs_hot_is_scarce_and_a_cheaper_token_is_not() -> None:
    assert found("one market").scarcity_of_burned > 0.01
    assert found("sentiment").scarcity_of_burned < 0.005


def test_a_cheaper_token_ends_at_the_same_price_of_work() -> None:
    assert found("sentiment").cost_ratio == pytest.approx(found("flat").cost_ratio, rel=0.35)


def test_req_58_without_demand_capacity_leaves_and_nothing_is_created_any_more() -> None:
    idle = found("no demand")
    assert sum(one.minted_work for one in idle.log) == 0
    assert [one.providers for one in idle.log[-10:]] == [0] * 10
    assert [one.subsidy for one in idle.log[-10:]] == [0] * 10
    assert idle.supply[2] < 1.002


@pytest.mark.parametrize("name", ["fake matched", "fake direct"])
def test_req_64_fake_demand_loses(name: str) -> None:
    assert found(name).spent > 0
    assert -1.1 < gain(name) < -0.15


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("fake referred", -0.95, -0.5), ("worthless referred", -1.0, -0.98), ("ring", -0.3, -0.15)],
)
def test_req_18_req_64_who_brings_itself_loses(name: str, least: float, most: float) -> None:
    assert found(name).spent > 0
    assert least < gain(name) < most


def test_req_18_a_referrer_of_ones_own_gives_back_less_than_two_percent() -> None:
    assert 0 < gain("fake referred") - gain("fake matched") < 0.02
    alone = found("worthless referred")
    assert 0 < alone.earned < alone.spent // 100
