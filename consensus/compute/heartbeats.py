"""A provider's heartbeats: once in an interval it says that it is there, and what energy it used.

The readings behind the energy are kept among the provider's contents under the root that the
heartbeat names, for whoever wants to look at them. What a lost heartbeat had said, the next says.
"""

from __future__ import annotations

from typing import Protocol

from consensus.compute.energy import Statement
from consensus.compute.provider_view import BlobUnavailable, Ports, ProviderView, SubmissionRefused

AGAIN_AFTER_BLOCKS = 10
"""A heartbeat that is not final by then is sent again."""


class Energy(Protocol):
    """What says how much energy was used."""

    def take(self) -> Statement:
        """Return what was used since the last call."""
        ...


class Heartbeats:
    """Invariant: energy is held here until a heartbeat with it is final."""

    def __init__(self, ports: Ports, energy: Energy | None) -> None:
        """Without a meter no energy is reported: nobody knows it."""
        self._submit, self._blobs, self._log = ports.submit, ports.blobs, ports.log
        self._energy = energy
        self._held_wh = 0
        self._sent: tuple[int, int] | None = None

    async def meet(self, view: ProviderView) -> None:
        """Send a heartbeat if this final block shows that one is due."""
        if view.beat_due is None:
            self._held_wh = 0 if self._sent is not None else self._held_wh
            self._sent = None
            return
        if self._sent is not None:
            interval, block = self._sent
            if interval == view.beat_due and view.number < block + AGAIN_AFTER_BLOCKS:
                return
        self._sent = (view.beat_due, view.number)
        said = Statement(0, ()) if self._energy is None else self._energy.take()
        self._held_wh += said.energy_wh
        await self._keep(said)
        arguments = {"telemetry_root": said.root, "energy_wh": self._held_wh}
        try:
            await self._submit.call("Providers", "heartbeat", arguments)
        except SubmissionRefused as error:
            self._log.warning("heartbeat_refused", reason=str(error))
        else:
            self._log.info("heartbeat", energy_wh=self._held_wh, readings=len(said.readings))

    async def _keep(self, said: Statement) -> None:
        if not said.readings:
            return
        try:
            await self._blobs.put(said.root, said.content)
        except BlobUnavailable as error:
            self._log.warning("telemetry_not_kept", reason=str(error))
