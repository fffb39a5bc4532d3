"""The node's end of the device process: start it, speak to it, outlive it.

A request whose caller is cancelled or whose deadline passes cannot be taken back from a device, so
the process is killed and the next request starts another. The same happens when it crashes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from consensus.compute.device import DeviceError, DeviceInfo, Search
from consensus.compute.device_requests import (
    DeviceCrashed,
    DeviceTooSlow,
    done,
    info_in,
    result_in,
    run_request,
    search_request,
    shares_in,
)
from consensus.compute.device_stream import read_message
from consensus.compute.device_wire import BadFrame, Message, encode_frame
from consensus.compute.executor import PROBE, PROBE_INPUT, Capacity, Running, Runs, check_probe
from runtime.compute.classes import Result, Work
from runtime.compute.shares import Share

START_SECONDS = 120.0
"""Compiling the kernels for a GPU, the first time, takes tens of seconds."""
PROBE_SECONDS = 30.0
"""A device that needs longer for a product of 64 x 64 hangs."""
STOP_SECONDS = 5.0
"""For a killed process to be gone; only one that hangs inside its driver takes longer."""
SECRETS = "STARMINER_"
"""How the variables begin that hold passwords and names of signers; no device needs one."""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """How to run the device process."""

    kind: str = "auto"
    """`cuda`, `numpy`, or `auto`: a GPU if there is one."""
    memory_bytes: int = 2 << 30
    niceness: int = 10
    """The node itself, and its votes, come first."""
    threads: int = 1
    """Threads of numpy's matrix products."""
    deadline_seconds: float = 120.0
    """For one request: the largest product takes seconds on a slow CPU."""
    program: Sequence[str] = (sys.executable, "-m", "consensus.compute.device_main")


class DeviceProcess:
    """One device in a process of its own. Invariant: between requests it is idle or absent."""

    def __init__(self, options: DeviceOptions) -> None:
        self._options = options
        self._turn = trio.Lock()
        self._process: trio.Process | None = None
        self._info: DeviceInfo | None = None
        self._runs = Runs()
        self._is_fit = True

    async def start(self) -> DeviceInfo:
        """Start the process if there is none, and say what it found.

        Raises:
            DeviceError: it did not start; `DeviceUnavailable` if there is no such device.
        """
        async with self._turn:
            await self._ready()
        assert self._info is not None
        return self._info

    def capacity(self) -> Capacity:
        """Say that one job at a time can run, or none if the last probe failed."""
        return Capacity(slots=int(self._is_fit), busy=len(self._runs.listed))

    def progress(self) -> tuple[Running, ...]:
        """List the jobs that run or wait for their turn, the oldest first."""
        return self._runs.listed

    async def probe(self) -> None:
        """Do a job whose result is known; a process that is gone is started again for it.

        Raises:
            DeviceError: the device does not work.
        """
        try:
            check_probe(await self._result(PROBE, PROBE_INPUT, PROBE_SECONDS))
        except DeviceError:
            self._is_fit = False
            raise
        self._is_fit = True

    async def run(self, work: Work, content: bytes) -> Result:
        """Do a job of any class on its input, which has the right size.

        Raises:
            DeviceError: refused, crashed, too slow or wrong.
            BadInput: the content is no input of this class.
        """
        with self._runs.one(work):
            return await self._result(work, content, self._options.deadline_seconds)

    async def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending.

        Raises:
            DeviceError: refused, crashed, too slow or wrong.
        """
        seconds = self._options.deadline_seconds
        return shares_in(await self._exchange(search_request(search), seconds))

    async def aclose(self) -> None:
        """End the process."""
        await self._kill()

    async def _result(self, work: Work, content: bytes, seconds: float) -> Result:
        return result_in(work, await self._exchange(run_request(work, content), seconds))

    async def _exchange(self, request: Message, seconds: float) -> Message:
        """Send one request and wait for its reply; end the process unless both went through."""
        async with self._turn:
            await self._ready()
            return await self._spoken(request, seconds)

    async def _ready(self) -> None:
        """Start the process unless it runs, and read its greeting."""
        if self._process is not None and self._process.poll() is None:
            return
        await self._kill()
        options = self._options
        self._process = await trio.lowlevel.open_process(
            [*options.program, options.kind, str(options.memory_bytes), str(options.niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(options.threads),
        )
        self._info = info_in(await self._spoken(None, START_SECONDS))

    async def _spoken(self, request: Message | None, seconds: float) -> Message:
        assert self._process is not None
        whole = False
        try:
            with trio.fail_after(seconds):
                reply = await _spoken_with(self._process, request)
            whole = True
        except trio.TooSlowError as error:
            raise DeviceTooSlow(f"wanted a reply in {seconds} s, got none") from error
        except BadFrame as error:
            raise DeviceCrashed(f"its reply is no message: {error}") from error
        except (trio.BrokenResourceError, EOFError) as error:
            status = await _exit_status(self._process)
            raise DeviceCrashed(f"wanted a reply, got the exit status {status}") from error
        finally:
            if not whole:
                await self._kill()
        return done(reply)

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with trio.CancelScope(shield=True, deadline=trio.current_time() + STOP_SECONDS):
            process.kill()
            await process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                await trio.aclose_forcefully(pipe)


def child_environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that computes: ours, without what opens keystores."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    libraries = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), str(threads))
    return kept | libraries | {"PYTHONPATH": str(_ROOT)}


async def _spoken_with(process: trio.Process, request: Message | None) -> Message:
    """Write a request, if there is one, and read the next message."""
    assert process.stdin is not None
    assert process.stdout is not None
    if request is not None:
        await process.stdin.send_all(encode_frame(request))
    return await read_message(process.stdout)


async def _exit_status(process: trio.Process) -> int | None:
    """Wait a little for a process whose pipe has ended; None if it does not end."""
    with trio.move_on_after(STOP_SECONDS):
        await process.wait()
    return process.poll()
