"""One device of one machine of a cluster: a device process, reached by frames.

This is what runs on the machines of a fleet, inside the cluster's own worker process. It knows no
chain and no key: it relays frames to a device process as a node has one, so that a fault of a
driver, or a job that takes too much memory, ends that process alone.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass

from consensus.compute.device_main import receive, send
from consensus.compute.device_process import child_environment
from consensus.compute.device_wire import Message


@dataclass(frozen=True, slots=True)
class FleetDeviceOptions:
    """How each machine of a fleet runs its device processes."""

    kind: str
    memory_bytes: int
    niceness: int
    threads: int
    deadline_seconds: float


class FleetDevice:
    """Invariant: one request at a time; only `cancel` comes from another thread."""

    def __init__(self, options: FleetDeviceOptions) -> None:
        self._options = options
        self._child: subprocess.Popen[bytes] | None = None
        self._greeting: Message | None = None

    def greet(self) -> Message:
        """Return what the device process says when it begins, or the error that ended it."""
        self._ready()
        assert self._greeting is not None
        return self._greeting

    def exchange(self, request: Message) -> Message:
        """Do one request; return its reply, or the error that ended it."""
        child = self._ready()
        if child is None:
            return self.greet()
        late = threading.Event()
        timer = threading.Timer(self._options.deadline_seconds, self._end, (child, late))
        timer.start()
        try:
            reply = spoken(child, request)
        finally:
            timer.cancel()
        if reply is not None:
            return reply
        child.wait()
        if late.is_set():
            seconds = self._options.deadline_seconds
            return failed("DeviceTooSlow", f"wanted a reply in {seconds} s, got none")
        return failed("DeviceCrashed", f"wanted a reply, got the exit status {child.returncode}")

    def cancel(self) -> None:
        """End what runs; the next request starts another process."""
        if self._child is not None:
            self._child.kill()

    def _ready(self) -> subprocess.Popen[bytes] | None:
        """Return the process, started if there is none; None if it does not start."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        options = self._options
        program = (sys.executable, "-m", "consensus.compute.device_main")
        child = subprocess.Popen(
            [*program, options.kind, str(options.memory_bytes), str(options.niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(options.threads),
        )
        said = spoken(child, None)
        self._greeting = said or failed("DeviceCrashed", "the device process did not start")
        self._child = child if self._greeting.kind == "done" else None
        return self._child

    @staticmethod
    def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        child.kill()


def spoken(child: subprocess.Popen[bytes], request: Message | None) -> Message | None:
    """Write a request, if there is one, and read the next message; None if the process ended."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        if request is not None:
            send(child.stdin, request)
        return receive(child.stdout)
    except (BrokenPipeError, ValueError):
        return None


def failed(kind: str, reason: str) -> Message:
    """Return the reply that names an error."""
    return Message(kind, {"reason": reason})
