"""The node among its peers: owns the network, and everything that feeds it or is fed by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import trio

from consensus.finality.voter import Voter
from consensus.import_queue import ImportQueue
from consensus.protocols import BodyChecker, ImportRequest
from consensus.slots import SlotClock
from node.backend.payloads import Payloads
from node.chain import Chain
from node.config import SyncMode
from node.log import Logger
from node.net.fast import FastParts, FastSync
from node.net.finality import ChainFinality
from node.net.history import BodyHistory
from node.net.intake import BlockIntake, IntakeParts
from node.net.responder import ChainResponder, block_data
from node.net.topics import NetworkSide, Topics
from node.pool.pool import TransactionPool
from node.pool.validity import Refused, Source
from node.receipts.messages import ReceiptMessage, Word, message_of
from node.receipts.messages import Shares as SharesMessage
from node.receipts.pool import ReceiptPool
from node.software import SOFTWARE
from node.store.aux import AuxStore
from node.store.fast import FastStore
from p2p.ancestors import Ancestors
from p2p.backfill import Backfill, BackfillParts
from p2p.blobs import BlobStore
from p2p.fetching import Blobs
from p2p.gossip import Topic
from p2p.host import Network, NetworkConfig, Services
from p2p.messages import BlockData, Roles, Status, encode_announce
from p2p.peers import Offence
from p2p.requests import Responder
from p2p.service import Started
from p2p.sync import Progress, RangeSync
from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.witnesses import Testimony
from runtime.executive import Executed, Executive
from runtime.primitives.scale import encode
from runtime.validity import Invalid

TRANSACTIONS_PER_BATCH = 64
"""Extrinsics sent together: a full batch is some 10 KB."""

SYNCING_BLOCKS = 5
"""A node this far behind its best peer is syncing: it neither authors nor calls itself ready."""

NEVER_VALID = (
    Invalid.CALL,
    Invalid.BAD_PROOF,
    Invalid.BAD_MANDATORY,
    Invalid.MANDATORY_VALIDATION,
    Invalid.BAD_SIGNER,
)
"""What costs its sender. An old nonce or too little money may be the news of another branch."""


@dataclass(frozen=True, slots=True)
class NetworkParts:
    """What the node gives its network side."""

    chain: Chain
    queue: ImportQueue[Executed]
    voter: Voter
    pool: TransactionPool
    receipts: ReceiptPool
    clock: SlotClock
    records: AuxStore
    executive: Executive
    bodies: BodyChecker
    history: FastStore
    gathered: Callable[[], AbstractContextManager[None]]
    """Within it, what is written waits for its end."""
    sync: SyncMode
    blobs: Path
    """Where payloads of jobs are kept."""
    roles: Roles
    import_took: Callable[[float], None]
    log: Logger


class PeerNetwork:
    """The node among its peers. `run` serves until cancelled."""

    def __init__(self, config: NetworkConfig, parts: NetworkParts, nursery: trio.Nursery) -> None:
        self._parts = parts
        self.history = BodyHistory(parts.history, parts.bodies)
        intake = BlockIntake(
            IntakeParts(
                queue=parts.queue,
                chain=parts.chain,
                is_open=lambda: self.fast.phase is None,
                report=self._report,
                now_ms=parts.clock.now_ms,
                took=parts.import_took,
                gathered=parts.gathered,
                log=parts.log,
            )
        )
        topics = Topics(parts.chain, intake, parts.voter, parts.receipts, parts.log)
        services = Services(
            status=self._status,
            responder=self._responder(),
            topics=self._topics(topics, nursery),
            transactions=self._take_transactions,
            peer_changed=self._peer_changed,
        )
        self.network = Network(config, services)
        report = self.network.report
        local = LocalChain(parts.chain)
        requests, peers = self.network.requests, self.network.peers
        self.blobs = Blobs(BlobStore(parts.blobs), requests, report)
        self.payloads = Payloads(parts.records, self.blobs, requests, self._peer_ids, report=report)
        finality = ChainFinality(parts.chain, lambda: parts.queue.voters)
        self.sync = RangeSync(local, intake, requests, peers, report, finality=finality)
        self.ancestors = Ancestors(local, intake, requests, peers, report)
        self.fast = FastSync(
            FastParts(
                chain=parts.chain,
                queue=parts.queue,
                executive=parts.executive,
                store=parts.history,
                history=self.history,
                source=requests,
                peers=peers,
                report=report,
                log=parts.log,
            ),
            is_wanted=parts.sync != "full",
        )

    async def run(self, task_status: Started[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled. Raises PortBusy, ListenFailed."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.network.run)
            nursery.start_soon(self._sync)
            nursery.start_soon(self.ancestors.run)
            nursery.start_soon(self._send_transactions)
            task_status.started(None)

    async def _sync(self) -> None:
        """Jump to a recent state if that is wanted and pays, then follow block by block."""
        await self.fast.run()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.sync.run)
            nursery.start_soon(self._backfill)

    async def _backfill(self) -> None:
        first = self.history.last_missing
        if not first:
            return
        self._parts.log.info("backfill", bodies=first)
        network, report = self.network, self.network.report
        parts = BackfillParts(self.history, network.requests, network.peers, report)
        await Backfill(parts).run()
        self._parts.log.info("backfill", bodies=0)

    @property
    def progress(self) -> Progress | None:
        """What sync is doing: a jump, blocks, or old bodies in the background; None if nothing."""
        running = self.fast.progress or self.sync.progress
        missing = 0 if running else self.history.last_missing
        if not missing:
            return running
        total = self._parts.history.last_header
        return Progress(0, total, "bodies", total - missing)

    @property
    def peer_count(self) -> int:
        """Peers that passed the handshake."""
        return len(self.network.peers.ready())

    @property
    def peers_final(self) -> tuple[int, ...]:
        """The height that each peer says is final, but for who lately did not give what it said."""
        ready = self.network.peers.ready()
        return tuple(view.finalized_number for view in ready if not self.sync.is_avoided(view.id))

    @property
    def is_syncing(self) -> bool:
        """Whether a peer is so far ahead that our head is not the chain's."""
        if self.fast.phase is not None:
            return True
        ready = self.network.peers.ready()
        ours = self._parts.chain.best.number
        # Who does not give what it claims must not be able to keep us from authoring.
        return any(
            view.best_number > ours + SYNCING_BLOCKS and not self.sync.is_avoided(view.id)
            for view in ready
        )

    async def announce(self, request: ImportRequest[Executed]) -> None:
        """Gossip an own block."""
        data = block_data(self._parts.chain, request.block.header.hash)
        if data is not None:
            await self.network.gossip.publish("blocks", encode_announce(data))

    async def publish_vote(self, payload: bytes) -> None:
        """Gossip a vote."""
        await self.network.gossip.publish("votes", payload)

    async def publish_opening(self, opening: Opening, proof: bytes) -> None:
        """Gossip an opening of ours."""
        await self.spread(encode(message_of(opening, proof), ReceiptMessage))

    async def publish_shares(self, batch: ShareBatch) -> None:
        """Gossip shares of ours."""
        await self.spread(encode(SharesMessage(batch), ReceiptMessage))

    async def publish_testimony(self, testimony: Testimony) -> None:
        """Gossip what a witness of ours says."""
        await self.spread(encode(Word(testimony), ReceiptMessage))

    async def spread(self, payload: bytes) -> None:
        """Gossip an encoded receipt message."""
        await self.network.gossip.publish("receipts", payload)

    def want(self, block_hash: bytes, number: int) -> None:
        """Fetch a block that somebody voted for."""
        if self.fast.phase is not None:
            return
        ready = [view for view in self.network.peers.ready() if view.best_number >= number]
        if ready:
            self.ancestors.want(ready[0].id, block_hash)

    def _responder(self) -> Responder:
        parts = self._parts
        return ChainResponder(parts.chain, parts.receipts, LateBlobs(self), self._payload)

    def _topics(self, topics: Topics, nursery: trio.Nursery) -> Mapping[str, Topic]:
        side = NetworkSide(LateAncestors(self), self, lambda: self.network.requests, self._report)
        return topics.topics(side, nursery)

    def saw_block(self, peer: str, number: int, block_hash: bytes) -> None:
        """Note what a peer has."""
        self.network.peers.saw_block(peer, number, block_hash)

    def _payload(self, chain_root: bytes) -> bytes | None:
        return self.payloads.find(chain_root)

    def _peer_ids(self) -> list[str]:
        return [view.id for view in self.network.peers.ready()]

    def _report(self, peer: str, offence: Offence) -> None:
        self.network.report(peer, offence)

    def _status(self) -> Status:
        chain = self._parts.chain
        best, final, roles = chain.best, chain.finalized, self._parts.roles
        if self.history.last_missing or not chain.blocks.bodies.keeps_final:
            roles |= Roles.PARTIAL
        heights = (best.number, best.hash, final.number, final.hash)
        return Status(chain.genesis_hash, *heights, roles, software=SOFTWARE)

    def _peer_changed(self, peer: str, status: Status | None) -> None:  # noqa: ARG002
        self.sync.notice()

    async def _take_transactions(self, peer: str, batch: tuple[bytes, ...]) -> None:
        results = await self._parts.pool.submit_batch(batch, Source.GOSSIP)
        for result in results:
            if isinstance(result, Refused) and result.invalid in NEVER_VALID:
                self._report(peer, Offence.BAD_TRANSACTION)

    async def _send_transactions(self) -> None:
        while True:
            batch = await self._parts.pool.gossip.take(TRANSACTIONS_PER_BATCH)
            self.network.transactions.broadcast(batch)
            self._parts.pool.sent(batch, tuple(self._peer_ids()))


