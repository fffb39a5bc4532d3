"""Whales and flash votes on the real pallets: the design's table 9.5 (requirement 27)."""

from __future__ import annotations

from random import Random

import pytest

from runtime.pallets.referenda import TrackDetails
from runtime.primitives.fixed import Perbill
from tests.architecture.source import ROOT
from tests.simulation.governance.tables import COLUMNS, SHARES, column, table
from tests.simulation.governance.world import Draw, WhaleWorld, alarmed


@pytest.mark.parametrize("track", [0, 10, 20, 22])
def test_the_pallets_decide_as_the_curves_at_the_end_say(track: int) -> None:
    die, world = Random(track), WhaleWorld(30)
    rules = world.referenda.rules(track)
    draws = [alarmed(die) for _ in range(40)]
    wanted = [is_enough(rules, 0.3, draw) for draw in draws]
    assert len(set(wanted)) == 2, "a whale of 30 % neither always nor never wins"
    assert [world.passes(track, draw) for draw in draws] == wanted


def is_enough(rules: TrackDetails, whale: float, draw: Draw) -> bool:
    """Say whether a whale wins by the curves' ends: they only fall."""
    ayes, nays = whale + (1 - whale) * draw.ayes, (1 - whale) * draw.nays
    approval = rules.min_approval.threshold(Perbill(Perbill.ONE)) / Perbill.ONE
    support = rules.min_support.threshold(Perbill(Perbill.ONE)) / Perbill.ONE
    return ayes >= approval * (ayes + nays) and ayes >= support


def test_a_vote_of_which_nothing_is_kept_leaves_no_trace() -> None:
    world, die = WhaleWorld(40), Random(1)
    before, number = world.overlay.changes(), world.context.number
    first = [world.passes(20, alarmed(die)) for _ in range(5)]
    assert (world.overlay.changes(), world.context.number) == (before, number)
    again = Random(1)
    assert [world.passes(20, alarmed(again)) for _ in range(5)] == first


def test_req_27_borrowed_amax_decides_nothing() -> None:
    world, die = WhaleWorld(60), Random(2)
    assert not any(world.passes(20, alarmed(die), is_borrowed=True) for _ in range(20))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [one.name for one in COLUMNS])
def test_req_27_whales_win_as_often_as_in_the_design_within_sampling_error(name: str) -> None:
    cells = zip(SHARES, column(name), strict=True)
    assert [(share, cell) for share, cell in cells if not cell.agrees()] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_table_of_the_page_is_what_the_pallets_say() -> None:
    assert table() in (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
