"""Options and settings that every test shares."""

import os
from pathlib import Path

import hypothesis
import pytest

from tests.support.needs import refuse_without
from tests.support.patience import patient

# Read when numpy is first imported. On a busy machine the threads of OpenBLAS spin for each other,
# and simulations with the real runtime take more than twice the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A machine under load must not turn a slow example into a failure: pytest-timeout bounds each test.
hypothesis.settings.register_profile(
    "starminer", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("starminer")


LONGEST = (
    "e2e/test_jobs.py",
    "e2e/test_tutorials.py",
    "property/test_all_calls_machine.py",
    "e2e/test_chaos.py",
    "e2e/test_crashes.py",
    "e2e/test_upgrade.py",
)
"""Files that take minutes, and go first: begun last, one process would work and the other wait."""


def place_of(item: pytest.Item) -> int:
    """Return the place of a test's file among the longest; all others follow, in their order."""
    name = item.path.relative_to(Path(__file__).parent).as_posix()
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the one seed to simulate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files go first; stretch each test's own limit, as the waits inside it are."""
    items.sort(key=place_of)
    for item in items:
        limit = item.get_closest_marker("timeout")
        if limit is not None:
            item.add_marker(pytest.mark.timeout(patient(*limit.args)), append=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine has not the tools for; where nothing may be skipped, fail."""
    refuse_without(item)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes `seed` the seeds of its module, or the one of the command line."""
    if "seed" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--seed")
    seeds = getattr(metafunc.module, "SEEDS", (1,))
    metafunc.parametrize("seed", (chosen,) if chosen is not None else tuple(seeds))
