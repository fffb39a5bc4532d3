"""A fleet's executor: jobs side by side, results checked here, and a bridge that may be lost."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
import trio

from consensus.compute.device import DeviceRefused, DeviceUnavailable, DeviceWrong, Search
from consensus.compute.device_process import DeviceOptions
from consensus.compute.device_requests import DeviceCrashed, run_request
from consensus.compute.executor import PROBE, PROBE_INPUT
from consensus.compute.fleet import FleetExecutor, FleetOptions, split
from consensus.compute.fleet_bridge import read_arguments
from consensus.compute.fleet_device import FleetDevice, FleetDeviceOptions
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.matmul import matmul_of, pack_input
from runtime.compute.shares import ShareParameters

NUMPY = DeviceOptions(kind="numpy", niceness=0)
LOCAL = FleetDeviceOptions("numpy", 2 << 30, 0, 1, 60.0)
A = np.arange(-60, 60, dtype=np.int8).reshape(10, 12)
WORK, CONTENT = matmul_of(A, A.T), pack_input(A, np.ascontiguousarray(A.T))
SEARCH = Search(b"b" * 32, b"p" * 32, 5, 8, ShareParameters(size=128, target=2**62))


def bridge(fault: str = "honest", device: DeviceOptions = NUMPY) -> FleetOptions:
    program = (sys.executable, "-m", "tests.consensus_compute.local_bridge", fault)
    return FleetOptions("nowhere", device, program)


@asynccontextmanager
async def fleet(options: FleetOptions) -> AsyncIterator[FleetExecutor]:
    executor = FleetExecutor(options)
    try:
        yield executor
    finally:
        with trio.CancelScope(shield=True):
            await executor.aclose()


async def test_jobs_and_searches_come_back_as_from_one_device() -> None:
    async with fleet(bridge()) as executor:
        await executor.start()
        assert executor.capacity().slots == 2
        assert await executor.run(WORK, CONTENT) == WORK.run(CONTENT)
        assert await executor.search_shares(SEARCH) == NumpyDevice().search_shares(SEARCH)
        await executor.probe()


async def test_a_result_that_is_wrong_is_not_used_and_its_device_not_asked_again() -> None:
    async with fleet(bridge("lies")) as executor:
        with pytest.raises(DeviceWrong, match="bad of the cluster: not the result of Matmul"):
            await executor.run(WORK, CONTENT)
        assert await executor.run(WORK, CONTENT) == WORK.run(CONTENT)
        await executor.probe()
        assert executor.capacity().slots == 1


async def test_a_cancelled_job_leaves_a_fleet_that_works() -> None:
    async with fleet(bridge("hangs")) as executor:
        await executor.start()
        with trio.move_on_after(0.3) as scope:
            await executor.run(WORK, CONTENT)
        assert scope.cancelled_caught
        assert executor.progress() == ()
        assert await executor.run(WORK, CONTENT) == WORK.run(CONTENT)


async def test_a_bridge_that_dies_is_a_crash_and_the_next_request_starts_another() -> None:
    async with fleet(bridge("dies")) as executor:
        for _ in range(2):
            with pytest.raises(DeviceCrashed, match="the bridge to the cluster is gone"):
                await executor.run(WORK, CONTENT)


async def test_a_cluster_without_a_device_has_no_capacity() -> None:
    async with fleet(bridge("has no device")) as executor:
        with pytest.raises(DeviceUnavailable, match="no machine has a device"):
            await executor.start()
        assert executor.capacity().slots == 0


async def test_without_ray_the_reason_names_the_extra() -> None:
    options = replace(bridge(), program=(sys.executable, "-c", "raise SystemExit(1)"))
    async with fleet(options) as executor:
        with pytest.raises(DeviceUnavailable, match=r"is starminer\[fleet\] installed\?"):
            await executor.start()


async def test_a_job_above_the_memory_of_a_machine_is_refused() -> None:
    async with fleet(bridge(device=replace(NUMPY, memory_bytes=1 << 10))) as executor:
        with pytest.raises(DeviceRefused, match="numpy: wanted at most 1024 bytes"):
            await executor.run(WORK, CONTENT)


@pytest.mark.parametrize("parts", [1, 3, 8])
def test_a_search_is_cut_without_gap_or_overlap(parts: int) -> None:
    cut = split(SEARCH, parts)
    assert len(cut) == parts
    assert [nonce for part in cut for nonce in part.nonces] == list(SEARCH.nonces)


def test_a_device_of_a_fleet_that_is_cancelled_starts_again() -> None:
    device, request = FleetDevice(LOCAL), run_request(PROBE, PROBE_INPUT)
    assert device.exchange(request).kind == "done"
    device.cancel()
    replies = [device.exchange(request).kind for _ in range(2)]
    assert replies[-1] == "done"
    device.cancel()


def test_a_device_of_a_fleet_that_is_late_is_ended() -> None:
    device = FleetDevice(replace(LOCAL, deadline_seconds=0.01))
    assert device.greet().kind == "done"
    assert device._child is not None
    os.kill(device._child.pid, signal.SIGSTOP)  # a process that is stopped never replies in time
    reply = device.exchange(run_request(PROBE, PROBE_INPUT))
    assert reply.kind == "DeviceTooSlow"
    assert device._child.returncode == -signal.SIGKILL


def test_a_device_of_a_fleet_that_is_not_there_says_so() -> None:
    device = FleetDevice(replace(LOCAL, kind="cuda"))
    if (greeting := device.greet()).kind == "done":
        pytest.skip(f"there is a GPU here: {greeting.values['name']}")
    assert device.exchange(run_request(PROBE, PROBE_INPUT)).kind == "DeviceUnavailable"


def test_a_bridge_reads_its_arguments() -> None:
    words = ["socket", "host:1", "numpy", str(2 << 30), "0", "1", "60.0"]
    assert read_arguments(words) == ("socket", "host:1", LOCAL)
    assert read_arguments(words[1:]) is None
