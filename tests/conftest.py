"""Options and settings that every test shares."""

import os

import hypothesis
import pytest

from tests.support.patience import patient

# Read when numpy is first imported. On a busy machine the threads of OpenBLAS spin for each other,
# and simulations with the real runtime take more than twice the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A machine under load must not turn a slow example into a failure: pytest-timeout bounds each test.
hypothesis.settings.register_profile(
    "starminer", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("starminer")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the one seed to simulate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stretch the limit of each test that says one, as the waits inside it are."""
    for item in items:
        limit = item.get_closest_marker("timeout")
        if limit is not None:
            item.add_marker(pytest.mark.timeout(patient(*limit.args)), append=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes `seed` the seeds of its module, or the one of the command line."""
    if "seed" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--seed")
    seeds = getattr(metafunc.module, "SEEDS", (1,))
    metafunc.parametrize("seed", (chosen,) if chosen is not None else tuple(seeds))
