"""The provider namespace: the worker of this node, for its operator."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from node.rpc.views import ProviderDesk


class RunningJson(msgspec.Struct, frozen=True, rename="camel"):
    """A job that is being computed."""

    kind: str
    seconds: float


class WorkerJson(msgspec.Struct, frozen=True, rename="camel"):
    """The worker of this node; `fault` says why nothing is computed, and is empty otherwise."""

    account: str | None
    mode: str
    fault: str
    is_withdrawn: bool
    device: str
    gpu_off: str
    memory_bytes: int
    slots: int
    running: list[RunningJson]
    open_segments: int
    final_block: int | None


class ProviderNamespace:
    """What the operator of a provider asks and orders; offered only by a provider's node."""

    def __init__(self, desk: ProviderDesk, addresses: Addresses) -> None:
        self._desk = desk
        self._addresses = addresses

    @method("provider_status", unsafe=True)
    def status(self) -> WorkerJson:
        """Return what the worker does, on which device, and why not if it does nothing."""
        found = self._desk.status()
        return WorkerJson(
            account=self._addresses.encode_maybe(found.account),
            mode=found.mode,
            fault=found.fault,
            is_withdrawn=found.is_withdrawn,
            device=found.device,
            gpu_off=found.gpu_off,
            memory_bytes=found.memory_bytes,
            slots=found.slots,
            running=[RunningJson(one.job_class, round(one.seconds, 1)) for one in found.running],
            open_segments=found.open_segments,
            final_block=found.final_block,
        )

    @method("provider_setMode", unsafe=True)
    def set_mode(self, mode: str) -> str:
        """Let the worker work, finish its jobs (draining), or start none (paused)."""
        try:
            self._desk.order(mode)
        except ValueError as error:
            raise invalid_params(str(error)) from None
        return mode
