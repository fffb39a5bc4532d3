"""A provider answers disputes and demands by itself, from what it kept or can compute again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from consensus.compute.provider_view import Demand, Ports, ProviderView
from consensus.compute.worker import Worker, WorkerSettings
from runtime.compute.bisection import Node, are_below, root_node, shown_below
from runtime.compute.classes import Tree, chunk_count
from runtime.compute.contents import commit
from runtime.compute.receipt import Opening, proof_hash
from runtime.compute.verify import verify_leaf
from tests.consensus_compute.fakes import BLOCK_SECONDS, FakeBlobs, FakeChain, FakeDevice, FakeLog
from tests.consensus_compute.test_worker import at_once
from tests.runtime_compute.orders import JOB, PROVIDER, order

ORDER = order(200, 176, 24)
RESULT = ORDER.result()
LEAVES = chunk_count(ORDER.sizes, Tree.OUTPUT)
COMMITMENT = commit(ORDER.sizes, JOB, 0, PROVIDER, RESULT)
ROOT = root_node(LEAVES)


@dataclass
class DemandingChain(FakeChain):
    """A chain on which somebody demands something until it is answered."""

    demands: list[Demand] = field(default_factory=list)
    shown: list[tuple[int, tuple[bytes, ...]]] = field(default_factory=list)
    opened: list[tuple[Opening, bytes]] = field(default_factory=list)

    def view(self) -> ProviderView:
        """Show the demands besides."""
        kept = frozenset([ORDER.spec.input_root, COMMITMENT.out_root])
        return replace(super().view(), demands=tuple(self.demands), kept=kept)

    async def call(self, pallet: str, call: str, arguments: Mapping[str, Any]) -> None:
        """Take hashes."""
        assert (pallet, call) == ("Disputes", "show_nodes")
        if self.arrives():
            self.shown.append((arguments["case"], arguments["hashes"]))
            self.demands = [one for one in self.demands if one.case != arguments["case"]]

    async def opening(self, opening: Opening, proof: bytes) -> None:
        """Take the opening of a leaf."""
        if self.arrives():
            self.opened.append((opening, proof))
            self.demands = [one for one in self.demands if one.case != opening.case]


@dataclass
class World:
    """Everything around a worker that has committed to a result."""

    chain: DemandingChain = field(default_factory=DemandingChain)
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    device: FakeDevice = field(default_factory=FakeDevice)
    log: FakeLog = field(default_factory=FakeLog)

    async def run(self, blocks: float) -> None:
        """Let a fresh worker, which remembers nothing, run for some blocks."""
        ports = Ports(self.chain, self.blobs, self.chain, self.device, self.log)
        with trio.move_on_after(blocks * BLOCK_SECONDS - 0.5):
            await Worker(PROVIDER, WorkerSettings(mines=False), ports, offload=at_once).run()


@pytest.fixture
def world() -> World:
    world = World()
    world.blobs.content[ORDER.spec.input_root] = ORDER.content
    world.blobs.content[COMMITMENT.out_root] = RESULT.output
    return world


def demand(case: int, node: Node, leaf: int | None = None) -> Demand:
    return Demand(case, COMMITMENT, ORDER.spec, Tree.OUTPUT, node, leaf)


async def test_hashes_below_the_disputed_node_are_shown(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.demands = [demand(3, ROOT)]
    await world.run(2)
    ((case, hashes),) = world.chain.shown
    assert case == 3
    assert are_below(LEAVES, ROOT, COMMITMENT.out_root, hashes)
    assert len(hashes) == len(shown_below(LEAVES, ROOT)) == 138
    assert world.device.products == 0


async def test_a_demanded_leaf_is_opened_so_that_every_importer_can_check_it(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.demands = [demand(4, Node(0, 321), 321)]
    await world.run(2)
    ((opening, proof),) = world.chain.opened
    assert opening == Opening(JOB, 0, proof_hash(proof), 4)
    verify_leaf(ORDER.spec, COMMITMENT, 321, proof)


async def test_what_was_lost_on_its_way_is_sent_again(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.demands = [demand(3, ROOT), demand(4, Node(0, 0), 0)]
    world.chain.loses = 2
    await world.run(3)
    assert (world.chain.shown, world.chain.opened) == ([], [])
    await world.run(2)
    assert [case for case, _ in world.chain.shown] == [3]
    assert [opening.case for opening, _ in world.chain.opened] == [4]


async def test_an_output_that_was_lost_is_computed_again(
    world: World, autojump_clock: MockClock
) -> None:
    del world.blobs.content[COMMITMENT.out_root]
    world.chain.demands = [demand(4, Node(0, 7), 7)]
    await world.run(3)
    assert world.device.products == 1
    verify_leaf(ORDER.spec, COMMITMENT, 7, world.chain.opened[0][1])


async def test_what_cannot_be_answered_now_holds_nothing_up_and_is_tried_again(
    world: World, autojump_clock: MockClock
) -> None:
    spoilt = replace(COMMITMENT, job=JOB + 1)
    world.chain.demands = [
        Demand(1, spoilt, replace(ORDER.spec, input_root=bytes(32)), Tree.OUTPUT, ROOT, None),
        demand(2, ROOT),
    ]
    await world.run(3)
    assert [case for case, _ in world.chain.shown] == [2]
    assert world.log.events.count("answer_delayed") == 3


async def test_what_may_be_demanded_is_kept(world: World, autojump_clock: MockClock) -> None:
    await world.run(1)
    assert world.blobs.kept == {ORDER.spec.input_root, COMMITMENT.out_root}
