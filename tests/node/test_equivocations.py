"""The node reports offences that it saw: once, by itself, until a final state knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from node import equivocations
from node.equivocations import EquivocationReporter
from node.pool.validity import RefusalKind, Refused, Source
from runtime.primitives.equivocation import BlockEquivocation, Equivocation
from runtime.primitives.finality import Precommit, Prevote
from tests.node.backend_support import MemoryNode
from tests.node.ground import ground_of
from tests.simulation.actors import Silence
from tests.support.chain import FIRST_SLOT, pair
from tests.support.equivocations import double_vote, twin_headers


class Reporting(MemoryNode):
    """A node with a pool and a reporter; its own keys are those in `own`."""

    def __init__(self) -> None:
        super().__init__()
        self.own: list[bytes] = []
        ground = ground_of(self)
        self.pool = ground.pool
        self.reporter = EquivocationReporter(ground, lambda: self.own, Silence())
        self.grow()

    def blocks(self, slot: int = FIRST_SLOT) -> BlockEquivocation:
        return BlockEquivocation(self.author.public, slot, *twin_headers(self.author, slot))

    def ready(self) -> list[bytes]:
        return [entry.raw for entry in self.pool.ready()]

    async def include(self) -> None:
        """Make a block of what is ready, and let everybody hear of it."""
        raws = self.ready()
        header = self.grow(*raws).header
        await self.pool.follow(header.number, [], raws)
        await trio.testing.wait_all_tasks_blocked()

    async def finalize(self) -> None:
        self.chain.finalize(self.chain.best.hash)
        await trio.testing.wait_all_tasks_blocked()

    def offences(self) -> int:
        return len(list(self.runtime().offences.reports.items()))

    async def find(self, proof: Equivocation) -> None:
        self.reporter.found(proof)
        await trio.testing.wait_all_tasks_blocked()


@asynccontextmanager
async def reporting() -> AsyncIterator[Reporting]:
    made = Reporting()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.reporter.run)
        await trio.testing.wait_all_tasks_blocked()
        yield made
        nursery.cancel_scope.cancel()


async def test_an_offence_is_reported_and_the_case_closed_when_that_is_final() -> None:
    async with reporting() as node:
        await node.find(node.blocks())
        assert len(node.ready()) == 1
        await node.include()
        assert (node.offences(), node.ready(), node.reporter.open_cases) == (1, [], 1)
        await node.finalize()
        assert node.reporter.open_cases == 0


@pytest.mark.parametrize("stage", [Prevote, Precommit])
async def test_double_votes_are_reported_too(stage: type) -> None:
    async with reporting() as node:
        await node.find(double_vote(node.author, stage, round_number=4, set_id=0))
        await node.include()
        assert node.offences() == 1


async def test_what_was_reported_is_not_reported_again() -> None:
    async with reporting() as node:
        for _ in range(3):
            await node.find(node.blocks())
        assert len(node.ready()) == 1
        await node.include()
        await node.find(node.blocks())
        await node.finalize()
        await node.find(node.blocks())
        assert (node.ready(), node.offences(), node.reporter.open_cases) == ([], 1, 0)


async def test_what_another_node_reported_is_left_to_it() -> None:
    async with reporting() as node:
        await node.find(node.blocks())
        (raw,) = node.ready()
        other = Reporting()
        other.grow(raw)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(other.reporter.run)
            await other.find(other.blocks())
            assert (other.ready(), other.reporter.open_cases) == ([], 1)
            await other.finalize()
            assert other.reporter.open_cases == 0
            nursery.cancel_scope.cancel()


async def test_a_report_that_was_lost_with_its_block_is_made_again() -> None:
    async with reporting() as node:
        head, state, slot = node.maker.head, node.maker.state, node.maker.slot
        await node.find(node.blocks())
        await node.include()
        lost = node.chain.best.hash
        node.maker.adopt(head, state)
        node.maker.slot = slot + 5
        node.grow()
        assert node.chain.best.hash != lost
        body = node.chain.body(lost)
        assert body is not None
        await node.pool.follow(node.number, body, [])
        await trio.testing.wait_all_tasks_blocked()
        assert (node.offences(), len(node.ready())) == (0, 1)


async def test_nobody_reports_itself() -> None:
    async with reporting() as node:
        node.own = [node.author.public]
        await node.find(node.blocks())
        await node.find(double_vote(node.author, Prevote, round_number=4, set_id=0))
        assert (node.ready(), node.reporter.open_cases) == ([], 0)


async def test_an_offence_of_nobody_known_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivocations, "MAX_CASE_BLOCKS", 2)
    async with reporting() as node:
        stranger = pair(77)
        proof = BlockEquivocation(stranger.public, FIRST_SLOT, *twin_headers(stranger, FIRST_SLOT))
        await node.find(proof)
        assert (node.ready(), node.reporter.open_cases) == ([], 1)
        for _ in range(3):
            await node.include()
        assert node.reporter.open_cases == 0


async def test_cases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivocations, "MAX_CASES", 3)
    async with reporting() as node:
        for round_number in range(1, 6):
            await node.find(double_vote(node.author, Prevote, round_number, set_id=0))
        assert (len(node.ready()), node.reporter.open_cases) == (3, 3)


async def test_a_client_or_peer_cannot_bring_an_unsigned_report() -> None:
    async with reporting() as node:
        await node.find(node.blocks())
        (raw,) = node.ready()
        for source in (Source.LOCAL, Source.GOSSIP):
            (refusal,) = await Reporting().pool.submit_batch([raw], source)
            assert isinstance(refusal, Refused)
            assert refusal.kind is RefusalKind.INVALID
        assert await Reporting().pool.submit(raw, Source.OWN)


async def test_a_report_is_not_told_to_peers() -> None:
    async with reporting() as node:
        await node.find(node.blocks())
        with trio.move_on_after(0.01):
            raise AssertionError(f"gossiped {await node.pool.gossip.take(1)}")
