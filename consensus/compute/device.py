"""What a device is to the rest of the node: something that computes exactly what is defined.

A `Device` is synchronous and lives in a process of its own (`device_main`); the node speaks to it
through `device_process.DeviceProcess`, which has the same verbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.compute.classes import Result, Work
from runtime.compute.shares import Share, ShareParameters
from runtime.primitives.types import H256, U32, U64, AccountId

MAX_NONCES_PER_SEARCH = 4096
"""A search ends within seconds on a large GPU, so that a job never waits long for the device."""


class DeviceError(Exception):
    """A device did not do what it was asked."""


class DeviceRefused(DeviceError):
    """The request does not fit this device; asking again changes nothing."""


class DeviceWrong(DeviceError):
    """The device computed something that is not the result: it must not be used."""


class DeviceUnavailable(DeviceError):
    """There is no such device on this machine; the message is the reason in one line."""


@dataclass(frozen=True, slots=True)
class Search:
    """Canonical work on `count` nonces, from `nonce_from` on."""

    beacon: H256
    provider: AccountId
    nonce_from: U64
    count: U32
    parameters: ShareParameters

    def __post_init__(self) -> None:
        assert 1 <= self.count <= MAX_NONCES_PER_SEARCH, f"{self.count} nonces in one search"

    @property
    def nonces(self) -> range:
        """The nonces to work on, in order."""
        return range(self.nonce_from, self.nonce_from + self.count)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What the device process found."""

    name: str
    memory_bytes: int
    gpu_off: str
    """Why it is not a GPU; empty if it is."""


class Device(Protocol):
    """One CPU or GPU. Raises `DeviceError`, and nothing else on purpose but `BadInput`."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    @property
    def memory_bytes(self) -> int:
        """The most memory that one request may take."""

    def run(self, work: Work, content: bytes) -> Result:
        """Do a job of any class on its input, which has the right size.

        Raises:
            BadInput: the content is no input of this class.
        """

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Return all shares among the nonces, ascending."""


def require_memory(device: Device, needed_bytes: int) -> None:
    """Refuse what does not fit, before it is tried.

    Raises:
        DeviceRefused: it needs more memory than the device may take.
    """
    if needed_bytes > device.memory_bytes:
        raise DeviceRefused(
            f"{device.name}: wanted at most {device.memory_bytes} bytes, needs {needed_bytes}"
        )
