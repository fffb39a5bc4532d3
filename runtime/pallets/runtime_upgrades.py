"""RuntimeUpgrades: from which block on another version of the runtime executes the chain.

Runtimes are Python and come with the nodes, so an upgrade is a date that operators can meet: it is
scheduled well ahead, and the last block before it writes the new code. Nodes that lack the version
stop there and lose nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from runtime.frame import (
    Context,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    event,
    invariant,
)
from runtime.primitives.types import U32, BlockNumber


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A version of the runtime, and the first block that it executes."""

    spec_version: U32
    height: BlockNumber


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain, and how its code is written for another version."""

    spec_version: int
    """The version that executes this block."""
    minimum_notice: int
    """Blocks between scheduling an upgrade and its height."""
    code_of: Callable[[int], bytes]
    """The descriptor of this chain under a version of the runtime."""


class Code(Protocol):
    """Where the chain's code lies."""

    def set_code(self, code: bytes) -> None:
        """Let the blocks after this one be executed by the runtime that `code` describes."""
        ...


@event
class Scheduled:
    """From a block on another version of the runtime will execute the chain."""

    spec_version: U32
    height: BlockNumber


@event
class Cancelled:
    """The upgrade that was scheduled will not happen."""

    spec_version: U32
    height: BlockNumber


class Error(PalletError):
    """Why an upgrade was not scheduled, or not cancelled."""

    VERSION_NOT_HIGHER = 0, "The version must be above the one that runs now."
    NOTICE_TOO_SHORT = 1, "Operators need more blocks to install the version."
    ALREADY_SCHEDULED = 2, "Another upgrade is scheduled: cancel it first."
    NOTHING_SCHEDULED = 3, "No upgrade is scheduled."


class RuntimeUpgrades(Pallet):
    """Upgrades of the runtime, by height."""

    events = (Scheduled, Cancelled)
    errors = Error

    scheduled: Value[Upgrade | None] = Value(default=None)
    """The next upgrade."""

    def __init__(
        self,
        context: Context,
        code: Code,
        config: Config,
        *,
        index: int,
        name: str = "RuntimeUpgrades",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.code, self.config = code, config

    def build(self, upgrade: Upgrade | None) -> None:
        """Schedule an upgrade in block 0, of which everybody has notice from the chain spec."""
        self.scheduled = upgrade

    @call(0, weight=Weight(reads=1, writes=1))
    def schedule(self, origin: Origin, spec_version: U32, height: BlockNumber) -> None:
        """Let another version of the runtime execute the chain from block `height` on. Root only.

        Nodes without that version stop at that height until it is installed.
        """
        ensure_root(origin)
        ensure(spec_version > self.config.spec_version, Error.VERSION_NOT_HIGHER)
        earliest = self.context.number + self.config.minimum_notice
        ensure(height >= earliest, Error.NOTICE_TOO_SHORT)
        ensure(self.scheduled is None, Error.ALREADY_SCHEDULED)
        self.scheduled = Upgrade(spec_version, height)
        self.deposit(Scheduled(spec_version, height))

    @call(1, weight=Weight(reads=1, writes=1))
    def cancel(self, origin: Origin) -> None:
        """Call off the upgrade that is scheduled. Root only."""
        ensure_root(origin)
        upgrade = self.scheduled
        ensure(upgrade is not None, Error.NOTHING_SCHEDULED)
        assert upgrade is not None
        self.scheduled = None
        self.deposit(Cancelled(upgrade.spec_version, upgrade.height))

    @constant
    def minimum_notice(self) -> BlockNumber:
        """Return how many blocks ahead an upgrade must be scheduled."""
        return self.config.minimum_notice

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Account for `on_finalize`: in the last block of this version it writes the new code."""
        upgrade = self.scheduled
        is_last = upgrade is not None and upgrade.height == number + 1
        return Weight(reads=1, writes=2 if is_last else 0)

    def on_finalize(self, number: BlockNumber) -> None:
        """Write the new code if the next block is the first that it executes."""
        upgrade = self.scheduled
        if upgrade is not None and upgrade.height == number + 1:
            self.scheduled = None
            self.code.set_code(self.config.code_of(upgrade.spec_version))

    @invariant
    def what_is_scheduled_lies_ahead_and_is_newer(self) -> bool:
        """Nothing is scheduled that cannot happen any more."""
        upgrade = self.scheduled
        if upgrade is None:
            return True
        is_newer = upgrade.spec_version > self.config.spec_version
        return is_newer and upgrade.height > self.context.number
