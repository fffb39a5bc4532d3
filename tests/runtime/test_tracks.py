"""Tracks: the table of the design, its curves, and who decides for which origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import tracks
from runtime.frame import GovernanceOrigin
from runtime.frame.curves import LinearDecreasing
from runtime.frame.origins import ROOT_CALLER, CustomOrigin
from runtime.pallets.staking import SLASH_DEFER_ERAS
from runtime.primitives.fixed import Perbill


def test_every_governance_origin_has_its_track() -> None:
    callers = [tracks.caller_for(track) for track in tracks.TRACKS]
    assert callers == [ROOT_CALLER, *(CustomOrigin(origin) for origin in GovernanceOrigin)]
    assert [track.id for track in tracks.TRACKS] == [0, 1, 10, 20, 21, 22, 30, 40, 90, 91]


def test_the_curves_are_those_of_the_design() -> None:
    root = tracks.details(tracks.TRACKS[0], 100)
    assert (root.prepare_period, root.decision_period) == (100, 2800)
    assert (root.confirm_period, root.min_enactment_period) == (400, 1400)
    ends = [(0, 1_000_000_000, 500_000_000), (1_000_000_000, 660_000_000, 300_000_000)]
    for elapsed, approval, support in ends:
        assert root.min_approval.threshold(Perbill(elapsed)) == approval
        assert root.min_support.threshold(Perbill(elapsed)) == support


@pytest.mark.parametrize(
    ("origin", "waiting_eras"),
    [
        (GovernanceOrigin.EMERGENCY, SLASH_DEFER_ERAS),
        (GovernanceOrigin.REFERENDUM_CANCELLER, tracks.OBJECTION_ERAS),
    ],
    ids=["a slash", "an award"],
)
def test_what_waits_can_be_called_off_while_it_waits(
    origin: GovernanceOrigin, waiting_eras: int
) -> None:
    era = 1_000
    (track,) = (one for one in tracks.TRACKS if one.origin is origin)
    rules = tracks.details(track, era)
    other = rules.prepare_period + rules.confirm_period + rules.min_enactment_period
    deciding = min(waiting_eras * era - other, rules.decision_period)
    needed = rules.min_support.threshold(Perbill(deciding * 10**9 // rules.decision_period))
    assert needed <= 15 * 10**7


PARTS = st.integers(0, 10**9)


@given(PARTS, PARTS, PARTS, st.integers(1, 10**9))
def test_the_delay_of_a_curve_is_when_it_is_met(
    one: int, two: int, reached: int, length: int
) -> None:
    curve = LinearDecreasing(length, min(one, two), max(one, two))
    delay = curve.delay(Perbill(reached))
    if reached >= curve.floor:
        assert reached >= curve.threshold(Perbill(delay)) - 1
    if 0 < delay < 10**9:
        assert reached < curve.threshold(Perbill(max(delay - 2, 0))) + 2
    thresholds = [curve.threshold(Perbill(x * 10**8)) for x in range(11)]
    assert thresholds == sorted(thresholds, reverse=True)
