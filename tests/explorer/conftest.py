"""A node with traffic that answers over HTTP."""

from collections.abc import AsyncIterator

import pytest

from tests.explorer.support import busy_node, indexed
from tests.rpc.clients import Served
from tests.rpc.support import serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving(busy_node()) as server:
        await indexed(server)
        yield server
