"""The bridge between a node and a Ray cluster: the only file that imports ray.

It is a process of its own beside the node. The node's keys are in another process and no variable
that opens them is in this one's environment, so nothing that a cluster's clients may run can reach
them. A request goes to a free device of the cluster, and to another one if the machine of the
first dies. Ray itself isolates nothing: whoever reaches the cluster's ports can run any
code in it, so it belongs in a private network (docs/adr/0020).
"""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from consensus.compute.device import DeviceError
from consensus.compute.device_main import claim_pipes, send
from consensus.compute.device_requests import done, info_in, result_in, run_request
from consensus.compute.device_wire import Message
from consensus.compute.executor import PROBE, PROBE_INPUT, check_probe
from consensus.compute.fleet_bridge import USAGE, IsGone, read_arguments, serve_fleet
from consensus.compute.fleet_device import FleetDevice, FleetDeviceOptions, failed

ATTEMPTS = 3
"""Machines that one request is tried on: two that die under it are a bad day, three a bad job."""
START_SECONDS = 120.0
"""For a machine to start its device: compiling the kernels takes tens of seconds."""
CONNECT_SECONDS = 10.0
"""For the head of the cluster to take a connection."""
PROBE_SECONDS = 30.0
WAIT_SECONDS = 0.2
"""Between two looks at whether a request is still wanted."""


@dataclass(slots=True)
class Member:
    """A device of the cluster."""

    name: str
    """The machine and the place of the device on it."""
    actor: Any
    memory_bytes: int
    device: str
    is_busy: bool = False


