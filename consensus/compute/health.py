"""Whether the devices may be used: probed before each job and once a minute.

A device that computes wrongly, hangs or has fallen off its bus is noticed by a job whose result is
known. While it is at fault it mines nothing, and what the chain gives it is given back at once.
"""

from __future__ import annotations

import trio

from consensus.compute.device import DeviceError
from consensus.compute.executor import JobExecutor
from consensus.compute.provider_view import Log

PROBE_EVERY_SECONDS = 60.0
"""A card that fell off its bus is noticed before the chain gives it many jobs."""


class Health:
    """Invariant: `fault` is empty exactly while the last probe succeeded, or none was made."""

    def __init__(self, executor: JobExecutor, log: Log) -> None:
        self._executor, self._log = executor, log
        self.fault = ""
        """Why nothing can be computed, in one line."""
        self.changed = trio.Event()
        """Set, and replaced, whenever a fault begins or ends."""

    async def watch(self) -> None:
        """Probe once a minute."""
        while True:
            await trio.sleep(PROBE_EVERY_SECONDS)
            await self.probe()

    async def probe(self) -> bool:
        """Probe now; say whether the devices may be used."""
        try:
            await self._executor.probe()
        except DeviceError as error:
            self._turn(f"{type(error).__name__}: {error}")
        else:
            self._turn("")
        return not self.fault

    def _turn(self, fault: str) -> None:
        was, self.fault = self.fault, fault
        if bool(was) == bool(fault):
            return
        if fault:
            self._log.warning("capacity_withdrawn", reason=fault)
        else:
            self._log.info("capacity_restored", reason=was)
        self.changed.set()
        self.changed = trio.Event()
