"""Where a worker's jobs run: on the device of this machine, or on a cluster of many.

An executor computes and knows nothing of the chain: no key, no commitment and no signature ever
enters it. `device_process.DeviceProcess` runs jobs in one process here, `fleet.FleetExecutor` on
the machines of a Ray cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import trio

from consensus.compute.device import DeviceInfo, DeviceWrong, Search
from runtime.compute.classes import Result, Work
from runtime.compute.matmul import MatmulParams
from runtime.compute.shares import Share

PROBE = MatmulParams(rows=64, columns=64, inner=64)
"""What a device does to show that it works: milliseconds, with transfers both ways."""
PROBE_INPUT = np.random.default_rng(64).integers(-128, 128, 2 * 64 * 64, np.int8).tobytes()


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many jobs an executor can run at once, and how many it runs."""

    slots: int
    """One for each device that works; none while no device does."""
    busy: int


@dataclass(frozen=True, slots=True)
class Running:
    """A job that is being computed."""

    job_class: str
    seconds: float
    """Since it was handed over."""


class JobExecutor(Protocol):
    """What runs jobs. Every verb may raise `DeviceError`; cancelling a call cancels its work."""

    async def start(self) -> DeviceInfo:
        """Make it ready and say what it is."""

    def capacity(self) -> Capacity:
        """Say how much it can do now."""

    async def run(self, work: Work, content: bytes) -> Result:
        """Do a job on its input; raises `BadInput` if that is none."""

    async def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending."""

    async def probe(self) -> None:
        """Show that it works, on a job whose result is known."""

    def progress(self) -> tuple[Running, ...]:
        """List the jobs that run now, the oldest first."""

    async def aclose(self) -> None:
        """End it, and whatever it runs."""


class Runs:
    """The jobs that an executor runs at present."""

    def __init__(self) -> None:
        self._began: dict[int, tuple[str, float]] = {}
        self._next = 0

    @contextmanager
    def one(self, work: Work) -> Iterator[None]:
        """List a job for the length of a `with` block."""
        ticket, self._next = self._next, self._next + 1
        self._began[ticket] = work.job_class.name.lower(), trio.current_time()
        try:
            yield
        finally:
            del self._began[ticket]

    @property
    def listed(self) -> tuple[Running, ...]:
        """The jobs, the oldest first."""
        now = trio.current_time()
        return tuple(Running(kind, now - began) for kind, began in self._began.values())


def check_probe(result: Result) -> None:
    """Compare the result of `PROBE` with what numpy defines it to be.

    Raises:
        DeviceWrong: it is another.
    """
    if result != PROBE.run(PROBE_INPUT):
        raise DeviceWrong("a product of 64 x 64 that is known came back wrong")
