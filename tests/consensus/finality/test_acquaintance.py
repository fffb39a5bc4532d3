"""Voters of a chain's first set: none votes before enough know it, since one slot for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from consensus.finality.gossip import Gate, Verdict, Window
from consensus.finality.listening import LISTEN
from consensus.finality.vote import Acquaintance, Envelope, Greeting, Prevote
from consensus.fork_choice import Record
from consensus.fork_tree import ForkTree, Node
from runtime.primitives.scale import encode
from tests.consensus.finality.test_listening import (
    CHAIN,
    FOREVER,
    NOBODY,
    OLD,
    YOUNG,
    decide,
    forgetful,
    greet,
    known,
    ours,
    said_by,
)
from tests.consensus.finality.test_voter import Bench, Store, commit, running, settle
from tests.consensus.support import KEYS, Key, child, genesis_node, tree_of, voters


async def test_on_a_young_chain_it_greets_and_votes_once_enough_know_it(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(forgetful(tree)) as bench:
        greet(bench, *KEYS[1:3])
        await trio.sleep(1)
        greet(bench, KEYS[1], us=0)
        await trio.sleep(1)
        assert bench.votes() == []
        greet(bench, KEYS[2], us=0)
        await settle()
        first = bench.sent.index(ours(bench, Prevote))
        assert bench.votes()[0] == (1, 2)
        assert bench.saves_when_sent[first] == bench.saves_when_sent[first - 1] + 2
        await decide(bench, nodes["ab"], 1)
        assert (tree.root.number, bench.voter.round) == (2, 2)


async def test_whom_it_says_it_knows_is_on_disk_before_and_stays_so(autojump_clock) -> None:
    tree, _ = tree_of("")
    bench = forgetful(tree, slot=7)
    async with running(bench):
        greet(bench, *KEYS[1:3])
        await trio.sleep(LISTEN)
        assert known(bench) == {KEYS[0]: 7, KEYS[1]: 0, KEYS[2]: 0}
        assert bench.saves_when_sent == list(range(1, len(bench.sent) + 1))
    again = Bench(tree, store=Store(bench.store.record), started_in_slot=9, peers_final=YOUNG)
    async with running(again):
        greet(again, KEYS[1], since=5)
        greet(again, KEYS[3], since=5)
        await trio.sleep(LISTEN)
        assert known(again) == {KEYS[0]: 7, KEYS[1]: 0, KEYS[2]: 0, KEYS[3]: 5}


async def test_who_is_known_since_an_earlier_slot_has_had_another_disk(autojump_clock) -> None:
    tree, _ = tree_of("abcdef")
    async with running(forgetful(tree, slot=3)) as bench:
        greet(bench, *KEYS[1:3], us=2)
        greet(bench, KEYS[3], us=3)
        await trio.sleep(FOREVER)
        assert bench.votes() == []


async def test_it_votes_when_the_slot_it_began_in_is_over(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(forgetful(tree, slot=2)) as bench:
        greet(bench, *KEYS[1:], us=2)
        await trio.sleep(FOREVER)
        assert bench.votes() == []
        bench.add(child(nodes["ab"]))
        await settle()
        assert bench.votes() == [(1, 3)]


async def test_when_something_is_final_only_who_may_vote_can_tell_that_it_is_new(
    autojump_clock,
) -> None:
    for only_begun in (False, True):
        tree, nodes = tree_of("abcd")
        tree.finalize(nodes["a"].hash)
        async with running(forgetful(tree, OLD)) as bench:
            greet(bench, *KEYS[1:3], us=0, has_begun=only_begun)
            await trio.sleep(FOREVER)
            assert bench.votes()[:1] == ([(1, 4)] if only_begun else [])


async def test_votes_for_new_blocks_are_not_enough_while_nobody_knows_it(autojump_clock) -> None:
    tree, nodes = tree_of(CHAIN)
    tree.finalize(nodes["a"].hash)
    async with running(forgetful(tree, OLD, slot=1)) as bench:
        await decide(bench, nodes["abcd"], 1)
        await decide(bench, nodes["abcde"], 2)
        greet(bench, *KEYS[1:])
        await trio.sleep(FOREVER)
        assert bench.votes() == []
        greet(bench, *KEYS[1:3], us=0)
        await settle()
        await decide(bench, nodes["abcdef"], 3)
        assert bench.votes()[:1] == [(4, 10)]


async def test_a_chain_that_begins_in_the_place_of_another_is_young_there(autojump_clock) -> None:
    header = replace(genesis_node().header, number=100)
    tree = ForkTree(Node(header, Record(0, 0, 100, header.hash), 0))
    tree.insert(child(tree.root))
    bench = Bench(tree, store=Store(), peers_final=(100, 100), set_id=8)
    async with running(bench):
        greet(bench, *KEYS[1:3], us=0)
        await trio.sleep(1)
        assert bench.votes()[:1] == [(1, 101)]


async def test_without_peers_it_is_silent(autojump_clock) -> None:
    tree, _ = tree_of("ab")
    async with running(forgetful(tree, NOBODY)) as bench:
        await trio.sleep(FOREVER)
        assert bench.sent == []
        bench.peers_final = YOUNG
        await trio.sleep(2)
        assert len(bench.of(Greeting)) == 1


@pytest.mark.parametrize("sign", ["a peer", "its own vote", "a commit"])
async def test_a_sign_that_the_chain_is_not_young_keeps_it_silent(
    autojump_clock, sign: str
) -> None:
    tree, nodes = tree_of("abc")
    async with running(forgetful(tree, OLD if sign == "a peer" else YOUNG)) as bench:
        if sign == "its own vote":
            bench.hear_votes(Prevote, nodes["a"], KEYS[0])
        if sign == "a commit":
            bench.hear(commit(nodes["a"], 1))
        await settle()
        greet(bench, *KEYS[1:], us=0)
        await trio.sleep(FOREVER)
        assert bench.votes() == []


async def test_who_may_vote_answers_a_greeting_but_does_not_greet_unasked(autojump_clock) -> None:
    tree, _ = tree_of("ab")
    async with running(forgetful(tree)) as bench:
        greet(bench, *KEYS[1:3], us=0)
        await trio.sleep(LISTEN + 1)
        before = len(bench.of(Greeting))
        greet(bench, KEYS[1], us=0, has_begun=True)
        await trio.sleep(100)
        assert len(bench.of(Greeting)) == before
        greet(bench, KEYS[3])
        await trio.sleep(1)
        greet(bench, KEYS[2], us=0)
        await trio.sleep(1)
        (answer,) = bench.of(Greeting)[before:]
        assert isinstance(answer, Greeting)
        assert (answer.has_begun, answer.since_of(KEYS[3].public)) == (True, 0)


async def test_in_a_later_set_nobody_greets(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    tree.finalize(nodes["a"].hash)
    bench = Bench(tree, store=Store(), peers_final=OLD, set_id=3)
    async with running(bench):
        greet(bench, *KEYS[1:], us=0, has_begun=True)
        await trio.sleep(FOREVER)
        assert bench.sent == []


@pytest.mark.parametrize("fault", ["signature", "itself", "twice", "stranger"])
def test_a_bad_greeting_is_refused(autojump_clock, fault: str) -> None:
    whom = (Acquaintance(KEYS[1].public, 0), Acquaintance(KEYS[2].public, 0))
    stranger = Acquaintance(Key(bytes(32)).public, 0)
    whom = {"itself": whom[1:], "twice": whom + whom[:1], "stranger": (*whom, stranger)}.get(
        fault, whom
    )
    greeting = said_by(KEYS[1], 0, False, whom)
    if fault == "signature":
        greeting = replace(greeting, has_begun=True)
    gate = Gate(voters(), lambda: 0.0, 0.5, lambda set_id: None)
    payload = encode(Envelope(0, greeting), Envelope)
    assert gate.judge(payload, Window(1, 0)) == (Verdict.REJECT, None)
