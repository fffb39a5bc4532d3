"""One devnet for all tests that can share it: five processes are dear on a small machine."""

from collections.abc import Iterator

import pytest

from tests.e2e.commands import starminer
from tests.e2e.devnet import Devnet

START_SECONDS = 180
"""Longer than the command's own 60 s, which a test of its own checks: other work may go on."""


@pytest.fixture(scope="session")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    state = tmp_path_factory.mktemp("devnet")
    words = ("--ports", "auto", "--detach", "--deadline", START_SECONDS)
    started = starminer("devnet", "up", "--state", state, *words)
    try:
        assert started.code == 0, started.err
        yield Devnet(state)
    finally:
        starminer("devnet", "down", "--state", state)
