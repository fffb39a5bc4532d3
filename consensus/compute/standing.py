"""Keeps a provider's standing on chain true: one that cannot compute is offered no jobs.

A provider whose devices are at fault chills itself, and resumes itself when they are well. What
its operator chilled stays so: only a chill of the worker's own is taken back.
"""

from __future__ import annotations

from consensus.compute.duty import Duty, Mode
from consensus.compute.health import Health
from consensus.compute.provider_view import Ports, ProviderView, SubmissionRefused

AGAIN_AFTER_BLOCKS = 10
"""A chill or resume that is not final by then is sent again."""


class Standing:
    """Invariant: `duty.is_withdrawn` says whether the last chill was the worker's own."""

    def __init__(self, duty: Duty, health: Health, ports: Ports, *, may_chill: bool) -> None:
        self._duty, self._health, self._may_chill = duty, health, may_chill
        self._submit, self._log = ports.submit, ports.log
        self._sent_at: int | None = None

    @property
    def may_mine(self) -> bool:
        """Whether idle time is for mining: neither the operator nor a device at fault forbids."""
        return self._duty.mode is Mode.WORKING and not self._health.fault

    async def unfit(self, *, is_begun: bool) -> str:
        """Probe the devices before a job; return why it is to be given back, or nothing."""
        if self._duty.mode is Mode.PAUSED and not is_begun:
            return "its operator has paused this provider"
        await self._health.probe()
        return self._health.fault

    async def meet(self, view: ProviderView) -> None:
        """Submit a chill or a resume if this final block shows that one is due."""
        is_sent = self._sent_at is not None and view.number < self._sent_at + AGAIN_AFTER_BLOCKS
        if is_sent or not self._may_chill or self._duty.mode is not Mode.WORKING:
            return
        if self._health.fault and view.takes_jobs:
            self._duty.withdraw(is_withdrawn=True)
            await self._call("chill", view)
        elif not self._health.fault and not view.takes_jobs and self._duty.is_withdrawn:
            await self._call("resume", view)
        elif not self._health.fault and view.takes_jobs and self._duty.is_withdrawn:
            self._duty.withdraw(is_withdrawn=False)

    async def _call(self, call: str, view: ProviderView) -> None:
        self._sent_at = view.number
        try:
            await self._submit.call("Providers", call, {})
        except SubmissionRefused as error:
            self._log.warning("standing_refused", call=call, reason=str(error))
        else:
            self._log.info("standing_changed", call=call, reason=self._health.fault)
