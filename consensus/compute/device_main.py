"""The device process: opens a device and serves requests from its standard input until that ends.

A fault of a driver, or a kernel that never ends, takes down this process and not the node.
Everything that libraries print goes to standard error; standard output carries replies only.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import IO, BinaryIO

from consensus.compute.cuda_device import CudaDevice
from consensus.compute.device import (
    Device,
    DeviceError,
    DeviceRefused,
    DeviceUnavailable,
    DeviceWrong,
    Search,
)
from consensus.compute.device_wire import (
    HEAD_BYTES,
    Manifest,
    Message,
    decode_manifest,
    encode_frame,
    manifest_bytes,
)
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.classes import BadInput
from runtime.compute.job import JobClass
from runtime.compute.registry import work_of
from runtime.compute.shares import Share
from runtime.primitives.scale import decode, encode

USAGE = "usage: python -m consensus.compute.device_main auto|cuda|numpy MEMORY_BYTES NICENESS"
_ADDRESS_SPACE_BESIDES = 1 << 30
"""What the interpreter, numpy and its threads map before the first request."""


def main(arguments: list[str]) -> int:
    """Serve one device until the node closes the pipe."""
    if len(arguments) != 3:
        sys.stderr.write(USAGE + "\n")
        return 2
    kind, memory_bytes, niceness = arguments[0], int(arguments[1]), int(arguments[2])
    requests, replies = claim_pipes()
    os.nice(niceness)
    try:
        device, gpu_off = open_device(kind, memory_bytes)
    except DeviceUnavailable as error:
        send(replies, Message("DeviceUnavailable", {"reason": str(error)}))
        return 1
    serve(device, gpu_off, requests, replies)
    return 0


def open_device(kind: str, memory_bytes: int) -> tuple[Device, str]:
    """Open the device asked for; also say why it is not a GPU, if it is not.

    Raises:
        DeviceUnavailable: a GPU was asked for by name, and there is none to use.
    """
    if kind == "numpy":
        gpu_off = "the numpy device was asked for"
    else:
        try:
            return CudaDevice(memory_bytes), ""
        except DeviceUnavailable as error:
            if kind == "cuda":
                raise
            gpu_off = str(error)
    # A GPU driver maps far more addresses than it uses memory, so this limit is numpy's alone.
    limit_address_space(memory_bytes)
    return NumpyDevice(memory_bytes), gpu_off


def limit_address_space(memory_bytes: int) -> None:
    """Let this process map so much and what the interpreter needs; more is a `MemoryError`."""
    limit = memory_bytes + _ADDRESS_SPACE_BESIDES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for messages; whatever else is printed goes to the log."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, replies


def serve(device: Device, gpu_off: str, requests: BinaryIO, replies: BinaryIO) -> None:
    """Greet, then answer requests one after the other until the pipe ends."""
    memory = device.memory_bytes
    greeting = {"name": device.name, "memory_bytes": memory, "gpu_off": gpu_off}
    send(replies, Message("done", greeting))
    while (request := receive(requests)) is not None:
        send(replies, _answered(device, request))


def send(replies: IO[bytes], message: Message) -> None:
    """Write one message."""
    replies.write(encode_frame(message))
    replies.flush()


def receive(requests: IO[bytes]) -> Message | None:
    """Read one message; None once the node is gone."""
    head = requests.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        return None
    manifest: Manifest = decode_manifest(requests.read(manifest_bytes(head)))
    payload = requests.read(manifest.content_bytes)
    return manifest.message(payload) if len(payload) == manifest.content_bytes else None


def _answered(device: Device, request: Message) -> Message:
    """Do what is asked; an error becomes a reply that names it."""
    try:
        match request.kind:
            case "run":
                return _run(device, request)
            case "search_shares":
                return _search(device, request)
            case kind:
                raise DeviceRefused(f"wanted run or search_shares, got {kind}")
    except (DeviceError, BadInput) as error:
        return Message(type(error).__name__, {"reason": str(error)})
    except MemoryError:
        limit = device.memory_bytes
        return Message("DeviceRefused", {"reason": f"{device.name}: more than {limit} bytes"})


def _run(device: Device, request: Message) -> Message:
    """Do a job, and check its result at a fraction of its price: devices do fail silently."""
    work = work_of(JobClass(request.values["job_class"]), request.values["params"])
    (content,) = request.contents
    result = device.run(work, content)
    if not work.is_result(content, result, seed=int.from_bytes(os.urandom(8), "little")):
        raise DeviceWrong(f"{device.name}: not the result of {work}")
    return Message("done", contents=(result.output, result.auxiliary))


def _search(device: Device, request: Message) -> Message:
    search: Search = decode(request.values["search"], Search)
    return Message("done", {"shares": encode(device.search_shares(search), tuple[Share, ...])})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
