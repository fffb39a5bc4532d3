"""Checks every invariant of every pallet after every block: for development chains alone.

It reads the whole state, which no chain of people could afford. A state that contradicts itself is
a bug of the runtime; the node says which invariant it is, and ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import trio

from genesis.spec import ChainSpec
from node.chain import Chain, NewBest, Resync
from node.config import BadConfig
from node.log import Logger
from node.store.blocks import UnknownBlock
from runtime.executive import Executive
from runtime.frame import InvariantError
from runtime.frame.pallet import marked
from runtime.primitives.block import Header

SMALL = ("Development", "Local")
"""Types of chains whose whole state is read in some milliseconds."""


def refuse_public(spec: ChainSpec) -> None:
    """Let nobody check a chain whose state is that of many people.

    Raises: BadConfig.
    """
    if spec.chain_type not in SMALL:
        raise BadConfig(
            f"--try-state wants a chain of type {' or '.join(SMALL)}, got {spec.name}, "
            f"which is {spec.chain_type}."
        )


@dataclass(frozen=True, slots=True)
class CheckedState:
    """A block whose state is sound."""

    number: int
    hash: bytes
    invariants: int
    """How many were looked at."""


class StateCheck:
    """Follows the best chain. Invariant: every block up to `last` was checked, on some branch."""

    def __init__(self, executive: Executive, chain: Chain, log: Logger) -> None:
        self._executive, self._chain, self._log = executive, chain, log
        self._last: CheckedState | None = None

    @property
    def last(self) -> CheckedState | None:
        """The last block that was checked; None before the first."""
        return self._last

    async def run(self) -> None:
        """Check until cancelled.

        Raises:
            InvariantError: the state after a block contradicts itself.
        """
        with self._chain.subscribe() as events:
            await self.catch_up()
            async for event in events:
                if isinstance(event, NewBest | Resync):
                    await self.catch_up()

    async def catch_up(self) -> None:
        """Check every block between the last one that was and the best one."""
        chain, best = self._chain, self._chain.best
        for header in reversed(self._unchecked(best)):
            chain.hold_state(header.hash)
            try:
                await self._check(header)
            except UnknownBlock:
                if chain.hash_at(header.number) == header.hash:
                    raise  # else a reorganisation took the block away
            finally:
                chain.release_state(header.hash)

    def _unchecked(self, best: Header) -> list[Header]:
        """Return the blocks from the best one back to what was checked, or to the oldest state."""
        found: list[Header] = []
        header: Header | None = best
        floor = best.number - 1 if self._last is None else self._last.number
        while header is not None and self._chain.has_state(header.hash):
            known = self._last is not None and self._last.hash == header.hash
            if known or (header.number <= floor and found):
                break
            found.append(header)
            header = self._chain.header(header.parent_hash) if header.number else None
        return found

    async def _check(self, header: Header) -> None:
        state = self._chain.state_at(header.hash)
        runtime = self._executive.runtime_at(state, header.number)
        count = 0
        for pallet in runtime.pallets:
            try:
                pallet.try_state()
            except InvariantError as error:
                self._log.error(
                    "invariant_broken",
                    block=header.number,
                    hash=header.hash,
                    invariant=str(error),
                )
                raise
            count += sum(1 for _ in marked(type(pallet), "__invariant__"))
            await trio.lowlevel.checkpoint()
        self._last = CheckedState(header.number, header.hash, count)
        self._log.debug("state_checked", block=header.number, invariants=count)
