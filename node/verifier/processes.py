"""Checks signatures in processes of their own, one per spare core.

Signatures from all callers wait in one queue; a process that is free takes a batch of them, so that
single extrinsics from many clients travel together. When a process dies, its batch is checked
inline and another one is started.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from node.log import Logger
from node.verifier.inline import CHECKS_PER_SLICE, InlineVerifier
from node.verifier.wire import LENGTH, MAX_BATCH, Check, decode_verdicts, encode_batch, is_good

MIN_BATCH = 32
"""What a process takes at least if it is there: smaller batches cost more in transit than they
share."""

MAX_WAITING = 16_384
"""Above this callers check their own: a second of work for one process is queued already."""

ANSWER_SECONDS = 30.0
"""A batch takes 20 ms; a process that needs this long is stuck."""

FIRST_RESTART_SECONDS = 0.5
LAST_RESTART_SECONDS = 60.0
"""The pause doubles up to this while a process keeps dying."""

SOURCE_ROOT = Path(__file__).parents[2]
"""Where `node` is importable from, also for a process that starts elsewhere."""


class WorkerFailed(Exception):
    """A verifier process died, or does not answer."""


@dataclass(slots=True)
class Request:
    """One caller's signatures, and what is known of them."""

    checks: Sequence[Check]
    verdicts: list[bool]
    missing: int
    done: trio.Event

    def answer(self, i: int, good: bool) -> None:
        """Note a verdict; the last one wakes the caller."""
        self.verdicts[i] = good
        self.missing -= 1
        if not self.missing:
            self.done.set()


Waiting = tuple[Request, int]


class ProcessVerifier:
    """A service that checks signatures in `workers` processes, inline while none of them runs."""

    def __init__(self, workers: int, log: Logger) -> None:
        """Prepare; the processes start in `run`."""
        self._workers = workers
        self._log = log
        self._inline = InlineVerifier()
        self._waiting: deque[Waiting] = deque()
        self._arrived = trio.Event()
        self._alive: list[int] = []

    @property
    def alive(self) -> tuple[int, ...]:
        """The process ids of those that run."""
        return tuple(self._alive)

    async def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Say for each signature whether it is good."""
        if not checks or not self._alive or len(self._waiting) + len(checks) > MAX_WAITING:
            return await self._inline.verify(checks)
        request = Request(checks, [False] * len(checks), len(checks), trio.Event())
        self._waiting.extend((request, i) for i in range(len(checks)))
        self._arrived.set()
        await request.done.wait()
        return request.verdicts

    async def run(self) -> None:
        """Keep the processes running until cancelled; nobody is left waiting then."""
        try:
            async with trio.open_nursery() as nursery:
                for number in range(self._workers):
                    nursery.start_soon(self._keep_running, number)
        finally:
            _check_inline(self._waiting)
            self._waiting.clear()

    async def _keep_running(self, number: int) -> None:
        pause = FIRST_RESTART_SECONDS
        while True:
            started = trio.current_time()
            try:
                async with _started_process() as (process_id, stream):
                    await self._feed(process_id, stream)
            except (WorkerFailed, OSError) as error:
                lasted = trio.current_time() - started
                pause = FIRST_RESTART_SECONDS if lasted > LAST_RESTART_SECONDS else pause
                self._log.warning(
                    "verifier process failed", worker=number, cause=str(error), restart_in=pause
                )
            await self._serve_inline()
            await trio.sleep(pause)
            pause = min(2 * pause, LAST_RESTART_SECONDS)

    async def _feed(self, process_id: int, stream: trio.SocketStream) -> None:
        """Give a process batch after batch; raises WorkerFailed."""
        self._alive.append(process_id)
        try:
            while True:
                await self._work_through(await self._next_batch(), stream)
        finally:
            self._alive.remove(process_id)

    async def _work_through(self, batch: list[Waiting], stream: trio.SocketStream) -> None:
        try:
            verdicts = await _ask(stream, [request.checks[i] for request, i in batch])
        except BaseException:
            _check_inline(batch)
            raise
        for (request, i), good in zip(batch, verdicts, strict=True):
            request.answer(i, good)

    async def _serve_inline(self) -> None:
        """Work off what waits if no process is left to do it."""
        while self._waiting and not self._alive:
            size = min(CHECKS_PER_SLICE, len(self._waiting))
            _check_inline([self._waiting.popleft() for _ in range(size)])
            await trio.lowlevel.checkpoint()

    async def _next_batch(self) -> list[Waiting]:
        while not self._waiting:
            self._arrived = trio.Event()
            await self._arrived.wait()
        share = -(-len(self._waiting) // max(1, len(self._alive)))
        size = min(max(share, MIN_BATCH), MAX_BATCH, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]


def _check_inline(batch: Sequence[Waiting]) -> None:
    for request, i in batch:
        request.answer(i, is_good(request.checks[i]))


async def _ask(stream: trio.SocketStream, checks: Sequence[Check]) -> list[bool]:
    """Send one batch and wait for its verdicts; raises WorkerFailed."""
    try:
        with trio.fail_after(ANSWER_SECONDS):
            await stream.send_all(encode_batch(checks))
            (size,) = LENGTH.unpack(await _receive(stream, LENGTH.size))
            return decode_verdicts(await _receive(stream, size), len(checks))
    except trio.TooSlowError as error:
        raise WorkerFailed(f"wanted an answer within {ANSWER_SECONDS:.0f} s, got none") from error
    except trio.BrokenResourceError as error:
        raise WorkerFailed("wanted an answer, got a closed connection") from error


async def _receive(stream: trio.SocketStream, size: int) -> bytes:
    assert size <= MAX_BATCH, f"wanted an answer up to {MAX_BATCH} bytes, got {size}"
    received = bytearray()
    while len(received) < size:
        piece = await stream.receive_some(size - len(received))
        if not piece:
            raise WorkerFailed("wanted an answer, got the end of the process")
        received += piece
    return bytes(received)


@asynccontextmanager
async def _started_process() -> AsyncIterator[tuple[int, trio.SocketStream]]:
    """Start a verifier process; end it with the block."""
    ours, theirs = socket.socketpair()
    try:
        path = os.pathsep.join(filter(None, (str(SOURCE_ROOT), os.environ.get("PYTHONPATH"))))
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "node.verifier.worker"],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the node, which closes the connection
            env={**os.environ, "PYTHONPATH": path},
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    try:
        yield process.pid, stream
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await stream.aclose()
