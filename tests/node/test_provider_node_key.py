"""A key that is not the owner's acts for a provider, and sees its work as the owner's."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from node.provider import ProviderViews, Registration
from runtime.primitives.types import UNIT
from tests.consensus_compute.fakes import FakeLog
from tests.node.backend_support import MemoryNode

NODE_KEY = b"k" * 32


class Silent:
    """A way onto the chain that nobody may take."""

    async def call(self, pallet: str, call: str, arguments: Any) -> None:
        raise AssertionError(f"{pallet}.{call} was not asked for")


def ground_of(node: MemoryNode) -> Any:
    return SimpleNamespace(executive=node.executive, chain=node.chain)


def registered_with_a_node_key() -> MemoryNode:
    """The provider's record names another key than its own account."""
    node = MemoryNode()
    other = MemoryNode()
    other.register()
    info = other.runtime().providers.providers[other.provider.public].info
    changed = replace(info, node_key=NODE_KEY)
    node.act(node.provider, "Providers", "register_provider", changed, 100 * UNIT)
    return node


def finalize(node: MemoryNode) -> None:
    node.chain.finalize(node.chain.best.hash)


async def test_a_node_key_acts_for_the_account_that_registered_it() -> None:
    node = registered_with_a_node_key()
    finalize(node)
    log = FakeLog()
    registration = Registration(ground_of(node), Silent(), NODE_KEY, None, log)
    assert await registration.run() == node.provider.public
    assert log.events == ["provider_registered"]


async def test_a_node_that_must_not_register_waits_for_its_operator(nursery: trio.Nursery) -> None:
    node, log, found = MemoryNode(), FakeLog(), []

    async def wait() -> None:
        registration = Registration(ground_of(node), Silent(), node.provider.public, None, log)
        found.append(await registration.run())

    nursery.start_soon(wait)
    await wait_all_tasks_blocked()
    assert log.events == ["registration_awaited"]
    node.register()
    finalize(node)
    await wait_all_tasks_blocked()
    assert found == [node.provider.public]


@pytest.mark.parametrize(("call", "takes_jobs"), [("chill", False), ("bond_extra", True)])
def test_a_view_says_whether_the_provider_takes_jobs(call: str, takes_jobs: bool) -> None:
    node = MemoryNode()
    views = ProviderViews(node.executive, node.chain, node.provider.public)
    assert not views.view(node.chain.best).takes_jobs
    node.register()
    node.act(node.provider, "Providers", call, *([UNIT] if call == "bond_extra" else []))
    assert views.view(node.chain.best).takes_jobs is takes_jobs
