"""Rounds that wait for a vote whose caster is gone: whoever keeps the vote says it again."""

from __future__ import annotations

import trio

from consensus.finality.relay import Relay
from consensus.finality.vote import CommitMessage, Precommit, Prevote, VoteMessage
from tests.consensus.finality.test_voter import Bench, remembering, running, settle
from tests.consensus.support import KEYS, signed, tree_of

ALICE, BOB, CAROL, DAVE = KEYS


async def pass_on(source: Bench, target: Bench, seconds: int) -> None:
    """Let one voter hear, for some time, the votes that another sends."""
    passed = 0
    for _ in range(seconds):
        await trio.sleep(1)
        for message in source.sent[passed:]:
            if isinstance(message, VoteMessage):
                target.hear(message)
        passed = len(source.sent)


async def test_a_round_ends_though_a_vote_was_heard_by_one_that_restarted_and_its_caster_is_gone(
    autojump_clock,
) -> None:
    tree, nodes = tree_of("abc", "ax")
    alice = Bench(tree)
    async with running(alice):
        alice.hear_votes(Prevote, nodes["abc"], BOB, DAVE)
        await settle()
        assert alice.votes(Precommit) == [(1, 3)], "it rests on what Dave voted"
    bobs, _ = tree_of("abc", "ax")
    again = Bench(tree, store=alice.store)
    bob = Bench(bobs, key=BOB, store=remembering(BOB))
    async with running(bob), running(again):
        bob.hear_votes(Prevote, nodes["abc"], ALICE)
        bob.hear_votes(Prevote, nodes["ax"], CAROL)
        await trio.sleep(5)
        assert bob.votes(Precommit)[:1] == [(1, 1)], "Dave's vote did not reach Bob"
        bob.hear_votes(Precommit, nodes["a"], CAROL)
        await pass_on(again, bob, seconds=60)
        assert bob.voter.round == 2


async def test_who_repeats_its_votes_itself_needs_nobody_for_it(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        for _ in range(60):
            bench.hear_votes(Prevote, nodes["ab"], BOB)
            await trio.sleep(1)
        assert bench.votes_of(BOB) == []
        await trio.sleep(60)
        assert {vote.message for vote in bench.votes_of(BOB)} == {
            signed(BOB, Prevote(nodes["ab"].hash, 2))
        }


async def test_an_observer_repeats_nothing(autojump_clock) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree, key=None)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], BOB)
        await trio.sleep(100)
        assert bench.sent == []


async def test_a_voter_that_lags_hears_a_vote_of_the_round_before_whose_caster_is_gone(
    autojump_clock,
) -> None:
    tree, nodes = tree_of("ab")
    async with running(Bench(tree)) as bench:
        bench.hear_votes(Prevote, nodes["ab"], *KEYS[1:])
        bench.hear_votes(Precommit, nodes["ab"], *KEYS[1:])
        await settle()
        assert (bench.voter.round, len(bench.of(CommitMessage))) == (2, 0)
        for _ in range(60):
            bench.hear_votes(Prevote, nodes["a"], CAROL)
            await trio.sleep(1)
        stages = {type(vote.message.message) for vote in bench.votes_of(DAVE)}
        assert stages == {Prevote, Precommit}


def test_a_vote_is_due_when_nobody_said_it_since_the_last_look() -> None:
    _, nodes = tree_of("a")
    one, other = (
        VoteMessage(1, 0, signed(key, Prevote(nodes["a"].hash, 1))) for key in (BOB, CAROL)
    )
    relay = Relay()
    assert relay.due([one, other]) == []
    relay.hear(one)
    assert relay.due([one, other]) == [other]
    assert relay.due([one, other]) == [one, other]
    relay.restart()
    assert relay.due([one, other]) == []
