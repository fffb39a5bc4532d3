"""The service alone, over a fork tree and a wire that a test can read and write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from consensus.equivocation import VoteEquivocation
from consensus.finality import justification as proofs
from consensus.finality import record as records
from consensus.finality.ghost import BlockRef
from consensus.finality.gossip import Verdict
from consensus.finality.record import Voice
from consensus.finality.round import Round, at_root
from consensus.finality.tally import Ballots
from consensus.finality.vote import (
    CatchUp,
    CatchUpRequest,
    CommitMessage,
    Envelope,
    GossipMessage,
    Justification,
    Message,
    Precommit,
    Prevote,
    PrimaryPropose,
    SignedMessage,
    SignedPrecommit,
    SignedPrevote,
    VoteMessage,
)
from consensus.finality.voter import Voter, VoterParts
from consensus.fork_tree import ForkTree, Node
from runtime.primitives.scale import decode, encode
from tests.consensus.support import KEYS, Key, child, signed, tree_of, voters


@dataclass
class Store:
    record: bytes | None = None
    saves: int = 0

    def load(self) -> bytes | None:
        return self.record

    def save(self, record: bytes) -> None:
        self.record, self.saves = record, self.saves + 1


def remembering(voter: Key = KEYS[0]) -> Store:
    """Return the disk of a voter that knows that it has not voted yet."""
    tree, _ = tree_of("")
    root = BlockRef(tree.root.hash, 0)
    rounds = Round(1, root), Round(0, root, settled=at_root(tree))
    return Store(records.record_of(0, *rounds, Voice(voter.public, [], votes_from=1)))


@dataclass
class Bench:
    """One voter of `count`, its tree, and what it says."""

    tree: ForkTree
    count: int = 4
    key: Key | None = KEYS[0]
    store: Store = field(default_factory=remembering)
    started_in_slot: int = 0
    peers_final: tuple[int, ...] = ()
    set_id: int = 0
    sent: list[GossipMessage] = field(default_factory=list)
    saves_when_sent: list[int] = field(default_factory=list)
    reports: list[VoteEquivocation] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    finalized: list[Justification] = field(default_factory=list)
    strangers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.voter = Voter(
            VoterParts(
                voters=voters(self.count, self.set_id),
                tree=self.tree,
                chain=self,
                network=self,
                store=self.store,
                report=self.reports.append,
                want=lambda block_hash, number: self.wanted.add(number),
                key=self.key,
                gossip_seconds=1.0,
                started_in_slot=self.started_in_slot,
                peers_final=lambda: self.peers_final,
                tell_of_stranger=lambda *keys: self.strangers.append(keys),
            )
        )

    def broadcast(self, payload: bytes) -> None:
        self.sent.append(decode(payload, Envelope).message)
        self.saves_when_sent.append(self.store.saves)

    def request_finality(self, justification: Justification) -> bool:
        proofs.verify(justification, voters(self.count))
        self.finalized.append(justification)
        self.tree.finalize(justification.commit.target_hash)
        self.voter.on_chain_change()
        return True

    def add(self, node: Node) -> None:
        self.tree.insert(node)
        self.voter.on_chain_change()

    def hear(self, message: GossipMessage) -> Verdict:
        return self.voter.on_message(encode(Envelope(0, message), Envelope), "peer")

    def hear_votes(self, kind: type[Message], node: Node, *keys: Key, round_number: int = 1):
        for key in keys:
            message = kind(node.hash, node.number)
            vote = VoteMessage(round_number, 0, signed(key, message, round_number))
            assert self.hear(vote) is Verdict.ACCEPT

    def votes(self, kind: type[Message] = Prevote) -> list[tuple[int, int]]:
        """Return (round, height) of every own vote of that kind that was sent."""
        own = [] if self.key is None else self.votes_of(self.key)
        return [
            (each.round, each.message.message.target_number)
            for each in own
            if isinstance(each.message.message, kind)
        ]

    def votes_of(self, caster: Key) -> list[VoteMessage]:
        """Return what was sent of the votes of one key."""
        votes = (each for each in self.sent if isinstance(each, VoteMessage))
        return [vote for vote in votes if vote.message.id == caster.public]

    def of(self, kind: type[GossipMessage]) -> list[GossipMessage]:
        return [each for each in self.sent if isinstance(each, kind)]


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bench.voter.run)
        yield bench
        nursery.cancel_scope.cancel()


async def settle() -> None:
    """Let the voter do all it can do now."""
    await wait_all_tasks_blocked()


def catch_up(node: Node, round_number: int) -> CatchUp:
    prevotes, precommits = [], []
    for key in KEYS[1:]:
        one = signed(key, Prevote(node.hash, node.number), round_number)
        two = signed(key, Precommit(node.hash, node.number), round_number)
        prevotes.append(SignedPrevote(one.message, one.signature, one.id))
        precommits.append(SignedPrecommit(two.message, two.signature, two.id))
    return CatchUp(0, round_number, tuple(prevotes), tuple(precommits), node.hash, node.number)


def commit(node: Node, round_number: int) -> CommitMessage:
    box = Ballots()
    for key in KEYS[1:]:
        box.add(signed(key, Precommit(node.hash, node.number), round_number))
    tree, _ = tree_of("")
    ref = BlockRef(node.hash, node.number)
    return proofs.compact(proofs.build(round_number, ref, box, voters(), tree), 0)


async def test_a_lone_voter_finalizes_every_head_at_once(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree, count=1)) as bench:
        await settle()
        assert tree.root == nodes["ab"]
        bench.add(child(nodes["ab"]))
        await settle()
        assert tree.root.number == 3
        assert [each.round for each in bench.finalized] == [1, 2]


async def test_three_of_four_finalize_without_waiting_for_timers(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:3])
        bench.hear_votes(Precommit, nodes["ab"], *KEYS[1:3])
        await settle()
        assert (bench.votes(), bench.votes(Precommit)) == ([(1, 2)], [(1, 2)])
        assert tree.root == nodes["ab"]
        assert trio.current_time() == pytest.approx(0.0, abs=0.1)


async def test_a_vote_is_saved_before_it_is_sent(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:3])
        await settle()
        assert bench.saves_when_sent == [1, 2]


async def test_a_restarted_voter_repeats_its_vote_and_casts_no_other(autojump_clock) -> None:
    tree, _ = tree_of("ab")
    async with running(Bench(tree)) as bench:
        await settle()
        before = bench.of(VoteMessage)
    other, _ = tree_of("xyz", "ab")
    assert other.best.number == 3
    async with running(Bench(other, store=bench.store)) as again:
        await trio.sleep(60)
        assert set(map(repr, again.of(VoteMessage))) == set(map(repr, before))
        assert again.votes()[0] == (1, 2)


async def test_a_quiet_chain_needs_no_votes(autojump_clock) -> None:
    tree, _ = tree_of("")
    async with running(Bench(tree)) as bench:
        await trio.sleep(100)
        assert bench.sent == []


async def test_votes_are_repeated_less_and_less_often(autojump_clock) -> None:
    tree, _ = tree_of("a")
    async with running(Bench(tree)) as bench:
        await trio.sleep(1000)
        assert 60 < len(bench.votes()) < 70


async def test_a_late_voter_hears_the_votes_of_the_round_before_again(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:3])
        bench.hear_votes(Precommit, nodes["ab"], *KEYS[1:3])
        await trio.sleep(100)
        assert (bench.voter.round, bench.votes()) == (2, [(1, 2)])
        bench.hear_votes(Prevote, nodes["a"], KEYS[3])
        await trio.sleep(100)
        assert bench.votes() == [(1, 2), (1, 2)]


async def test_two_votes_of_one_voter_are_reported_once(autojump_clock) -> None:
    tree, nodes = tree_of("a", "b")
    async with running(Bench(tree)) as bench:
        for name in ("a", "b"):
            bench.hear_votes(Prevote, nodes[name], KEYS[1])
        await settle()
        assert [report.equivocation.identity for report in bench.reports] == [KEYS[1].public]


async def test_a_commit_finalizes_even_for_an_observer(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree, key=None)) as bench:
        assert bench.hear(commit(nodes["ab"], 7)) is Verdict.ACCEPT
        await settle()
        assert (tree.root, bench.voter.round, bench.sent) == (nodes["ab"], 8, [])


async def test_a_commit_for_an_unknown_block_waits_for_it_and_asks_for_it(autojump_clock) -> None:
    tree, nodes = tree_of("a")
    unknown = child(nodes["a"], "ab")
    async with running(Bench(tree)) as bench:
        bench.hear(commit(unknown, 1))
        await trio.sleep(10)
        assert (tree.root.number, bench.wanted) == (0, {2})
        bench.add(unknown)
        await settle()
        assert tree.root == unknown


async def test_the_first_to_finalize_tells_the_others_unless_it_was_told(autojump_clock) -> None:
    for told in (False, True):
        tree, nodes = tree_of("ab")
        async with running(Bench(tree)) as bench:
            bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:3])
            bench.hear_votes(Precommit, nodes["ab"], *KEYS[1:3])
            await settle()
            assert bench.of(CommitMessage) == []
            if told:
                assert bench.hear(commit(nodes["ab"], 1)) is Verdict.ACCEPT
            await trio.sleep(10)
            commits = bench.of(CommitMessage)
            assert len(commits) == (0 if told else 1)


async def test_who_falls_behind_asks_and_joins_the_round_of_the_others(autojump_clock) -> None:
    tree, nodes = tree_of("abc")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], KEYS[1], round_number=9)
        await settle()
        assert bench.of(CatchUpRequest) == [CatchUpRequest(1, 0)]
        bench.hear(catch_up(nodes["a"], 8))
        await trio.sleep(5)
        assert bench.voter.round == 9
        assert tree.root == nodes["a"]
        assert (9, 3) in bench.votes()


async def test_who_lacks_a_vote_of_a_dead_voter_asks_those_who_went_on_with_it(
    autojump_clock,
) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], KEYS[1])
        bench.hear_votes(Prevote, nodes["ab"], KEYS[1], round_number=2)
        await settle()
        assert bench.of(CatchUpRequest) == []
        await trio.sleep(5)
        assert bench.of(CatchUpRequest) == [CatchUpRequest(1, 0)]
        bench.hear(catch_up(nodes["ab"], 1))
        await settle()
        assert (tree.root, bench.voter.round) == (nodes["ab"], 2)


async def test_a_catch_up_for_unknown_blocks_waits_for_them(autojump_clock) -> None:
    tree, nodes = tree_of("a")
    unknown = child(nodes["a"], "ab")
    async with running(Bench(tree)) as bench:
        bench.hear(catch_up(unknown, 8))
        await trio.sleep(5)
        assert bench.wanted == {unknown.number}
        await settle()
        assert bench.voter.round == 1
        bench.add(unknown)
        await settle()
        assert bench.voter.round == 9


async def test_a_voter_helps_who_fell_behind(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:])
        bench.hear_votes(Precommit, nodes["ab"], *KEYS[1:])
        await settle()
        assert bench.voter.round == 2
        bench.hear(CatchUpRequest(1, 0))
        await trio.sleep(10)
        answer = bench.of(CatchUp)
        assert [(each.round, len(each.precommits)) for each in answer] == [(1, 4)]


async def test_a_primary_names_what_the_last_round_may_have_finalized(autojump_clock) -> None:
    tree, nodes = tree_of("abc")
    async with running(Bench(tree, key=KEYS[2], store=remembering(KEYS[2]))) as bench:
        for key, name in zip(KEYS[:2], ("ab", "ab"), strict=True):
            bench.hear_votes(Prevote, nodes[name], key)
        bench.hear_votes(Precommit, nodes["ab"], KEYS[0])
        bench.hear_votes(Precommit, nodes["a"], KEYS[1])
        await trio.sleep(50)
        assert (tree.root, bench.voter.round) == (nodes["a"], 2)
        assert bench.votes(PrimaryPropose)[0] == (2, 2)


def test_signed_messages_are_whole_values() -> None:
    vote = signed(KEYS[0], Prevote(bytes(32), 1))
    assert decode(encode(vote, SignedMessage), SignedMessage) == vote
