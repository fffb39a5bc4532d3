"""Nodes that sync from each other: the real chain, consensus and network, on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from consensus.finality.tally import VoterSet
from consensus.slots import SlotClock
from node.assembly import Ground
from node.config import SyncMode
from node.consensus_side import ConsensusParts, NodeConsensus
from node.equivocations import EquivocationReporter
from node.keys import VoterKey, no_key
from node.log import LogFormat, LogLevels, Logs
from node.net.network import NetworkParts, PeerNetwork
from node.store.db import Batch, Database
from node.store.fast import FastStore
from p2p.host import NetworkConfig
from p2p.messages import Roles
from p2p.peers import Offence
from p2p.requests import Responder
from tests.p2p.support import LOOPBACK, QUICK_REDIAL
from tests.support.chain import SLOT_MILLISECONDS
from tests.support.grown import LONG_AFTER_MS


@dataclass
class Disguised:
    """Passes on what an honest node answers; its kinds change some of it."""

    honest: Responder
    asked: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)


class Killed(Exception):
    """What a process that was killed did not do any more."""


class DyingDatabase:
    """A database whose process is killed before the batch after so many."""

    def __init__(self, database: Database, writes: int) -> None:
        self._database = database
        self._left = writes

    def get(self, key: bytes) -> bytes | None:
        return self._database.get(key)

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return self._database.iterate(prefix, start)

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        if not self._left:
            raise Killed
        self._left -= 1
        self._database.write(batch, sync=sync)

    def close(self) -> None:
        self._database.close()


Disguise = Callable[[Responder], Responder]
"""Turns an honest responder into another."""


class TestedNetwork(PeerNetwork):
    """A node's network that may answer dishonestly, and notes whom it reports."""

    __test__ = False

    def __init__(
        self, config: NetworkConfig, parts: NetworkParts, nursery: trio.Nursery, disguise: Disguise
    ) -> None:
        self._disguise = disguise
        super().__init__(config, parts, nursery)
        self.reports: list[tuple[str, Offence]] = []
        report = self.network.peers.report

        def noted(peer: str, offence: Offence) -> bool:
            self.reports.append((peer, offence))
            return report(peer, offence)

        self.network.peers.report = noted  # type: ignore[method-assign]

    def _responder(self) -> Responder:
        return self._disguise(super()._responder())


def consensus_on(
    ground: Ground, voter_key: Callable[[VoterSet], VoterKey | None] = no_key
) -> NodeConsensus:
    """Return the consensus of a full node, or of a voter."""
    chain = ground.chain
    final = chain.finalized
    grandpa = ground.executive.runtime_at(chain.state_at(final.hash), final.number).grandpa
    logs = Logs(LogFormat("pretty"), LogLevels.parse(("error",)), node="test")
    return NodeConsensus(
        ConsensusParts(
            chain=chain,
            executive=ground.executive,
            known=ground.known,
            checker=ground.checker,
            receipts=ground.receipts,
            signatures=None,
            records=ground.records,
            clock=SlotClock(SLOT_MILLISECONDS, lambda: LONG_AFTER_MS),
            voters=VoterSet(grandpa.current_set_id, grandpa.authorities),
            voter_key=voter_key,
            gossip_seconds=1.0,
            want=lambda block_hash, number: None,
            peers_final=tuple,
            reporter=EquivocationReporter(ground, frozenset, logs.logger("consensus")),
            log=logs.logger("consensus"),
        )
    )


@asynccontextmanager
async def node_on(
    ground: Ground,
    name: int,
    blobs: Path,
    *others: TestedNetwork,
    disguise: Disguise = lambda responder: responder,
    consensus: NodeConsensus | None = None,
    sync: SyncMode = "full",
    peers: tuple[str, ...] = (),
) -> AsyncIterator[TestedNetwork]:
    """Run a node that dials the others."""
    consensus = consensus or consensus_on(ground)
    logs = Logs(LogFormat("pretty"), LogLevels.parse(("error",)), node=str(name))
    config = NetworkConfig(
        seed=name.to_bytes(32, "big"),
        genesis_hash=ground.chain.genesis_hash,
        listen=LOOPBACK,
        bootnodes=(*peers, *(other.network.addresses[0] for other in others)),
        redial=QUICK_REDIAL,
    )
    parts = NetworkParts(
        chain=ground.chain,
        queue=consensus.queue,
        voter=consensus.voter,
        pool=ground.pool,
        receipts=ground.receipts,
        clock=SlotClock(SLOT_MILLISECONDS, lambda: LONG_AFTER_MS),
        records=ground.records,
        executive=ground.executive,
        bodies=consensus.bodies,
        history=FastStore(ground.database, ground.chain.blocks),
        gathered=ground.database.gathered,
        sync=sync,
        blobs=blobs / str(name),
        roles=Roles.FULL,
        import_took=lambda seconds: None,
        log=logs.logger("net"),
    )
    async with trio.open_nursery() as nursery:
        network = TestedNetwork(config, parts, nursery, disguise)
        nursery.start_soon(consensus.queue.run)
        nursery.start_soon(consensus.voter.run)
        await nursery.start(network.run)
        yield network
        nursery.cancel_scope.cancel()
