"""Tells the operator's telemetry servers what happens to the chain and how the node is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.finality.tally import VoterSet
from node.chain import Chain, ChainEvent, Finalized, NewBest
from node.keys import VoterKey
from node.log import Logger
from node.telemetry.endpoint import Endpoint
from node.telemetry.link import TelemetryLink
from node.telemetry.messages import (
    Message,
    NodeFacts,
    authority_set,
    block_import,
    notify_finalized,
    system_connected,
    system_interval,
)
from runtime.primitives.ss58 import encode_ss58

INTERVAL_SECONDS = 5.0
"""Between two messages about the node itself; Substrate's."""


class NetworkFacts(Protocol):
    """What is told of the network."""

    @property
    def peer_count(self) -> int:
        """Peers that passed the handshake."""

    @property
    def is_syncing(self) -> bool:
        """Whether the chain is far ahead of us."""


@dataclass(frozen=True, slots=True)
class TelemetryParts:
    """What telemetry looks at."""

    facts: NodeFacts
    chain: Chain
    network: NetworkFacts
    waiting: Callable[[], int]
    """Transactions that are ready."""
    voters: Callable[[], VoterSet]
    voter_key: Callable[[VoterSet], VoterKey | None]
    """Our finality key in a set, if it has one."""
    ss58_prefix: int
    log: Logger


class Telemetry:
    """Offers each message to every endpoint; runs until cancelled, whatever they do."""

    def __init__(self, endpoints: Sequence[Endpoint], parts: TelemetryParts) -> None:
        self._parts = parts
        self._links = [TelemetryLink(one, self._greeting, parts.log) for one in endpoints]
        self._told_set = parts.voters().set_id

    async def run(self) -> None:
        """Tell until cancelled."""
        async with trio.open_nursery() as nursery:
            for link in self._links:
                nursery.start_soon(link.run)
            nursery.start_soon(self._tell_now_and_then)
            with self._parts.chain.subscribe() as events:
                async for event in events:
                    self._tell_event(event)

    async def _tell_now_and_then(self) -> None:
        while True:
            self._offer(self._interval())
            await trio.sleep(INTERVAL_SECONDS)

    def _tell_event(self, event: ChainEvent) -> None:
        """Tell of the head as it moves; of the thousands of blocks of a sync the interval tells."""
        if self._parts.network.is_syncing:
            return
        match event:
            case NewBest(header):
                self._offer(block_import(header))
            case Finalized(headers):
                self._offer(notify_finalized(headers[-1]))
                self._tell_new_voters()

    def _tell_new_voters(self) -> None:
        set_id = self._parts.voters().set_id
        if set_id != self._told_set:
            self._told_set = set_id
            for message in self._voters():
                self._offer(message)

    def _greeting(self) -> list[Message]:
        """Return what each connection begins with."""
        return [system_connected(self._parts.facts), self._interval(), *self._voters()]

    def _interval(self) -> Message:
        parts = self._parts
        chain, peers = parts.chain, parts.network.peer_count
        return system_interval(chain.best, chain.finalized, peers=peers, waiting=parts.waiting())

    def _voters(self) -> list[Message]:
        """Return who votes on finality, if we do: others have nothing to say of it."""
        voters = self._parts.voters()
        own = self._parts.voter_key(voters)
        if own is None:
            return []
        listed = [self._address(public) for public, _ in voters.voters]
        return [authority_set(voters.set_id, self._address(own.public), listed)]

    def _address(self, public: bytes) -> str:
        return encode_ss58(public, self._parts.ss58_prefix)

    def _offer(self, message: Message) -> None:
        for link in self._links:
            link.offer(message)