class LocalChain:
    """Our own chain, as sync sees it."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def best(self) -> tuple[int, bytes]:
        """Return the number and the hash of the best block."""
        return self._chain.best.number, self._chain.best.hash

    def finalized_number(self) -> int:
        """Return the number of the last finalized block."""
        return self._chain.finalized.number

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the best chain's block at a height."""
        return self._chain.hash_at(number)

    def has_block(self, block_hash: bytes) -> bool:
        """Say whether a block was imported, on any fork."""
        return self._chain.blocks.has_imported(block_hash)


class LateBlobs:
    """The blobs of a network that is being made: its responder is one of its own parts."""

    def __init__(self, owner: PeerNetwork) -> None:
        self._owner = owner

    async def manifest(self, root: bytes) -> bytes | None:
        """Return a blob's manifest."""
        return await self._owner.blobs.manifest(root)

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Return consecutive chunks of a blob."""
        return await self._owner.blobs.chunks(root, first, count)


class LateAncestors:
    """The ancestry of a network that is being made."""

    def __init__(self, owner: PeerNetwork) -> None:
        self._owner = owner

    def want(self, peer: str, block_hash: bytes) -> None:
        """Fetch a block and its unknown ancestors."""
        self._owner.ancestors.want(peer, block_hash)

    async def body(self, peer: str, block_hash: bytes) -> BlockData | None:
        """Fetch a block."""
        return await self._owner.ancestors.body(peer, block_hash)
