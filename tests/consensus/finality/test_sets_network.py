"""Real voters on an unreliable wire while their keys change: one chain, and no false proof."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import trio

from consensus.finality import justification as proofs
from consensus.finality.tally import VoterSet
from consensus.finality.vote import (
    Envelope,
    GossipMessage,
    Justification,
    Message,
    Precommit,
    VoteMessage,
)
from consensus.finality.voter import Voter, VoterParts
from consensus.fork_tree import ForkTree, Node
from runtime.primitives.scale import decode
from tests.consensus.finality.test_handovers import block
from tests.consensus.support import Key, genesis_node

VALIDATORS = 4
BLOCK_SECONDS = 3.0
CHANGE_EVERY = 5
FAR_BEHIND = 8
"""Blocks from which on a member syncs as a node does, by the proofs of a peer."""


def key(validator: int, generation: int) -> Key:
    return Key(bytes((validator + 1, generation)) * 16)


def authorities(generation: int) -> tuple[tuple[bytes, int], ...]:
    """In each generation one validator more has a new key."""
    return tuple(
        (key(n, (generation + VALIDATORS - 1 - n) // VALIDATORS).public, 1)
        for n in range(VALIDATORS)
    )


GENERATIONS = 12
BY_PUBLIC = [
    {key(n, generation).public: key(n, generation) for generation in range(GENERATIONS)}
    for n in range(VALIDATORS)
]


@dataclass
class Disk:
    record: bytes | None = None

    def load(self) -> bytes | None:
        return self.record

    def save(self, record: bytes) -> None:
        self.record = record


@dataclass
class Member:
    """One validator: a tree, a voter, a record; the wire calls it."""

    place: int
    send: Callable[[int, bytes], None]
    fetch: Callable[[int, bytes], None]
    slot: Callable[[], int]
    peers_final: Callable[[int], tuple[int, ...]]
    disk: Disk = field(default_factory=Disk)
    final: list[tuple[int, bytes]] = field(default_factory=list)
    proofs: list[tuple[int, Justification]] = field(default_factory=list)
    is_off: bool = False

    def __post_init__(self) -> None:
        self.tree = ForkTree(genesis_node())
        self.first = VoterSet(0, authorities(0))
        self.revive()

    def lose_disk(self) -> None:
        """Forget all but the keys; the voter that runs is to be cancelled."""
        self.disk, self.tree = Disk(), ForkTree(genesis_node())
        self.first, self.final, self.proofs = VoterSet(0, authorities(0)), [], []

    def sync(self, proofs: list[tuple[int, Justification]]) -> None:
        """Finalize what a peer's proofs prove, as far as the blocks are here."""
        for _, proof in proofs:
            target = proof.commit
            if target.target_number > self.tree.root.number and target.target_hash in self.tree:
                self.request_finality(proof)

    def revive(self) -> None:
        self.first = self.first.succeeded(self.tree.handovers)
        rest = [node for node in self.tree._nodes.values() if node.hash != self.tree.root.hash]
        tree = ForkTree(self.tree.root)
        for node in sorted(rest, key=lambda each: each.number):
            tree.insert(node)
        self.tree = tree
        self.voter = Voter(
            VoterParts(
                voters=self.first,
                tree=tree,
                chain=self,
                network=self,
                store=self.disk,
                report=lambda proof: pytest.fail(f"an honest voter equivocated: {proof}"),
                want=lambda block_hash, number: self.fetch(self.place, block_hash),
                key_for=self.key_for,
                started_in_slot=self.slot(),
                peers_final=lambda: self.peers_final(self.place),
                tell_of_stranger=lambda *keys: pytest.fail(f"the disk of another: {keys}"),
            )
        )

    def key_for(self, voters: VoterSet) -> Key | None:
        ours = [each for public, each in BY_PUBLIC[self.place].items() if voters.weight_of(public)]
        assert len(ours) <= 1
        return ours[0] if ours else None

    def broadcast(self, payload: bytes) -> None:
        self.send(self.place, payload)

    def request_finality(self, justification: Justification) -> bool:
        voters = self.first.succeeded(self.tree.handovers)
        proofs.verify(justification, voters)
        target = justification.commit.target_hash
        assert self.tree.until_change(target).hash == target, "no set decides beyond its end"
        pruned = self.tree.finalize(target)
        self.final += [(node.number, node.hash) for node in pruned.finalized]
        self.proofs.append((voters.set_id, justification))
        self.voter.on_chain_change()
        return True

    def add(self, node: Node) -> None:
        if node.hash not in self.tree and node.parent_hash in self.tree:
            self.tree.insert(node)
            self.voter.on_chain_change()


