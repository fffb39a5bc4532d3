"""A provider's worker takes each job from its assignment to its settlement."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from consensus.compute.device import DeviceError, DeviceRefused, DeviceWrong
from consensus.compute.provider_view import Lottery, Ports
from consensus.compute.worker import Worker, WorkerSettings
from runtime.compute.contents import check_output
from runtime.compute.job import DeclineReason
from runtime.compute.matmul import pack_output
from runtime.compute.shares import MAX_SHARES_PER_BATCH, ShareParameters
from runtime.pallets.jobs.records import Output
from tests.consensus_compute.fakes import (
    BLOCK_SECONDS,
    FakeBlobs,
    FakeChain,
    FakeDevice,
    FakeLog,
)
from tests.runtime_compute.orders import JOB, PROVIDER, order

ORDER = order(100, 70, 50)
WHOLE_JOB = ["Jobs.start_job", "Jobs.commit_segment", "opening"]
EASY = ShareParameters(size=128, target=2**62)
LOTTERY = Lottery(epoch=4, beacon=b"b" * 32, parameters=EASY, counted_below=0)


@dataclass
class World:
    """Everything around a worker."""

    chain: FakeChain = field(default_factory=FakeChain)
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    device: FakeDevice = field(default_factory=FakeDevice)
    log: FakeLog = field(default_factory=FakeLog)

    def order(self) -> None:
        """Upload the input and assign the job."""
        self.blobs.content[ORDER.spec.input_root] = ORDER.content
        self.chain.assign(JOB, ORDER.spec)

    async def run(self, blocks: float, settings: WorkerSettings | None = None) -> None:
        """Let a fresh worker run for some blocks."""
        async with self.worker(settings or WorkerSettings()):
            await trio.sleep(blocks * BLOCK_SECONDS - 0.5)

    @asynccontextmanager
    async def worker(self, settings: WorkerSettings) -> AsyncIterator[None]:
        """Run a fresh worker meanwhile."""
        ports = Ports(self.chain, self.blobs, self.chain, self.device, self.log)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Worker(PROVIDER, settings, ports, offload=at_once).run)
            yield
            nursery.cancel_scope.cancel()

    def declined(self) -> DeclineReason:
        """Why the job was given back."""
        name, arguments = self.chain.calls[-1]
        assert (name, arguments["job"]) == ("Jobs.decline_job", JOB)
        reason: DeclineReason = arguments["reason"]
        return reason


async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function that takes long here and now: threads know no mock clock."""
    return function(*arguments)


@pytest.fixture
def world() -> World:
    world = World()
    world.order()
    return world


async def test_a_job_goes_from_assignment_to_settlement(
    world: World, autojump_clock: MockClock
) -> None:
    await world.run(blocks=8)
    assert world.chain.steps == WHOLE_JOB
    assert world.chain.settled == [JOB]
    commitment = ORDER.commitment()
    content = world.blobs.content[commitment.out_root]
    check_output(ORDER.sizes, commitment, content)
    assert content == pack_output(ORDER.c)


async def test_a_commitment_says_what_the_chain_stores(
    world: World, autojump_clock: MockClock
) -> None:
    await world.run(blocks=2)
    commitment = ORDER.commitment()
    assert world.chain.calls == [
        ("Jobs.start_job", {"job": JOB}),
        (
            "Jobs.commit_segment",
            {
                "job": JOB,
                "segment": 0,
                "output": Output(commitment.out_root, bytes(32), 28000),
            },
        ),
    ]


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
async def test_lost_submissions_are_sent_again(
    world: World, autojump_clock: MockClock, lost: int
) -> None:
    world.chain.loses = lost
    await world.run(blocks=20)
    assert world.chain.settled == [JOB]
    assert world.device.products == 1


async def test_refused_submissions_are_sent_again(world: World, autojump_clock: MockClock) -> None:
    world.chain.refuses = 2
    await world.run(blocks=20)
    assert world.chain.settled == [JOB]


