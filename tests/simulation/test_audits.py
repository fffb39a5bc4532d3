"""Auditors in simulated worlds: a wrong element convicts, an exact result never does."""

from collections import Counter
from dataclasses import replace

from runtime.compute.job import PERBILL
from tests.simulation.real import RealLedger
from tests.simulation.scenario import Scenario, drawn
from tests.simulation.world import simulate

SEEDS = range(300, 302)

CALM = Scenario(
    storm_seconds=20,
    calm_seconds=70,
    loss=0.0,
    max_delay_seconds=0.1,
    partitions=0,
    restarts=0,
    audit_rate=PERBILL,
)


def test_an_exact_result_gets_good_verdicts_and_is_paid(seed: int) -> None:
    told = Counter(simulate(seed, CALM, RealLedger).told)
    assert told["AuditDecided GOOD"] >= 1
    assert told["JobCompleted"] >= 1
    assert (told["AuditDecided BAD"], told["ProviderSlashed"]) == (0, 0)


def test_one_wrong_element_is_found_and_its_provider_slashed(seed: int) -> None:
    told = Counter(simulate(seed, replace(CALM, has_cheat=True), RealLedger).told)
    assert told["AuditDecided BAD"] >= 1
    assert told["FinderPaid"] >= told["AuditDecided BAD"]
    assert told["ProviderSlashed"] == told["VerificationFailed"] >= 1
    assert (told["SegmentSettled"], told["AuditorFaulted"]) == (0, 0)


def test_a_part_of_the_drawn_worlds_has_a_cheat() -> None:
    cheats = [drawn(seed).has_cheat for seed in range(1000, 1200)]
    assert 20 < sum(cheats) < 80
