"""The devices of a Ray cluster as one executor: the node's end of the bridge `ray_fleet`.

The cluster is not trusted: its results are checked here, with a seed that it does not know, before
anything is committed to; a device whose result is wrong is not used again. Shares are checked when
they enter the node's own pool.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import trio

from consensus.compute.device import DeviceError, DeviceInfo, DeviceUnavailable, DeviceWrong, Search
from consensus.compute.device_process import DeviceOptions, child_environment
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
from consensus.compute.executor import Capacity, Running, Runs
from runtime.compute.classes import Result, Work
from runtime.compute.shares import Share

START_SECONDS = 300.0
"""To join a cluster and start a device on each of its machines."""
QUEUE_SECONDS = 60.0
"""Beyond the deadline of a job: for a device to become free, and for one that dies under it."""
PROBE_SECONDS = 120.0
"""To let each device do the known job, and to start devices on machines that are new."""


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """Which cluster to use, and how its machines run their devices."""

    address: str
    device: DeviceOptions = field(default_factory=DeviceOptions)
    program: Sequence[str] = (sys.executable, "-m", "consensus.compute.ray_fleet")


class FleetExecutor:
    """A Ray cluster. Invariant: `_info` is set exactly while the bridge runs."""

    def __init__(self, options: FleetOptions) -> None:
        self._options = options
        self._turn = trio.Lock()
        self._home = tempfile.TemporaryDirectory(prefix="starminer-fleet-")
        self._socket = str(Path(self._home.name) / "bridge")
        self._bridge: trio.Process | None = None
        self._info: DeviceInfo | None = None
        self._slots = 0
        self._runs = Runs()

    async def start(self) -> DeviceInfo:
        """Join the cluster, unless that is done, and say what it has.

        Raises:
            DeviceUnavailable: there is no such cluster, or it has no device.
        """
        async with self._turn:
            if self._info is None or self._bridge is None or self._bridge.poll() is not None:
                await self._join()
        assert self._info is not None
        return self._info

    def capacity(self) -> Capacity:
        """Say how many devices the last probe found working."""
        return Capacity(self._slots, len(self._runs.listed))

    def progress(self) -> tuple[Running, ...]:
        """List the jobs that run or wait for a device, the oldest first."""
        return self._runs.listed

    async def probe(self) -> None:
        """Let each free device do the known job; machines that came or went are noticed here.

        Raises:
            DeviceError: no device works.
        """
        await self.start()
        try:
            found = await self._asked(Message("probe"), PROBE_SECONDS)
        except DeviceUnavailable:
            self._slots = 0
            raise
        self._learn(found)

    async def run(self, work: Work, content: bytes) -> Result:
        """Do a job on any device of the cluster, and check its result here.

        Raises:
            DeviceError: refused, crashed, too slow or wrong.
            BadInput: the content is no input of this class.
        """
        with self._runs.one(work):
            reply = await self._asked(run_request(work, content), self._deadline)
            result, seed = result_in(work, reply), secrets.randbits(64)
            if not await trio.to_thread.run_sync(work.is_result, content, result, seed):
                member = reply.values["member"]
                await self._asked(Message("ban", {"member": member}), PROBE_SECONDS)
                raise DeviceWrong(f"{member} of the cluster: not the result of {work}")
            return result

    async def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending; each free device takes a part of them.

        Raises:
            DeviceError: refused, crashed, too slow or wrong.
        """
        free = max(1, self._slots - len(self._runs.listed))
        parts = split(search, min(free, search.count))
        found: dict[int, tuple[Share, ...]] = {}
        faults: list[DeviceError] = []

        async def look(place: int, part: Search) -> None:
            try:
                found[place] = shares_in(await self._asked(search_request(part), self._deadline))
            except DeviceError as error:
                faults.append(error)

        async with trio.open_nursery() as nursery:
            for place, part in enumerate(parts):
                nursery.start_soon(look, place, part)
        if faults:
            raise faults[0]
        return tuple(share for place in sorted(found) for share in found[place])

    async def aclose(self) -> None:
        """Leave the cluster, which ends what it runs for us."""
        await self._leave()
        self._home.cleanup()

    @property
    def _deadline(self) -> float:
        return self._options.device.deadline_seconds + QUEUE_SECONDS

    async def _asked(self, request: Message, seconds: float) -> Message:
        """Send a request on a connection of its own; closing that takes the request back.

        Raises:
            DeviceError: what the bridge says, or `DeviceCrashed` if it is gone.
        """
        if self._bridge is None or self._bridge.poll() is not None:
            await self.start()
        try:
            with trio.fail_after(seconds):
                stream = await trio.open_unix_socket(self._socket)
                async with stream:
                    await stream.send_all(encode_frame(request))
                    return done(await read_message(stream))
        except trio.TooSlowError as error:
            raise DeviceTooSlow(f"wanted a reply of the cluster in {seconds} s") from error
        except (OSError, trio.BrokenResourceError, EOFError, BadFrame) as error:
            raise DeviceCrashed(f"the bridge to the cluster is gone: {error}") from error

    async def _join(self) -> None:
        """Start the bridge and read its greeting."""
        await self._leave()
        Path(self._socket).unlink(missing_ok=True)
        options = self._options.device
        words = (options.kind, options.memory_bytes, options.niceness, options.threads)
        told = (self._socket, self._options.address, *words, options.deadline_seconds)
        self._bridge = await trio.lowlevel.open_process(
            [*self._options.program, *map(str, told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(options.threads),
        )
        assert self._bridge.stdout is not None
        try:
            with trio.fail_after(START_SECONDS):
                greeting = done(await read_message(self._bridge.stdout))
        except trio.TooSlowError as error:
            raise DeviceTooSlow(f"wanted a cluster in {START_SECONDS} s") from error
        except (trio.BrokenResourceError, EOFError, BadFrame) as error:
            raise DeviceUnavailable(
                "the bridge to the Ray cluster did not start: is starminer[fleet] installed?"
            ) from error
        finally:
            if self._bridge.poll() is not None:
                await self._leave()
        self._learn(greeting)

    def _learn(self, found: Message) -> None:
        self._info, self._slots = info_in(found), int(found.values["slots"])

    async def _leave(self) -> None:
        bridge, self._bridge, self._info, self._slots = self._bridge, None, None, 0
        if bridge is None:
            return
        with trio.CancelScope(shield=True):
            bridge.kill()
            await bridge.wait()
            for pipe in (bridge.stdin, bridge.stdout):
                if pipe is not None:
                    await trio.aclose_forcefully(pipe)


def split(search: Search, parts: int) -> list[Search]:
    """Cut a search in consecutive parts of nearly equal size, none of them empty."""
    ends = [search.count * part // parts for part in range(parts + 1)]
    return [
        replace(search, nonce_from=search.nonce_from + start, count=end - start)
        for start, end in pairwise(ends)
    ]