@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
async def test_a_worker_that_dies_goes_on_where_it_was(
    world: World, autojump_clock: MockClock, blocks: int
) -> None:
    await world.run(blocks)
    await world.run(blocks=12)
    assert world.chain.settled == [JOB]


async def test_a_worker_that_dies_while_computing_computes_again(
    world: World, autojump_clock: MockClock
) -> None:
    world.device.seconds = 10.0
    await world.run(blocks=1)
    assert world.chain.steps == ["Jobs.start_job"]
    await world.run(blocks=12)
    assert world.chain.steps == WHOLE_JOB
    assert world.chain.settled == [JOB]


@pytest.mark.parametrize("spoil", [lambda content: None, lambda content: content[:-1] + b"\x07"])
async def test_a_lost_or_spoilt_output_is_computed_again(
    world: World, autojump_clock: MockClock, spoil: Callable[[bytes], bytes | None]
) -> None:
    await world.run(blocks=2)
    root = ORDER.commitment().out_root
    spoilt = spoil(world.blobs.content.pop(root))
    if spoilt is not None:
        world.blobs.content[root] = spoilt
    await world.run(blocks=12)
    assert world.chain.settled == [JOB]
    assert "output_lost" in world.log.events


async def test_missing_input_is_waited_for_and_then_declined(
    world: World, autojump_clock: MockClock
) -> None:
    world.blobs.content.clear()
    await world.run(blocks=20)
    assert world.declined() is DeclineReason.INPUT_UNAVAILABLE
    assert world.chain.number > 10


async def test_input_that_comes_late_is_still_computed(
    world: World, autojump_clock: MockClock
) -> None:
    world.blobs.content.clear()
    async with world.worker(WorkerSettings()):
        await trio.sleep(4 * BLOCK_SECONDS)
        world.blobs.content[ORDER.spec.input_root] = ORDER.content
        await trio.sleep(12 * BLOCK_SECONDS)
    assert world.chain.settled == [JOB]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", DeclineReason.BAD_INPUT_SIZE),
        (bytes(ORDER.spec.input_bytes + 1), DeclineReason.BAD_INPUT_SIZE),
        (bytes(ORDER.spec.input_bytes), DeclineReason.BAD_INPUT_ROOT),
    ],
)
async def test_bad_input_is_declined_with_its_reason(
    world: World, autojump_clock: MockClock, payload: bytes, reason: DeclineReason
) -> None:
    world.blobs.content[ORDER.spec.input_root] = payload
    await world.run(blocks=3)
    assert world.declined() is reason


