"""Checks signatures on the event loop: for simulation and for machines with one core."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from node.verifier.wire import Check, is_good

CHECKS_PER_SLICE = 64
"""About 5 ms between two checkpoints, so that votes get through."""


class InlineVerifier:
    """Checks where it stands, giving way to other tasks now and then."""

    async def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Say for each signature whether it is good."""
        verdicts: list[bool] = []
        for start in range(0, len(checks), CHECKS_PER_SLICE):
            verdicts += [is_good(check) for check in checks[start : start + CHECKS_PER_SLICE]]
            await trio.lowlevel.checkpoint()
        return verdicts
