"""Fast sync: headers up to a recent final block, its state, and then on from there.

An empty node walks the headers of its peers over every change of voters, fetches the state of the
last final block, checks that the voters in it are those that the headers led to, and jumps: from
then on it is a node like any other that lacks old bodies and old states. The bodies follow in the
background (`node.net.history`). A restart goes on where the records stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.finality.headers import HeaderFinality
from consensus.finality.tally import Handovers, VoterSet
from consensus.import_queue import ImportQueue
from consensus.protocols import Jump
from node.chain import Chain
from node.log import Logger
from node.net.finality import ProvenHeaders
from node.net.history import BodyHistory
from node.store.db import Database
from node.store.fast import FastStore, Target
from node.store.intake import StateIntake
from p2p.backfill import BadBody
from p2p.download import RANGE_TIMEOUT_SECONDS, BlockSource, PeerSource
from p2p.headers import Abandoned, HeaderSource, HeaderWalk
from p2p.messages import BlocksRequest, Direction, Roles
from p2p.peers import Offence, PeerView
from p2p.requests import RequestFailed
from p2p.state import BadPart, StateDownload, StateParts, StateSource
from p2p.sync import AVOID_SECONDS, Progress
from runtime.executive import Executed, Executive
from runtime.state.proof import BadProof

LEAST_BLOCKS = 256
"""Final blocks below which a state is not worth fetching: executing them takes half a second."""

CLOSE_BLOCKS = 16
"""Nearer to the newest final block its state is kept for hours, and headers are walked no more."""

STALE_BLOCKS = 128
"""A state this old may be pruned at the peers any moment: a newer one is fetched if it is gone."""

GREETING_SECONDS = 15.0
"""How long to wait for a first peer: who is alone begins a chain."""

SETTLE_SECONDS = 5.0
"""How long to wait for a peer that is far ahead, where there are others."""

LOOK_SECONDS = 1.0
LOG_SECONDS = 5.0


class FastSource(BlockSource, HeaderSource, StateSource, Protocol):
    """Asks peers; `Requests` is one."""


@dataclass(frozen=True, slots=True)
class FastParts:
    """What fast sync is given."""

    chain: Chain
    queue: ImportQueue[Executed]
    executive: Executive
    store: FastStore
    history: BodyHistory
    source: FastSource
    peers: PeerSource
    report: Callable[[str, Offence], None]
    log: Logger


class FastSync:
    """One run from genesis to a recent state, or to the finding that it does not pay."""

    def __init__(self, parts: FastParts, *, is_wanted: bool) -> None:
        """Run only if that is wanted and the chain is empty."""
        self._parts = parts
        self._avoided: dict[str, float] = {}
        self._genesis_voters: VoterSet = parts.queue.voters
        self._intake: StateIntake | None = None
        self._logged_at = -LOG_SECONDS
        self.phase: str | None = "waiting" if is_wanted and not parts.store.has_jumped else None
        """`waiting` for peers, `headers`, `state`; None when the chain goes on block by block."""

    @property
    def progress(self) -> Progress | None:
        """The range of blocks that is jumped over; None when nothing is."""
        if self.phase is None:
            return None
        newest = max((view.finalized_number for view in self._parts.peers.ready()), default=0)
        if self.phase == "state" and self._intake is not None:
            done = self._intake.received
        else:
            done = self._target.number
        return Progress(0, newest, self.phase, done)

    async def run(self) -> None:
        """Bring an empty chain to a recent final block, if its peers are far ahead."""
        try:
            if self.phase is not None and await self._is_worth_it():
                await self._jump()
            elif not self._parts.store.has_jumped:
                await self._forget()
        finally:
            self.phase = None

    async def _is_worth_it(self) -> bool:
        """Wait for peers, and say whether one of them is final far ahead."""
        began = trio.current_time()
        while True:
            ready = self._parts.peers.ready()
            if any(view.finalized_number >= LEAST_BLOCKS for view in ready):
                return True
            if trio.current_time() - began >= (SETTLE_SECONDS if ready else GREETING_SECONDS):
                return False
            await trio.sleep(LOOK_SECONDS / 4)

    async def _jump(self) -> None:
        while True:
            self.phase = "headers"
            await self._walk_headers()
            self.phase = "state"
            try:
                await self._fetch_state(self._target)
                break
            except Abandoned as error:
                self._parts.log.warning("fast_sync", phase="state", waits=str(error))
        await self._adopt(self._target)

    async def _forget(self) -> None:
        """Remove what an earlier run fetched of a state: the chain goes on block by block."""
        intake = StateIntake(self._database, self._parts.chain.blocks, self._target.hash)
        if intake.has_leftovers:
            for _ in intake.wipe():
                await trio.lowlevel.checkpoint()

    # headers

    @property
    def _target(self) -> Target:
        return self._parts.store.target(self._genesis_voters)

    async def _walk_headers(self) -> None:
        """Take headers until nobody is final far above them, or a begun state is still good."""
        while True:
            target = self._target
            peer = self._highest()
            gap = 0 if peer is None else peer.finalized_number - target.number
            is_begun = StateIntake(self._database, self._parts.chain.blocks, target.hash).is_begun
            if peer is not None and gap <= (STALE_BLOCKS if is_begun else CLOSE_BLOCKS):
                return
            if peer is None:
                await trio.sleep(LOOK_SECONDS)
                continue
            finality = HeaderFinality(target.number, target.hash, target.voter_set)
            check = ProvenHeaders(finality, self._parts.store.add_headers)
            walk = HeaderWalk(self._parts.source, peer, check, self._parts.report)
            try:
                while (stretch := await walk.next()) is not None:
                    self._say(headers=stretch.last, of=peer.finalized_number)
            except Abandoned as error:
                self._parts.log.info("fast_sync", phase="headers", leaves=peer.id, why=str(error))
                self._avoid(peer.id)

    def _highest(self) -> PeerView | None:
        ready = (view for view in self._parts.peers.ready() if not self._is_avoided(view.id))
        return max(ready, key=lambda view: view.finalized_number, default=None)

    # state

    async def _fetch_state(self, target: Target) -> None:
        """Fetch what is missing of the target's state.

        Raises Abandoned.
        """
        parts = self._parts
        intake = self._intake = StateIntake(self._database, parts.chain.blocks, target.hash)
        if not intake.is_begun:
            for _ in intake.begin():
                await trio.lowlevel.checkpoint()
        parts.log.info("fast_sync", phase="state", block=target.number)
        state = StateParts(
            sink=_Sink(intake, self._say),
            source=parts.source,
            peers=parts.peers,
            report=parts.report,
            avoid=self._avoid,
            is_avoided=self._is_avoided,
        )
        await StateDownload(state, target.number).run()

    @property
    def _database(self) -> Database:
        return self._parts.store.database

    # the jump

    async def _adopt(self, target: Target) -> None:
        parts, blocks = self._parts, self._parts.chain.blocks
        has_body = await self._fetch_body(target.number)
        header = blocks.known_header(target.hash)
        runtime = parts.executive.runtime_at(
            parts.chain.states.state_at(header.state_root), header.number
        )
        found = VoterSet(runtime.grandpa.current_set_id, runtime.grandpa.authorities)
        assert found == target.voter_set, "the state names the voters that the headers led to"
        proof = blocks.justification(target.hash)
        assert proof is not None, "the last header of a stretch has its proof"
        changes = target.set_id - self._genesis_voters.set_id
        # also without a change: a voter that finds itself above genesis must not vote as if it
        # were there from the beginning
        handovers = Handovers(changes, target.voters)
        parts.store.note_missing_bodies(target.number - has_body)
        await parts.queue.jump(Jump(header, proof, handovers))
        parts.log.info("fast_sync", phase="done", block=header.number, hash=header.hash)

    async def _fetch_body(self, number: int) -> bool:
        """Fetch the block that will be the best: clients ask for it at once.

        False if every peer says that it does not keep it: nothing is built on a body.
        """
        lacking: set[str] = set()
        while True:
            ready = [view for view in self._parts.peers.ready() if view.best_number >= number]
            if ready and lacking.issuperset(view.id for view in ready):
                return False
            for view in ready:
                if not self._is_avoided(view.id) and await self._took_body(view, number, lacking):
                    return True
            await trio.sleep(LOOK_SECONDS)

    async def _took_body(self, view: PeerView, number: int, lacking: set[str]) -> bool:
        """Fetch a body from a peer, which is noted as `lacking` where it may and does lack it."""
        query = BlocksRequest(number, Direction.ASCENDING, 1)
        try:
            blocks = await self._parts.source.blocks(
                view.id, query, timeout_seconds=RANGE_TIMEOUT_SECONDS
            )
            if blocks:
                await self._parts.history.add(number, blocks[:1])
                return True
            if Roles.PARTIAL in view.roles:
                lacking.add(view.id)
        except RequestFailed as error:
            self._parts.log.info("fast_sync", phase="body", why=str(error))
        except BadBody:
            self._parts.report(view.id, Offence.BAD_BLOCK)
        self._avoid(view.id)
        return False

    # peers and log

    def _avoid(self, peer: str) -> None:
        self._avoided[peer] = trio.current_time() + AVOID_SECONDS

    def _is_avoided(self, peer: str) -> bool:
        return self._avoided.get(peer, 0.0) > trio.current_time()

    def _say(self, **progress: int) -> None:
        """Log how far it is, now and then."""
        if trio.current_time() - self._logged_at >= LOG_SECONDS:
            self._logged_at = trio.current_time()
            self._parts.log.info("fast_sync", phase=self.phase, **progress)


class _Sink:
    """The intake, as the download of parts sees it."""

    def __init__(self, intake: StateIntake, say: Callable[..., None]) -> None:
        self._intake, self._say = intake, say

    @property
    def is_done(self) -> bool:
        return self._intake.is_done

    def wanted(self) -> tuple[bytes, ...]:
        return self._intake.wanted()

    def put_back(self, roots: tuple[bytes, ...]) -> None:
        self._intake.put_back(roots)

    async def take(self, roots: tuple[bytes, ...], items: tuple[bytes, ...]) -> bool:
        try:
            is_missing = self._intake.take(roots, items)
        except BadProof as error:
            raise BadPart(str(error)) from error
        self._say(nodes=self._intake.received)
        await trio.lowlevel.checkpoint()
        return is_missing