class Fleet:
    """The devices of a cluster. Invariant: a member is busy while exactly one request is on it."""

    def __init__(self, options: FleetDeviceOptions) -> None:
        self._options = options
        self._actor = ray.remote(FleetDevice)
        self._changed = threading.Condition()
        self._members: dict[str, Member] = {}
        self._banned: set[str] = set()

    def probe(self) -> Message:
        """Look for machines that came or went, and let each free device do the known job."""
        present = self._places()
        with self._changed:
            for name in [name for name in self._members if name not in present]:
                del self._members[name]
            missing = [name for name in present if name not in self._members]
        for name in missing:
            self._hire(name, *present[name])
        with self._changed:
            free = [member for member in self._members.values() if not member.is_busy]
            for member in free:
                member.is_busy = True
        for member in free:
            self._examine(member)
        return self.capacity()

    def capacity(self) -> Message:
        """Say which devices work."""
        with self._changed:
            members = list(self._members.values())
        if not members:
            return failed("DeviceUnavailable", "no machine of the Ray cluster has a device")
        names = sorted({member.device for member in members})
        values = {
            "name": f"ray: {len(members)} x {', '.join(names)}",
            "memory_bytes": min(member.memory_bytes for member in members),
            "gpu_off": "",
            "slots": len(members),
        }
        return Message("done", values)

    def ban(self, name: str) -> Message:
        """Use a device no more: its results were wrong."""
        with self._changed:
            self._banned.add(name)
            self._members.pop(name, None)
        return Message("done")

    def do(self, request: Message, is_gone: IsGone) -> Message:
        """Do a request on a free device; on another one, if the machine of the first dies."""
        reply = failed("DeviceCrashed", "no machine of the cluster is left")
        for _ in range(ATTEMPTS):
            member = self._taken(is_gone)
            if member is None:
                break
            try:
                reply = self._asked(member, request, is_gone)
            except RayError as error:
                reply = failed("DeviceCrashed", f"{member.name} is gone: {type(error).__name__}")
            finally:
                self._release(member)
            if reply.kind != "DeviceCrashed":
                return replace(reply, values={**reply.values, "member": member.name})
            # on a machine that dies the device often goes first
            self._lose(member)
        return reply

    def _asked(self, member: Member, request: Message, is_gone: IsGone) -> Message:
        """Let a device do a request, and stop it when nobody waits for it any more."""
        reference = member.actor.exchange.remote(request)
        while not ray.wait([reference], timeout=WAIT_SECONDS)[0]:
            if is_gone():
                ray.get(member.actor.cancel.remote(), timeout=PROBE_SECONDS)
                return failed("DeviceError", "the request was taken back")
        reply: Message = ray.get(reference)
        return reply

    def _places(self) -> dict[str, tuple[str, bool]]:
        """Name each place for a device: a GPU, or a whole machine where there is none."""
        found: dict[str, tuple[str, bool]] = {}
        for node in ray.nodes():
            gpus = int(node["Resources"].get("GPU", 0)) if node["Alive"] else 0
            has_cpu = node["Alive"] and node["Resources"].get("CPU", 0) >= 1
            is_cpu = not gpus and has_cpu and self._options.kind != "cuda"
            for place in range(max(gpus, int(is_cpu))):
                name = f"{node['NodeID']}/{place}"
                if name not in self._banned:
                    found[name] = node["NodeID"], bool(gpus)
        return found

    def _hire(self, name: str, node: str, has_gpu: bool) -> None:
        """Start a device at a place; one that does not start is tried again with the next probe."""
        strategy = NodeAffinitySchedulingStrategy(node, soft=False)
        needs = {"num_gpus": 1} if has_gpu else {"num_cpus": 1}
        actor = self._actor.options(
            max_concurrency=2, scheduling_strategy=strategy, **needs
        ).remote(self._options)
        try:
            info = info_in(done(ray.get(actor.greet.remote(), timeout=START_SECONDS)))
        except (RayError, GetTimeoutError, DeviceError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            ray.kill(actor)
            return
        with self._changed:
            self._members[name] = Member(name, actor, info.memory_bytes, info.name)
            self._changed.notify_all()

    def _examine(self, member: Member) -> None:
        """Let a device that was taken do the known job; one that fails is let go."""
        try:
            request = run_request(PROBE, PROBE_INPUT)
            reply = ray.get(member.actor.exchange.remote(request), timeout=PROBE_SECONDS)
            check_probe(result_in(PROBE, done(reply)))
        except (RayError, GetTimeoutError, DeviceError) as error:
            sys.stderr.write(f"{member.name}: {error}\n")
            self._lose(member)
        finally:
            self._release(member)

    def _taken(self, is_gone: IsGone) -> Member | None:
        """Wait for a free device and take it; None if there is none at all, or nobody waits."""
        with self._changed:
            while self._members and not is_gone():
                for member in self._members.values():
                    if not member.is_busy:
                        member.is_busy = True
                        return member
                self._changed.wait(WAIT_SECONDS)
        return None

    def _release(self, member: Member) -> None:
        with self._changed:
            member.is_busy = False
            self._changed.notify_all()

    def _lose(self, member: Member) -> None:
        """Let a device go that failed or whose machine is gone; a probe may find it again."""
        with self._changed:
            if self._members.get(member.name) is member:
                del self._members[member.name]
        try:
            ray.kill(member.actor)
        except RayActorError as error:
            sys.stderr.write(f"{member.name} is gone already: {error}\n")


def main(arguments: list[str]) -> int:
    """Serve until the node closes the pipe."""
    told = read_arguments(arguments)
    if told is None:
        sys.stderr.write(USAGE + "\n")
        return 2
    path, address, options = told
    _, replies = claim_pipes()
    try:
        require_listener(address)
        ray.init(address=address, log_to_driver=False, include_dashboard=False)
    except (OSError, RayError, ValueError) as error:
        send(replies, failed("DeviceUnavailable", f"no Ray cluster at {address}: {error}"))
        return 1
    serve_fleet(path, Fleet(options), replies)
    return 0


def require_listener(address: str) -> None:
    """Look whether anybody listens at HOST:PORT: Ray would try for minutes.

    Raises:
        OSError, ValueError: nobody does, or this is no address.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), CONNECT_SECONDS).close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