async def test_a_job_that_nobody_could_check_is_declined(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assign(JOB, replace(ORDER.spec, params=bytes(12)))
    await world.run(blocks=2)
    assert world.chain.steps == ["Jobs.decline_job"]
    assert world.declined() is DeclineReason.BAD_SPEC


async def test_a_device_fault_is_tried_again(world: World, autojump_clock: MockClock) -> None:
    world.device.faults = [DeviceError("fell off the bus"), DeviceWrong("bit flip")]
    await world.run(blocks=12)
    assert world.chain.settled == [JOB]


@pytest.mark.parametrize(
    "faults", [[DeviceError("fell off the bus")] * 3, [DeviceRefused("too large")]]
)
async def test_a_device_that_cannot_makes_the_job_go_back(
    world: World, autojump_clock: MockClock, faults: list[DeviceError]
) -> None:
    world.device.faults = faults
    await world.run(blocks=8)
    assert world.declined() is DeclineReason.DEVICE_UNABLE


async def test_a_job_past_its_deadline_is_left_alone(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assign(JOB, replace(ORDER.spec, deadline=1))
    await world.run(blocks=3)
    assert world.chain.calls == []


async def test_work_that_the_chain_takes_back_is_cancelled(
    world: World, autojump_clock: MockClock
) -> None:
    world.device.seconds = 100.0
    async with world.worker(WorkerSettings()):
        await trio.sleep(BLOCK_SECONDS / 2)
        world.chain.assigned.clear()
        await trio.sleep(BLOCK_SECONDS)
        assert "job_withdrawn" in world.log.events
        world.device.seconds = 1.0
        world.chain.assign(JOB + 1, ORDER.spec)
        await trio.sleep(12 * BLOCK_SECONDS)
    assert world.chain.settled == [JOB + 1]


async def test_jobs_are_done_in_their_order(world: World, autojump_clock: MockClock) -> None:
    for job in (3, 1, 2):
        world.chain.assign(job, ORDER.spec)
    await world.run(blocks=12)
    commits = [call["job"] for name, call in world.chain.calls if name == "Jobs.commit_segment"]
    assert commits == [JOB, 3, 1, 2]
    assert sorted(world.chain.settled) == [1, 2, 3, JOB]


async def test_an_opening_window_that_has_passed_is_left_alone(
    world: World, autojump_clock: MockClock
) -> None:
    await world.run(blocks=2)
    world.chain.number += 20
    await world.run(blocks=3)
    assert "opening" not in world.chain.steps


async def test_an_idle_worker_mines(world: World, autojump_clock: MockClock) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    await world.run(blocks=4)
    nonces = [nonce for search in world.device.searches for nonce in search]
    assert nonces == list(range(len(nonces)))
    places = [share.place for batch in world.chain.batches for share in batch.shares]
    assert len(places) > MAX_SHARES_PER_BATCH
    assert places == sorted(set(places))


async def test_a_job_comes_before_mining(world: World, autojump_clock: MockClock) -> None:
    world.chain.lottery = LOTTERY
    await world.run(blocks=8)
    assert world.chain.settled == [JOB]
    assert world.device.searches


async def test_mining_starts_where_the_chain_counts(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = replace(LOTTERY, counted_below=1000)
    await world.run(blocks=2)
    assert world.device.searches[0] == range(1000, 1001)


async def test_a_new_epoch_starts_its_own_nonces(world: World, autojump_clock: MockClock) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    async with world.worker(WorkerSettings()):
        await trio.sleep(2 * BLOCK_SECONDS)
        world.chain.lottery = replace(LOTTERY, epoch=5)
        await trio.sleep(2 * BLOCK_SECONDS)
    assert sum(search.start == 0 for search in world.device.searches) == 2
    assert {batch.epoch for batch in world.chain.batches} == {4, 5}


async def test_a_provider_may_choose_not_to_mine(world: World, autojump_clock: MockClock) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    await world.run(blocks=4, settings=WorkerSettings(mines=False))
    assert world.device.searches == []


async def test_a_fault_while_mining_is_survived(world: World, autojump_clock: MockClock) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    world.device.faults = [DeviceError("fell off the bus")]
    await world.run(blocks=4)
    assert world.device.searches
    assert "work_failed" in world.log.events


async def test_refused_shares_are_survived(world: World, autojump_clock: MockClock) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    world.chain.refuses = 1
    await world.run(blocks=4)
    assert "shares_refused" in world.log.events
    assert world.chain.batches


async def test_searches_grow_until_they_take_about_a_second(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    await world.run(blocks=2)
    assert [len(search) for search in world.device.searches[:6]] == [1, 2, 4, 8, 8, 8]


async def test_searches_shrink_when_the_device_slows_down(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assigned.clear()
    world.chain.lottery = LOTTERY
    async with world.worker(WorkerSettings()):
        await trio.sleep(2 * BLOCK_SECONDS)
        world.device.seconds_per_nonce = 0.5
        await trio.sleep(2 * BLOCK_SECONDS)
    assert len(world.device.searches[-1]) == 4


async def test_a_result_that_cannot_be_kept_is_not_committed_to(
    world: World, autojump_clock: MockClock
) -> None:
    world.blobs.is_full = True
    async with world.worker(WorkerSettings()):
        await trio.sleep(3 * BLOCK_SECONDS)
        assert world.chain.steps == ["Jobs.start_job"]
        world.blobs.is_full = False
        await trio.sleep(12 * BLOCK_SECONDS)
    assert world.chain.settled == [JOB]


async def test_the_device_is_named_once(world: World, autojump_clock: MockClock) -> None:
    await world.run(blocks=4)
    assert world.log.events.count("device_ready") == 1
