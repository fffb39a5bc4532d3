"""A device at fault gives its work back at once, says why, and comes back when it is well."""

from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from consensus.compute.device import DeviceUnavailable, DeviceWrong
from consensus.compute.duty import Duty, Mode, Wish
from consensus.compute.executor import PROBE, PROBE_INPUT, check_probe
from consensus.compute.health import PROBE_EVERY_SECONDS, Health
from consensus.compute.provider_view import Ports
from consensus.compute.worker import Worker, WorkerSettings
from runtime.compute.classes import Result
from runtime.compute.job import DeclineReason
from tests.consensus_compute.fakes import BLOCK_SECONDS, FakeDevice, FakeLog
from tests.consensus_compute.test_worker import LOTTERY, WHOLE_JOB, World, at_once
from tests.runtime_compute.orders import JOB, PROVIDER, order

FELL_OFF = DeviceUnavailable("the CUDA driver found no GPU")


def worker_of(world: World, duty: Duty | None = None) -> Worker:
    ports = Ports(world.chain, world.blobs, world.chain, world.device, world.log)
    return Worker(PROVIDER, WorkerSettings(), ports, offload=at_once, duty=duty)


def duty(mode: Mode = Mode.WORKING, *, is_withdrawn: bool = False) -> tuple[Duty, list[Wish]]:
    saved: list[Wish] = []
    return Duty(Wish(mode, is_withdrawn), saved.append), saved


async def run_for(blocks: float, worker: Worker) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(blocks * BLOCK_SECONDS - 0.5)
        nursery.cancel_scope.cancel()


@pytest.fixture
def world() -> World:
    world = World()
    world.order()
    return world


async def test_a_device_at_fault_gives_its_job_back_without_starting_it(
    world: World, autojump_clock: MockClock
) -> None:
    world.device.fault = FELL_OFF
    await run_for(2, worker_of(world))
    assert world.chain.steps == ["Jobs.decline_job", "Providers.chill"]
    assert world.chain.calls[0][1] == {"job": JOB, "reason": DeclineReason.DEVICE_UNABLE}
    assert not world.chain.takes_jobs


async def test_a_node_key_gives_jobs_back_and_leaves_the_chill_to_the_owner(
    world: World, autojump_clock: MockClock
) -> None:
    world.device.fault = FELL_OFF
    ports = Ports(world.chain, world.blobs, world.chain, world.device, world.log)
    settings = WorkerSettings(may_chill=False)
    await run_for(12, Worker(PROVIDER, settings, ports, offload=at_once))
    assert world.chain.steps == ["Jobs.decline_job"]


async def test_a_device_at_fault_mines_nothing_and_its_worker_says_why(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.chain.lottery = LOTTERY
    worker = worker_of(world)
    world.device.faults, world.device.fault = [FELL_OFF], FELL_OFF
    await run_for(10, worker)
    assert world.device.searches == []
    assert worker.report().fault == "DeviceUnavailable: the CUDA driver found no GPU"
    assert "capacity_withdrawn" in world.log.events


async def test_a_device_that_is_well_again_takes_jobs_within_a_minute(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.chain.lottery = LOTTERY
    worker = worker_of(world)
    world.device.faults, world.device.fault = [FELL_OFF], FELL_OFF
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(3 * BLOCK_SECONDS)
        assert (world.chain.takes_jobs, worker.report().is_withdrawn) == (False, True)
        world.device.fault = None
        await trio.sleep(PROBE_EVERY_SECONDS + 12 * BLOCK_SECONDS)
        assert (world.chain.takes_jobs, worker.report().is_withdrawn) == (True, False)
        nursery.cancel_scope.cancel()
    assert world.chain.steps == ["Providers.chill", "Providers.resume"]
    assert world.device.searches != []


async def test_a_worker_that_restarts_well_takes_back_the_chill_of_the_one_before(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.chain.takes_jobs = False
    ordered, _ = duty(is_withdrawn=True)
    await run_for(3, worker_of(world, ordered))
    assert world.chain.steps == ["Providers.resume"]


async def test_a_chill_of_the_operator_is_never_taken_back(autojump_clock: MockClock) -> None:
    world = World()
    world.chain.takes_jobs = False
    await run_for(20, worker_of(world))
    assert world.chain.steps == []


async def test_a_transient_fault_costs_no_job(world: World, autojump_clock: MockClock) -> None:
    world.device.faults = [FELL_OFF]
    await run_for(12, worker_of(world))
    assert world.chain.steps == WHOLE_JOB


async def test_a_paused_worker_gives_back_what_it_has_not_started(
    world: World, autojump_clock: MockClock
) -> None:
    ordered, _ = duty(Mode.PAUSED)
    await run_for(3, worker_of(world, ordered))
    assert world.chain.steps == ["Jobs.decline_job"]


async def test_a_paused_worker_finishes_what_it_has_started(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.assigned[JOB] = replace(world.chain.assigned[JOB], is_started=True)
    ordered, _ = duty(Mode.PAUSED)
    await run_for(12, worker_of(world, ordered))
    assert world.chain.settled == [JOB]


async def test_a_draining_worker_finishes_its_jobs_and_mines_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    world.chain.lottery = LOTTERY
    ordered, _ = duty(Mode.DRAINING)
    await run_for(12, worker_of(world, ordered))
    assert (world.chain.settled, world.device.searches) == ([JOB], [])


async def test_as_many_jobs_run_at_once_as_there_are_devices(autojump_clock: MockClock) -> None:
    world = World(device=FakeDevice(seconds=20.0, slots=3))
    for job in range(4):
        wanted = order(60 + job, 50, 40, seed=job)
        world.blobs.content[wanted.spec.input_root] = wanted.content
        world.chain.assign(JOB + job, wanted.spec)
    worker = worker_of(world)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.run)
        await trio.sleep(10.0)
        assert [one.job_class for one in worker.report().running] == ["matmul"] * 3
        await trio.sleep(25 * BLOCK_SECONDS)
        nursery.cancel_scope.cancel()
    assert world.device.most_at_once == 3
    assert sorted(world.chain.settled) == [JOB, JOB + 1, JOB + 2, JOB + 3]


async def test_a_fault_is_told_once_and_so_is_its_end() -> None:
    device, log = FakeDevice(), FakeLog()
    health = Health(device, log)
    assert await health.probe()
    device.fault = FELL_OFF
    assert not await health.probe()
    assert not await health.probe()
    device.fault = None
    assert await health.probe()
    assert log.events == ["capacity_withdrawn", "capacity_restored"]


def test_a_probe_whose_result_is_wrong_is_a_fault() -> None:
    right = PROBE.run(PROBE_INPUT)
    check_probe(right)
    with pytest.raises(DeviceWrong, match="64 x 64 that is known came back wrong"):
        check_probe(Result(bytes([right.output[0] ^ 1]) + right.output[1:]))


def test_a_wish_is_kept_before_it_is_in_force_and_only_when_it_changes() -> None:
    ordered, saved = duty()
    ordered.order(Mode.WORKING)
    ordered.order(Mode.DRAINING)
    ordered.withdraw(is_withdrawn=True)
    ordered.order(Mode.WORKING)
    assert saved == [Wish(Mode.DRAINING), Wish(Mode.DRAINING, True), Wish()]
