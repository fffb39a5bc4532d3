"""A voter that remembers no vote: it is silent until it cannot have voted, and no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from consensus.finality import record as records
from consensus.finality.ghost import BlockRef
from consensus.finality.gossip import Verdict
from consensus.finality.listening import LISTEN
from consensus.finality.record import MARGIN_SLOTS, Memory, Voice
from consensus.finality.round import Round, at_root
from consensus.finality.vote import (
    Acquaintance,
    Greeting,
    Message,
    Precommit,
    Prevote,
    SignedMessage,
    VoteMessage,
    greeting_payload,
)
from consensus.fork_tree import ForkTree, Node
from tests.consensus.finality.test_handovers import block
from tests.consensus.finality.test_voter import Bench, Store, catch_up, running, settle
from tests.consensus.support import KEYS, Key, genesis_node, signed, tree_of

NOBODY, YOUNG, OLD = (), (0, 0, 0), (0, 9, 0)
"""What the peers of a voter say is final."""

FOREVER = 500
"""Seconds, many times what any timer of a voter takes."""

OURS = tuple((key.public, 1) for key in KEYS)
CHAIN = "abcdefghij"


def forgetful(tree: ForkTree, peers_final: tuple[int, ...] = YOUNG, slot: int = 0) -> Bench:
    """Return a voter on an empty disk that starts in a slot."""
    return Bench(tree, store=Store(), peers_final=peers_final, started_in_slot=slot)


async def decide(bench: Bench, node: Node, round_number: int) -> None:
    """Let the three others vote for a block in a round."""
    bench.hear_votes(Prevote, node, *KEYS[1:], round_number=round_number)
    bench.hear_votes(Precommit, node, *KEYS[1:], round_number=round_number)
    await settle()


def said_by(key: Key, set_id: int, has_begun: bool, whom: tuple[Acquaintance, ...]) -> Greeting:
    """Return a signed greeting."""
    signature = key.sign(greeting_payload(set_id, has_begun, whom))
    return Greeting(set_id, key.public, has_begun, whom, signature)


def greet(
    bench: Bench, *keys: Key, us: int | None = None, has_begun: bool = False, since: int = 0
) -> None:
    """Let others say whom they know: themselves since a slot, and us, if `us` is a slot."""
    for key in keys:
        whom = (Acquaintance(key.public, since),)
        if us is not None:
            whom = (*whom, Acquaintance(KEYS[0].public, us))
        assert bench.hear(said_by(key, bench.set_id, has_begun, whom)) is Verdict.ACCEPT


def known(bench: Bench) -> dict[Key, int]:
    """Return whom a voter has on its disk since when, the same that it said last."""
    on_disk = read(bench.store).known
    (*_, said) = bench.of(Greeting)
    assert isinstance(said, Greeting)
    assert said.known == on_disk
    return {key: since for key in KEYS if (since := said.since_of(key.public)) is not None}


# A set in which we may have voted


async def test_it_votes_from_the_second_round_after_one_in_which_others_voted_for_new_blocks(
    autojump_clock,
) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    async with running(forgetful(tree, OLD, slot=1)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        await decide(bench, nodes["abc"], 1)
        await decide(bench, nodes["abcd"], 2)
        await trio.sleep(FOREVER)
        assert (bench.voter.round, bench.votes()) == (3, [])
        await decide(bench, nodes["abcde"], 3)
        assert bench.votes()[:1] == [(4, 10)], "the blocks of slots above 1 + 2 begin at d"


def test_a_new_block_is_more_than_the_margin_above_the_start() -> None:
    genesis = genesis_node()
    new = [slot for slot in range(10) if Memory(3).has(replace(genesis, slot=slot))]
    assert new == list(range(3 + MARGIN_SLOTS + 1, 10))


async def test_old_votes_said_again_do_not_make_it_vote(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    async with running(forgetful(tree, OLD, slot=8)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        bench.hear(catch_up(nodes["ab"], 8))
        await settle()
        for round_number, name in enumerate(("abc", "abcd", "abcde", "abcdef"), 9):
            await decide(bench, nodes[name], round_number)
        await trio.sleep(FOREVER)
        assert (bench.voter.round, bench.votes()) == (13, [])


async def test_a_catch_up_of_new_votes_says_as_much_as_the_votes(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    async with running(forgetful(tree, OLD, slot=1)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        bench.hear(catch_up(nodes["abcd"], 8))
        await trio.sleep(FOREVER)
        assert (bench.voter.round, bench.votes()) == (9, [])
        await decide(bench, nodes["abcde"], 9)
        assert bench.votes()[:1] == [(10, 10)]


async def test_two_of_four_that_voted_for_new_blocks_prove_nothing(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    async with running(forgetful(tree, OLD, slot=1)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        bench.hear_votes(Prevote, nodes["abcd"], *KEYS[1:3])
        bench.hear_votes(Prevote, nodes["ab"], KEYS[3])
        await settle()
        assert read(bench.store).votes_from is None
        bench.hear_votes(Precommit, nodes["abcd"], KEYS[3])
        await settle()
        assert read(bench.store).votes_from == 3


async def test_what_it_learned_is_on_disk_before_it_votes_and_a_restart_agrees(
    autojump_clock,
) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    bench = forgetful(tree, OLD, slot=1)
    async with running(bench):
        greet(bench, *KEYS[1:3], us=0)
        await decide(bench, nodes["abcd"], 1)
        assert (read(bench.store).votes_from, bench.votes()) == (3, [])
    async with running(Bench(tree, store=bench.store, started_in_slot=99)) as again:
        await decide(again, nodes["abcde"], 2)
        assert again.votes()[:1] == [(3, 10)]


async def test_who_restarts_while_it_listens_goes_on_listening(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    bench = forgetful(tree, OLD, slot=4)
    async with running(bench):
        await decide(bench, nodes["ab"], 1)
    assert (read(bench.store).round, read(bench.store).votes_from) == (2, None)
    async with running(Bench(tree, store=bench.store, started_in_slot=9)) as again:
        await trio.sleep(FOREVER)
        assert again.votes() == []


# A voter that needs nobody to decide


async def test_alone_it_decides_at_once(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree, count=1, store=Store())) as bench:
        await settle()
        assert (tree.root, bench.votes()) == (nodes["ab"], [(1, 2)])


async def test_alone_it_takes_back_from_its_peers_what_it_had_decided(autojump_clock) -> None:
    tree, nodes = tree_of("abc")
    bench = Bench(tree, count=1, store=Store(), peers_final=(2,))
    async with running(bench):
        await trio.sleep(FOREVER)
        assert bench.votes() == []
        tree.finalize(nodes["ab"].hash)
        bench.voter.on_chain_change()
        await trio.sleep(LISTEN + 2)
        assert tree.root == nodes["abc"]


# Changes of the set


def handed_over() -> ForkTree:
    """Return a chain whose third block, of slot 3, changes the voters."""
    tree = ForkTree(genesis_node())
    parent = tree.root
    for number in range(1, 6):
        parent = block(parent, number, OURS if number == 3 else None)
        tree.insert(parent)
    return tree


@pytest.mark.parametrize(("started_in_slot", "votes"), [(0, [(1, 5)]), (1, [])])
async def test_in_a_set_that_began_after_its_start_it_votes_at_once(
    autojump_clock, started_in_slot: int, votes: list[tuple[int, int]]
) -> None:
    tree = handed_over()
    async with running(forgetful(tree, OLD, slot=started_in_slot)) as bench:
        await settle()
        changing = next(node for node in tree.path_down(tree.best.hash) if node.number == 3)
        tree.finalize(changing.hash)
        bench.voter.on_chain_change()
        await trio.sleep(3)
        assert bench.votes()[:1] == votes


async def test_a_final_block_in_the_middle_of_a_set_is_no_beginning(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["abcdef"].hash)
    async with running(forgetful(tree, OLD, slot=1)) as bench:
        await trio.sleep(FOREVER)
        assert bench.votes() == []


def saved(
    set_id: int,
    votes_from: int | None = 1,
    own: tuple[SignedMessage, ...] = (),
    voter: Key = KEYS[0],
) -> Store:
    """Return the disk of a voter in round 5 of a set."""
    tree, _ = tree_of("")
    root = BlockRef(tree.root.hash, 0)
    rounds = Round(5, root), Round(4, root, settled=at_root(tree))
    voice = Voice(voter.public, list(own), votes_from)
    return Store(records.record_of(set_id, *rounds, voice))


def read(store: Store) -> records.VoterRecord:
    assert store.record is not None
    return records.read_record(store.record)


OTHERS = (signed(KEYS[1], Prevote(bytes(32), 1), 5, 3),)


@pytest.mark.parametrize(
    ("store", "votes"),
    [
        (saved(2), [(1, 2)]),
        (saved(2, votes_from=9), [(1, 2)]),
        (saved(2, votes_from=None), []),
        (saved(3), [(5, 2)]),
        (saved(3, votes_from=None), []),
        (saved(3, own=OTHERS, voter=KEYS[1]), []),
        (saved(3, voter=KEYS[1]), []),
        (saved(4), []),
    ],
    ids=[
        "down over a change of the set",
        "down over it after it had lost its disk before that",
        "listening when it went down",
        "the set at hand",
        "listening in it",
        "a disk of another voter",
        "a disk of another voter that had not voted in its round",
        "of a set that is not there yet",
    ],
)
async def test_a_record_tells_whether_the_disk_knows_of_every_vote(
    autojump_clock, store: Store, votes: list[tuple[int, int]]
) -> None:
    tree, nodes = tree_of("ab")
    tree.finalize(nodes["a"].hash)
    bench = Bench(tree, store=Store(store.record), started_in_slot=9, peers_final=OLD, set_id=3)
    async with running(bench):
        await trio.sleep(3)
        assert bench.votes()[:1] == votes


@pytest.mark.parametrize("set_id", [2, 3])
async def test_who_finds_the_record_of_another_voter_says_so(autojump_clock, set_id: int) -> None:
    tree, _ = tree_of("ab")
    for voter in KEYS[:2]:
        bench = Bench(tree, store=saved(3, voter=voter), set_id=set_id)
        told = [(KEYS[0].public, KEYS[1].public)] if (voter, set_id) == (KEYS[1], 3) else []
        assert bench.strangers == told


async def test_who_finds_the_record_of_another_voter_greets_like_on_an_empty_disk(
    autojump_clock,
) -> None:
    tree, _ = tree_of("ab")
    async with running(Bench(tree, store=saved(0, voter=KEYS[1]), peers_final=YOUNG)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        await trio.sleep(LISTEN)
        assert isinstance(bench.sent[0], Greeting)
        assert bench.votes()[:1] == [(1, 2)]


def ours(bench: Bench, kind: type[Message]) -> VoteMessage:
    """Return the first vote of that kind that was sent."""
    votes = (each for each in bench.sent if isinstance(each, VoteMessage))
    return next(each for each in votes if isinstance(each.message.message, kind))
