"""What energy a machine uses, as far as it says: the GPU's power, or the counters of the CPU.

Nothing is estimated. A machine that cannot be read has no meter and reports no energy; a reading
that fails leaves a gap and is not filled. A GPU is read by `nvidia-smi`; on Linux the packages of a
CPU count microjoules under `/sys/class/powercap` (Linux kernel documentation, "Power Capping
Framework"), where the operator lets the node read them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import trio

from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import U64

SAMPLE_SECONDS = 5.0
"""Between two readings: jobs take seconds, and a reading starts a program."""
READ_SECONDS = 4.0
"""A driver that does not answer within these is not waited for."""
MOST_READINGS = 4096
"""Kept until a heartbeat takes them: more than five hours of them."""
MICROJOULES_PER_WH = 3_600_000_000
POWERCAP = Path("/sys/class/powercap")


class Unread(Exception):
    """The machine does not say what it uses, and why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The energy between two moments, in milliseconds since the meter began."""

    begin: U64
    end: U64
    microjoules: U64


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of energy in a heartbeat: whole watt-hours, and the readings behind them."""

    energy_wh: int
    readings: tuple[Reading, ...]

    @property
    def content(self) -> bytes:
        """The readings as bytes; none for none."""
        return encode(self.readings, tuple[Reading, ...]) if self.readings else b""

    @property
    def root(self) -> bytes:
        """What the chain knows the readings by; zeros for none."""
        return blake2_256(self.content) if self.readings else bytes(32)


class Source(Protocol):
    """Something that can be asked for energy."""

    async def microjoules(self, seconds: float) -> int:
        """Return the energy since the last call, so many seconds ago; or raise `Unread`."""
        ...


class GpuPower:
    """The power of one GPU, as its driver measures it, times the time since the last reading."""

    def __init__(self, program: Sequence[str] = ("nvidia-smi",), gpu: str | None = None) -> None:
        """Read the GPU that computes: the first of CUDA_VISIBLE_DEVICES, or of the machine."""
        seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
        asked = ("--query-gpu=power.draw", "--format=csv,noheader,nounits")
        self._command = [*program, f"--id={gpu or seen or '0'}", *asked]

    async def microjoules(self, seconds: float) -> int:
        """Return power times time."""
        try:
            with trio.fail_after(READ_SECONDS):
                done = await trio.run_process(
                    self._command, capture_stdout=True, stderr=subprocess.DEVNULL
                )
            watts = float(done.stdout.decode().strip())
        except (OSError, subprocess.CalledProcessError, trio.TooSlowError) as error:
            raise Unread(f"{self._command[0]}: {error!r}") from error
        except ValueError as error:
            raise Unread(f"wanted watts of {self._command[0]}, got {done.stdout[:40]!r}") from error
        if not 0 <= watts < 1e5:
            raise Unread(f"wanted watts of {self._command[0]}, got {watts}")
        return int(watts * seconds * 1e6)


class CpuCounters:
    """The energy counters of a CPU's packages, which begin again at their end."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._packages = sorted(folder.glob("intel-rapl:?"))
        self._last: dict[Path, int] = {}

    async def microjoules(self, seconds: float) -> int:  # noqa: ARG002
        """Return by how much the counters rose."""
        if not self._packages:
            raise Unread("the CPU has no energy counters")
        try:
            counts = {one: int((one / "energy_uj").read_text()) for one in self._packages}
            ends = {one: int((one / "max_energy_range_uj").read_text()) for one in self._packages}
        except (OSError, ValueError) as error:
            raise Unread(f"the CPU's energy counters cannot be read: {error}") from error
        risen = sum(
            (count - self._last.get(one, count)) % (ends[one] + 1) for one, count in counts.items()
        )
        self._last = counts
        return risen


class EnergyMeter:
    """Adds readings up. Invariant: a microjoule is stated once, and never before it was read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._readings: list[Reading] = []
        self._rest = 0
        self.why_not = ""
        """Why the last reading failed; empty if it did not."""

    async def run(self) -> None:
        """Read every few seconds, until cancelled."""
        began = last = trio.current_time()
        while True:
            await self._read(began, last)
            last = trio.current_time()
            await trio.sleep(SAMPLE_SECONDS)

    def take(self) -> Statement:
        """Return what was read since the last call; parts of a watt-hour wait for the next."""
        total = self._rest + sum(one.microjoules for one in self._readings)
        energy, self._rest = divmod(total, MICROJOULES_PER_WH)
        readings, self._readings = tuple(self._readings), []
        return Statement(energy, readings)

    async def _read(self, began: float, last: float) -> None:
        now = trio.current_time()
        try:
            risen = await self._source.microjoules(now - last)
        except Unread as error:
            self.why_not = str(error)
            return
        self.why_not = ""
        if risen and len(self._readings) < MOST_READINGS:
            begin, end = (int((moment - began) * 1000) for moment in (last, now))
            self._readings.append(Reading(begin, end, risen))


def source_for(gpu_off: str) -> Source:
    """Return what measures the device that computes: a GPU, unless it is off for that reason."""
    return CpuCounters() if gpu_off else GpuPower()
