"""The device process serves, and its faults stay its own."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from consensus.compute.device import (
    DeviceError,
    DeviceInfo,
    DeviceRefused,
    DeviceUnavailable,
    DeviceWrong,
    Search,
)
from consensus.compute.device_process import DeviceOptions, DeviceProcess, child_environment
from consensus.compute.device_requests import DeviceCrashed, DeviceTooSlow, result_in
from consensus.compute.device_wire import Message
from consensus.compute.executor import Capacity
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.classes import BadInput
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input
from runtime.compute.reference import Int8s, Int32s
from runtime.compute.shares import ShareParameters
from tests.runtime_compute.networks import perceptron
from tests.runtime_compute.trainings import training

ROOT = Path(__file__).parents[2]
EASY = ShareParameters(size=128, target=2**62)
NUMPY = DeviceOptions(kind="numpy", niceness=0)
A = np.arange(-60, 60, dtype=np.int8).reshape(10, 12)
B = np.arange(-72, 72, dtype=np.int8).reshape(12, 12)
C = A.astype(np.int64) @ B.astype(np.int64)


@asynccontextmanager
async def device(options: DeviceOptions = NUMPY) -> AsyncIterator[DeviceProcess]:
    process = DeviceProcess(options)
    try:
        yield process
    finally:
        await process.aclose()


def unruly(fault: str, deadline_seconds: float = 60.0) -> DeviceOptions:
    program = (sys.executable, "-m", "tests.consensus_compute.unruly_device", fault)
    return replace(NUMPY, program=program, deadline_seconds=deadline_seconds)


async def product(process: DeviceProcess, a: Int8s, b: Int8s) -> Int32s:
    work = matmul_of(a, b)
    return work.product((await process.run(work, pack_input(a, b))).output)


async def test_products_come_back_exact() -> None:
    async with device() as process:
        assert (await product(process, A, B) == C).all()
        assert (await product(process, B.T, B) == B.T.astype(np.int64) @ B).all()


async def test_searches_find_what_the_device_finds() -> None:
    search = Search(b"b" * 32, b"p" * 32, 5, 8, EASY)
    async with device() as process:
        assert await process.search_shares(search) == NumpyDevice().search_shares(search)


async def test_the_process_says_what_it_found() -> None:
    async with device() as process:
        assert await process.start() == DeviceInfo(
            name="numpy", memory_bytes=NUMPY.memory_bytes, gpu_off="the numpy device was asked for"
        )


async def test_a_missing_gpu_is_said_in_one_line() -> None:
    reason = ""
    async with device(replace(NUMPY, kind="cuda")) as process:
        try:
            await process.start()
        except DeviceUnavailable as error:
            reason = str(error)
    assert len(reason.splitlines()) <= 1


async def test_auto_always_finds_a_device() -> None:
    async with device(replace(NUMPY, kind="auto")) as process:
        info = await process.start()
        assert (info.name == "numpy") == bool(info.gpu_off)


async def test_requests_from_two_tasks_take_turns() -> None:
    results: list[bool] = []

    async def multiply(a: Int8s, b: Int8s) -> None:
        results.append(bool((await product(process, a, b) == a.astype(np.int64) @ b).all()))

    async with device() as process, trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(multiply, A, B)
            nursery.start_soon(multiply, B.T, B)
    assert results == [True] * 6


async def test_a_crash_is_named_and_the_next_request_starts_again() -> None:
    async with device(unruly("crashes")) as process:
        with pytest.raises(DeviceCrashed, match="wanted a reply, got the exit status -11"):
            await product(process, A, B)
        assert await process.search_shares(Search(bytes(32), bytes(32), 0, 1, EASY)) == ()


async def test_a_device_that_hangs_meets_the_deadline() -> None:
    async with device(unruly("hangs", deadline_seconds=0.3)) as process:
        with pytest.raises(DeviceTooSlow, match=r"wanted a reply in 0.3 s, got none"):
            await product(process, A, B)
        assert await process.search_shares(Search(bytes(32), bytes(32), 0, 1, EASY)) == ()


async def test_a_cancelled_request_leaves_a_working_device() -> None:
    async with device(unruly("hangs")) as process:
        await process.start()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(product, process, A, B)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert await process.search_shares(Search(bytes(32), bytes(32), 0, 1, EASY)) == ()


async def test_a_wrong_product_is_caught_before_it_is_used() -> None:
    async with device(unruly("errs")) as process:
        with pytest.raises(DeviceWrong, match=r"unruly: not the result of MatmulParams\(rows=10"):
            await product(process, A, B)


async def test_running_out_of_memory_is_a_refusal() -> None:
    async with device(unruly("runs out of memory")) as process:
        with pytest.raises(DeviceRefused, match="unruly: more than 1048576 bytes"):
            await product(process, A, B)


async def test_what_a_library_prints_is_no_reply() -> None:
    async with device(unruly("prints")) as process:
        assert (await product(process, A, B) == C).all()


async def test_garbage_from_the_device_is_a_crash() -> None:
    async with device(unruly("answers with garbage")) as process:
        with pytest.raises(DeviceCrashed, match="its reply is no message: wanted a manifest"):
            await product(process, A, B)


async def test_a_program_that_does_not_start_is_a_crash() -> None:
    async with device(replace(NUMPY, program=(sys.executable, "-c", "raise SystemExit(7)"))) as it:
        with pytest.raises(DeviceCrashed, match="got the exit status 7"):
            await it.start()


async def test_a_refusal_names_the_limit() -> None:
    async with device(replace(NUMPY, memory_bytes=1000)) as process:
        with pytest.raises(DeviceRefused, match="numpy: wanted at most 1000 bytes"):
            await process.run(MatmulParams(1, 1, 999), bytes(1998))


async def test_the_process_ends_with_the_node() -> None:
    command = [*NUMPY.program, "numpy", str(NUMPY.memory_bytes), "0"]
    run = await trio.run_process(command, stdin=b"", capture_stdout=True, cwd=ROOT)
    assert run.returncode == 0


async def test_every_fault_is_a_device_error() -> None:
    kinds = (DeviceCrashed, DeviceTooSlow, DeviceRefused, DeviceWrong, DeviceUnavailable)
    assert all(issubclass(kind, DeviceError) for kind in kinds)


async def test_work_of_other_classes_comes_back_whole() -> None:
    for work, content in (perceptron(9, (8, 16, 4)), training(steps=4, segment=2)):
        async with device() as process:
            assert await process.run(work, content) == work.run(content)


async def test_an_input_that_is_none_is_named_across_the_pipe() -> None:
    async with device(unruly("cannot take the input")) as process:
        with pytest.raises(BadInput, match="wanted a scene"):
            await product(process, A, B)


async def test_a_probe_shows_that_the_device_works() -> None:
    async with device() as process:
        await process.probe()
        assert process.capacity() == Capacity(slots=1, busy=0)


@pytest.mark.parametrize("fault", ["crashes", "errs"])
async def test_a_probe_that_fails_leaves_no_capacity(fault: str) -> None:
    async with device(unruly(fault)) as process:
        with pytest.raises((DeviceCrashed, DeviceWrong)):
            await process.probe()
        assert process.capacity().slots == 0


async def test_a_job_that_runs_is_listed() -> None:
    async with device(unruly("hangs")) as process:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(product, process, A, B)
            await wait_all_tasks_blocked()
            assert [one.job_class for one in process.progress()] == ["matmul"]
            assert process.capacity().busy == 1
            nursery.cancel_scope.cancel()
        assert process.progress() == ()


async def test_memory_beyond_the_limit_is_refused_and_the_process_goes_on() -> None:
    async with device(unruly("takes more than its limit")) as process:
        with pytest.raises(DeviceRefused, match="unruly: more than 1048576 bytes"):
            await product(process, A, B)
        assert await process.search_shares(Search(bytes(32), bytes(32), 0, 1, EASY)) == ()


def test_a_reply_of_another_size_is_wrong() -> None:
    with pytest.raises(DeviceWrong, match=r"wanted output and auxiliary of \(480, 0\) bytes"):
        result_in(matmul_of(A, B), Message("done", contents=(b"too little", b"")))


def test_what_opens_a_keystore_is_not_in_the_environment_of_a_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STARMINER_PASSWORD", "secret")
    monkeypatch.setenv("STARMINER_SIGNER", "//Alice")
    names = child_environment(threads=3)
    assert [name for name in names if name.startswith("STARMINER_")] == []
    assert names["OPENBLAS_NUM_THREADS"] == "3"
