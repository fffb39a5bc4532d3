"""The chain that the tests of the books share: it is only read."""

import pytest

from tests.support.economy import EconomyNode, told_all


@pytest.fixture(scope="session")
def economy() -> EconomyNode:
    return told_all()
