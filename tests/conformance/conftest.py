"""One development node for all foreign clients: starting one is dear on a small machine."""

from collections.abc import Iterator

import pytest

from tests.e2e.commands import LoneNode, lone_node, until_final

FIRST_BLOCKS = 3
"""The clients look at old blocks; there must be some."""


@pytest.fixture(scope="session")
def dev_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneNode]:
    base = tmp_path_factory.mktemp("clients") / "dev"
    words = ("--chain", "dev", "--validator", "--provider", "--dev-key", "Alice")
    with lone_node(base, *words) as node:
        until_final(node.rpc, FIRST_BLOCKS)
        yield node