class World:
    """A chain that grows by itself, and members that hear of it and of each other, or not."""

    def __init__(self, lot: int, loss: float) -> None:
        self.draw, self.loss = random.Random(lot), loss
        self.chain = [genesis_node()]
        self.by_hash = {self.chain[0].hash: self.chain[0]}
        self.members: list[Member] = []
        for n in range(VALIDATORS):
            self.members.append(
                Member(n, self.send, self.fetch, lambda: self.chain[-1].slot, self.peers_final)
            )
        self.changes: list[int] = []
        self.votes: dict[tuple[bytes, int, int, type[Message]], Message] = {}

    async def run(self, seconds: float, script: Callable[[World], None] | None = None) -> None:
        async with trio.open_nursery() as self.nursery:
            for member in self.members:
                self.nursery.start_soon(self.live, member)
            self.nursery.start_soon(self.grow)
            self.nursery.start_soon(self.follow)
            await trio.sleep(seconds / 3)
            self.said_at_script = len(self.votes)
            if script is not None:
                script(self)
            await trio.sleep(seconds * 2 / 3)
            self.nursery.cancel_scope.cancel()

    async def live(self, member: Member) -> None:
        while True:
            with trio.CancelScope() as member_scope:
                member.scope = member_scope
                await member.voter.run()
            member.revive()

    async def grow(self) -> None:
        while True:
            await trio.sleep(BLOCK_SECONDS)
            number = len(self.chain)
            change = None
            if number % CHANGE_EVERY == 0 and len(self.changes) + 1 < GENERATIONS:
                self.changes.append(number)
                change = authorities(len(self.changes))
            node = block(self.chain[-1], number, change)
            self.chain.append(node)
            self.by_hash[node.hash] = node

    async def follow(self) -> None:
        """Blocks arrive in order, late by chance; who is off gets none."""
        while True:
            await trio.sleep(0.5)
            for member in self.members:
                if not member.is_off and self.draw.random() < 0.7:
                    for node in self.chain[member.tree.root.number + 1 :]:
                        member.add(node)
                    if member.tree.root.number + FAR_BEHIND < self.final_number():
                        member.sync(self.members[0].proofs)

    def final_number(self) -> int:
        """Return what member 0, which never fails, has finalized."""
        return self.members[0].tree.root.number

    def peers_final(self, place: int) -> tuple[int, ...]:
        if self.members[place].is_off:
            return ()
        others = (each for each in self.members if each.place != place and not each.is_off)
        return tuple(each.tree.root.number for each in others)

    def send(self, sender: int, payload: bytes) -> None:
        self.note(decode(payload, Envelope).message)
        for member in self.members:
            is_cut = member.is_off or self.members[sender].is_off or member.place == sender
            if not is_cut and self.draw.random() >= self.loss:
                self.nursery.start_soon(self.deliver, member, payload, self.draw.random())

    def note(self, said: GossipMessage) -> None:
        if isinstance(said, VoteMessage):
            vote = said.message
            stage = (vote.id, said.set_id, said.round, type(vote.message))
            assert self.votes.setdefault(stage, vote.message) == vote.message, "voted twice"

    async def deliver(self, member: Member, payload: bytes, delay: float) -> None:
        await trio.sleep(delay)
        if not member.is_off:
            member.voter.on_message(payload, "peer")

    def fetch(self, place: int, block_hash: bytes) -> None:
        node = self.by_hash.get(block_hash)
        if node is not None and not self.members[place].is_off:
            self.members[place].add(node)

    def check(self) -> None:
        """Every member's finality is the one chain, and each proof is of the set of its block."""
        for member in self.members:
            assert member.final == [
                (node.number, node.hash) for node in self.chain[1 : len(member.final) + 1]
            ]
            for set_id, proof in member.proofs:
                before = [n for n in self.changes if n < proof.commit.target_number]
                assert set_id == len(before)
                assert all(isinstance(v.precommit, Precommit) for v in proof.commit.precommits)


@pytest.mark.parametrize(("lot", "loss"), [(1, 0.0), (2, 0.1), (3, 0.3)])
async def test_finality_goes_on_while_keys_change(
    autojump_clock: trio.testing.MockClock, lot: int, loss: float
) -> None:
    world = World(lot, loss)
    await world.run(210.0)
    world.check()
    assert len(world.changes) >= 10
    assert min(member.tree.root.number for member in world.members) > 55


async def test_a_voter_that_missed_several_changes_catches_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World(4, 0.05)
    world.members[3].is_off = True

    def back(world: World) -> None:
        assert min(member.tree.root.number for member in world.members[:3]) > 15
        assert world.members[3].tree.root.number == 0
        world.members[3].is_off = False

    await world.run(210.0, back)
    world.check()
    assert min(member.tree.root.number for member in world.members) > 55


async def test_voters_that_restart_keep_their_sets(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = World(5, 0.1)

    def restart(world: World) -> None:
        for member in world.members[:3]:
            member.scope.cancel()

    await world.run(210.0, restart)
    world.check()
    assert min(member.tree.root.number for member in world.members) > 55


@pytest.mark.parametrize("lot", [6, 7])
async def test_who_lost_its_disk_syncs_over_many_sets_and_votes_once_in_the_live_one(
    autojump_clock: trio.testing.MockClock, lot: int
) -> None:
    world = World(lot, 0.1)
    member = world.members[3]

    def lose(world: World) -> None:
        assert len(world.changes) >= 3
        member.lose_disk()
        member.scope.cancel()

    await world.run(150.0, lose)
    world.check()
    assert min(member.tree.root.number for member in world.members) > 40
    after_loss = {
        set_id
        for (public, set_id, _, _), _ in list(world.votes.items())[world.said_at_script :]
        if public in BY_PUBLIC[3]
    }
    assert after_loss, "it votes again"
