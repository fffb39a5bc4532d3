"""The GPU that is measured, and how: queued work between two waits, the median of batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from consensus.compute.cuda_device import EXPAND_ROWS, EXPANDING_BLOCKS, CudaDevice
from consensus.compute.cuda_gpu import Memory, Units
from tests.benchmarks.gpu.report import Report

BATCH_SECONDS, BATCHES, MOST_LAUNCHES = 0.1, 5, 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """An open device and the report; `is_small` for emulators, whose times mean nothing."""

    device: CudaDevice
    report: Report
    is_small: bool

    @property
    def units(self) -> list[Units]:
        """What the GPU can multiply with."""
        return [units for units in Units if units <= self.device.units]

    def wait(self) -> None:
        """Wait for all that is queued."""
        import pycuda.driver as driver

        driver.Context.synchronize()

    def seconds(self, queue: Callable[[], object]) -> float:
        """Return the seconds that queued work takes on the device, copies and set-up left out."""
        queue()
        self.wait()
        once = self._elapsed(queue, 1)
        if self.is_small:
            return once
        count = max(1, min(MOST_LAUNCHES, int(BATCH_SECONDS / once)))
        return sorted(self._elapsed(queue, count) for _ in range(BATCHES))[BATCHES // 2]

    def expand(self, seed: tuple[int, int], size: int, out: Memory) -> None:
        """Fill a square matrix with random cells."""
        grid = (min(EXPANDING_BLOCKS, -(-size * size // 8 // 256)), 1)
        self.device.launch(EXPAND_ROWS, grid, *seed, 0, size, size // 8, out)

    def _elapsed(self, queue: Callable[[], object], count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            queue()
        self.wait()
        return (time.perf_counter() - start) / count


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the seconds that it took by the clock on the wall."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def best_of(times: int, work: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the shortest time of several."""
    runs = [timed(work) for _ in range(times)]
    return runs[-1][0], min(seconds for _, seconds in runs)
