"""A node whose pages are open in a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.explorer.browser import Tab, browsing
from tests.explorer.support import ExplorerNode, indexed
from tests.explorer.visits import hosts
from tests.rpc.clients import Served
from tests.rpc.support import serving


@asynccontextmanager
async def shown(profile: Path, node: ExplorerNode) -> AsyncIterator[tuple[Tab, Served]]:
    """Serve a node and open its page; whatever a test does, the console stays silent."""
    async with serving(node) as server:
        await indexed(server)
        address = f"http://127.0.0.1:{server.port}/"
        async with browsing(address, profile) as tab:
            yield tab, server
            assert tab.console == []
            assert hosts(tab) == {f"127.0.0.1:{server.port}"}
