"""Validators that break the rules on purpose; at most a third of the weight, less one, may."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field, replace

import trio

from consensus.finality.vote import (
    CatchUpRequest,
    Envelope,
    GossipMessage,
    Precommit,
    Prevote,
    PrimaryPropose,
    SignedMessage,
    VoteMessage,
    signing_payload,
)
from consensus.lottery import claim_slot
from consensus.verification import pre_runtime, sealed
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import encode
from tests.simulation.node import SimNode

SAID, LATE = 0.3, 0.7
"""A withholder's share of messages that go out at once; up to the second, those that go late."""

MAX_HELD_SECONDS = 20.0
"""Longer than a voter waits for anything, and several slots."""

VOTE_SECONDS = 1.0
MAX_BURST = 40
KEPT_MESSAGES = 64
FLOODED = ("vote", "block", "transactions", "receipt")


@dataclass
class Withholding:
    """Decides what a withholder says, and when."""

    rng: random.Random

    def __call__(self) -> float | None:
        luck = self.rng.random()
        if luck < SAID:
            return 0.0
        return self.rng.uniform(1, MAX_HELD_SECONDS) if luck < LATE else None


@dataclass
class TwoVotes:
    """Signs votes that contradict each other and the rules, and tells each node others."""

    node: SimNode
    rng: random.Random

    async def run(self) -> None:
        while True:
            await trio.sleep(self.rng.uniform(0.2, 2 * VOTE_SECONDS))
            for target in self.node.wire.others:
                self._vote(target)

    def _vote(self, target: int) -> None:
        rng, rounds = self.rng, self.node.voter.rounds
        key = self.node.keys.voter_key(rounds.voters)
        if key is None:
            return
        block = self._any_block()
        stage = rng.choice((Prevote, Precommit, PrimaryPropose))
        message = stage(block, self._height(block))
        number = max(1, self.node.voter.round + rng.choice((-1, 0, 0, 0, 1, 2, 1000)))
        set_id = rounds.voters.set_id
        signature = key.sign(signing_payload(message, number, set_id))
        vote = VoteMessage(number, set_id, SignedMessage(message, signature, key.public))
        self.node.wire.send(target, "vote", in_envelope(vote, rng))

    def _any_block(self) -> bytes:
        """Return a block of any branch above the last finalized one, or one that is nowhere."""
        tree = self.node.queue.tree
        if self.rng.random() < 0.1:
            return self.rng.randbytes(32)
        block = tree.root.hash
        while (children := tree.children(block)) and self.rng.random() < 0.8:
            block = self.rng.choice(children)
        return block

    def _height(self, block: bytes) -> int:
        node = self.node.queue.tree.get(block)
        right = 1 if node is None else node.number
        return right + (self.rng.random() < 0.1)


@dataclass
class Undeterred:
    """Announces blocks in its slots while it is disabled; what is in them does not matter then."""

    node: SimNode

    async def run(self) -> None:
        slot = 0
        while True:
            slot = await self.node.clock.next_slot(slot)
            self._author(slot)

    def _author(self, slot: int) -> None:
        node, parent = self.node, self.node.queue.tree.best
        if slot <= parent.slot:
            return
        epoch, keys = node.chain.epochs.epoch_at(parent.header, slot), node.keys.authors
        claim = claim_slot(keys, replace(epoch, disabled=()), slot)
        if claim is not None and claim.authority_index in epoch.disabled:
            claims = (pre_runtime(claim),)
            header = Header(parent.hash, parent.number + 1, bytes(32), bytes(32), claims)
            key = keys[epoch.authorities[claim.authority_index].public]
            node.announce(sealed(Block(header, ()), key))


@dataclass
class Heard:
    """The newest messages that a node heard."""

    messages: deque[tuple[str, bytes]] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))

    def __call__(self, kind: str, payload: object) -> None:
        if isinstance(payload, bytes):
            self.messages.append((kind, payload))


@dataclass
class Flood:
    """Says again what was said, changed or not, beside garbage."""

    node: SimNode
    heard: Heard
    rng: random.Random

    async def run(self) -> None:
        while True:
            await trio.sleep(self.rng.uniform(0.5, 4))
            for _ in range(self.rng.randint(1, MAX_BURST)):
                if others := self.node.wire.others:
                    self._send(self.rng.choice(others))

    def _send(self, target: int) -> None:
        rng = self.rng
        what = rng.randrange(4)
        if what == 0 or not self.heard.messages:
            kind, payload = rng.choice(FLOODED), rng.randbytes(rng.randint(0, 300))
        elif what == 1:
            kind, payload = rng.choice(self.heard.messages)
        elif what == 2:
            kind, payload = rng.choice(self.heard.messages)
            payload = with_one_bit_changed(payload, rng)
        else:
            number, voters = rng.randint(0, self.node.voter.round), self.node.voter.rounds.voters
            kind, payload = "vote", in_envelope(CatchUpRequest(number, voters.set_id), rng)
        self.node.wire.send(target, kind, payload)


def in_envelope(message: GossipMessage, rng: random.Random) -> bytes:
    """Return a message as voters send it."""
    return encode(Envelope(rng.getrandbits(32), message), Envelope)


def with_one_bit_changed(payload: bytes, rng: random.Random) -> bytes:
    """Return a payload that is wrong in one place; an empty one has none, and stays."""
    if not payload:
        return payload
    place, changed = rng.randrange(len(payload)), bytearray(payload)
    changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)
