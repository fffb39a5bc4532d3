"""One devnet for all tests that can share it: five processes are dear on a small machine."""

from collections.abc import Iterator

import pytest

from tests.e2e.commands import starminer
from tests.e2e.devnet import Devnet
from tests.support.patience import patient

DEADLINE = ("--deadline", patient(60))
"""What a devnet proves on a quiet machine in the 60 s that are the command's own default."""


@pytest.fixture(scope="session")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    state = tmp_path_factory.mktemp("devnet")
    words = ("--ports", "auto", "--detach", *DEADLINE)
    started = starminer("devnet", "up", "--state", state, *words)
    try:
        assert started.code == 0, started.err
        yield Devnet(state)
    finally:
        starminer("devnet", "down", "--state", state)
