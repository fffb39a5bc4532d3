"""Upgrades of the runtime, as a node meets them: it warns in time, and ends where it cannot go on.

A node that lacks the version which the chain goes on with can neither judge blocks nor author them.
It ends with a sentence, its database whole, and goes on once a release with the version runs.
"""

from __future__ import annotations

from node.chain import Chain, NewBest, Resync
from node.log import Logger
from runtime.config import SPEC_NAME
from runtime.executive import Executive
from runtime.pallets.runtime_upgrades import Upgrade


class UpgradeWatch:
    """Looks at every best block for a version of the runtime that this release does not carry."""

    def __init__(self, executive: Executive, chain: Chain, log: Logger) -> None:
        self._executive, self._chain, self._log = executive, chain, log
        self._told: Upgrade | None = None

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            UnknownRuntime: the next block is of a version that this release does not carry.
        """
        with self._chain.subscribe() as events:
            self.look()
            async for event in events:
                if isinstance(event, NewBest | Resync):
                    self.look()

    def look(self) -> None:
        """Warn of an upgrade to an unknown version, once; raises UnknownRuntime where it is due."""
        best = self._chain.best
        runtime = self._executive.reader_at(self._chain.state_at(best.hash), best.number)
        upgrade = runtime.runtime_upgrades.scheduled
        if upgrade is None or upgrade.spec_version in self._executive.versions:
            self._told = None
        elif upgrade != self._told:
            self._told = upgrade
            name = f"{SPEC_NAME} {upgrade.spec_version}"
            self._log.warning(
                "upgrade_needed",
                version=upgrade.spec_version,
                height=upgrade.height,
                install=f"a release that carries {name}, before block {upgrade.height}",
            )
