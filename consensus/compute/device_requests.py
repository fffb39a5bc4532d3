"""What is asked of a device in a message, and what its reply says: jobs, searches, errors."""

from __future__ import annotations

from consensus.compute.device import (
    DeviceError,
    DeviceInfo,
    DeviceRefused,
    DeviceUnavailable,
    DeviceWrong,
    Search,
)
from consensus.compute.device_wire import Message
from runtime.compute.classes import BadInput, Result, Tree, Work
from runtime.compute.shares import Share
from runtime.primitives.scale import decode, encode


class DeviceCrashed(DeviceError):
    """The device process ended in the middle of a request; the next one starts it again."""


class DeviceTooSlow(DeviceError):
    """The request was not done by its deadline, and the device process was ended."""


NAMED: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        DeviceRefused,
        DeviceWrong,
        DeviceUnavailable,
        DeviceCrashed,
        DeviceTooSlow,
        BadInput,
    )
}
"""The errors that cross the pipe, by their names."""


def run_request(work: Work, content: bytes) -> Message:
    """Ask for a job of any class on its input."""
    ordered = {"job_class": work.job_class.value, "params": encode(work, type(work))}
    return Message("run", ordered, (content,))


def search_request(search: Search) -> Message:
    """Ask for the shares among nonces."""
    return Message("search_shares", {"search": encode(search, Search)})


def result_in(work: Work, reply: Message) -> Result:
    """Return the result that a reply carries.

    Raises:
        DeviceWrong: it has not the sizes of this job.
    """
    came = tuple(map(len, reply.contents))
    wanted = tuple(work.content_bytes(tree) for tree in (Tree.OUTPUT, Tree.AUXILIARY))
    if came != wanted:
        raise DeviceWrong(f"wanted output and auxiliary of {wanted} bytes, got {came}")
    return Result(*reply.contents)


def shares_in(reply: Message) -> tuple[Share, ...]:
    """Return the shares that a reply carries."""
    shares: tuple[Share, ...] = decode(reply.values["shares"], tuple[Share, ...])
    return shares


def info_in(greeting: Message) -> DeviceInfo:
    """Return what a device said when it began."""
    values = greeting.values
    return DeviceInfo(values["name"], values["memory_bytes"], values["gpu_off"])


def done(reply: Message) -> Message:
    """Return a reply that says that it is done.

    Raises:
        DeviceError, BadInput: what another one names.
    """
    if reply.kind == "done":
        return reply
    raise NAMED.get(reply.kind, DeviceError)(reply.values.get("reason", reply.kind))
