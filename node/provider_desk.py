"""Where the operator of a provider asks and orders, and where the worker's wish is kept.

The desk is there from the node's start; the worker comes when the account is registered.
"""

from __future__ import annotations

import json
from pathlib import Path

from consensus.compute.device import DeviceInfo
from consensus.compute.duty import Duty, Mode, Wish
from consensus.compute.worker import Worker
from node.keystore.vault import KeystoreError, write_privately
from node.rpc.views import RunningView, WorkerView

NOT_YET = "the account is not registered as a provider in a final block yet"


class BadWish(ValueError):
    """The file with the operator's wish cannot be read or written."""


class ProviderDesk:
    """The provider of this node, for its operator; the `ProviderDesk` of the RPC."""

    def __init__(self, file: Path) -> None:
        """Take up the wish that `file` keeps.

        Raises:
            BadWish: the file holds something else.
        """
        self._file = file
        self.duty = Duty(load_wish(file), self._save)
        self._account: bytes | None = None
        self._device: DeviceInfo | None = None
        self._worker: Worker | None = None

    def opened(self, account: bytes, device: DeviceInfo) -> None:
        """Hear whose key acts, and on what is computed."""
        self._account, self._device = account, device

    def employ(self, account: bytes, worker: Worker) -> None:
        """Hear that the worker has begun, and for which provider."""
        self._account, self._worker = account, worker

    def order(self, mode: str) -> None:
        """Set how far the worker works.

        Raises:
            ValueError: there is no such mode.
        """
        if mode not in list(Mode):
            raise ValueError(f"wanted {', '.join(Mode)}, got {mode!r}")
        self.duty.order(Mode(mode))

    def status(self) -> WorkerView:
        """Say what the worker does."""
        info, report = self._device, None if self._worker is None else self._worker.report()
        running = () if report is None else report.running
        return WorkerView(
            account=self._account,
            device="" if info is None else info.name,
            memory_bytes=0 if info is None else info.memory_bytes,
            gpu_off="" if info is None else info.gpu_off,
            mode=self.duty.mode.value,
            fault=NOT_YET if report is None else report.fault,
            is_withdrawn=self.duty.is_withdrawn,
            slots=0 if report is None else report.capacity.slots,
            running=tuple(RunningView(one.job_class, one.seconds) for one in running),
            final_block=None if report is None else report.final_block,
            open_segments=0 if report is None else report.open_segments,
        )

    def _save(self, wish: Wish) -> None:
        record: dict[str, object] = {"mode": wish.mode.value, "is_withdrawn": wish.is_withdrawn}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_privately(self._file, record)
        except (KeystoreError, OSError) as error:
            raise BadWish(f"cannot keep what the provider is to do: {error}") from error


def load_wish(file: Path) -> Wish:
    """Return the wish in a file; without the file, to work.

    Raises:
        BadWish: the file holds something else.
    """
    try:
        record = json.loads(file.read_bytes())
        return Wish(Mode(record["mode"]), bool(record["is_withdrawn"]))
    except FileNotFoundError:
        return Wish()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadWish(
            f"{file}: wanted a mode and is_withdrawn, got {error!r}: delete it to work normally"
        ) from error
