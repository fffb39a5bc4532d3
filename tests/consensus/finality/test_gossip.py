from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.gossip import MAX_MESSAGE_BYTES, Gate, Verdict, Window
from consensus.finality.tally import Ballots
from consensus.finality.vote import (
    CatchUp,
    CatchUpRequest,
    CommitMessage,
    Envelope,
    GossipMessage,
    Precommit,
    Prevote,
    SignedPrecommit,
    SignedPrevote,
    VoteMessage,
)
from runtime.primitives.scale import encode
from tests.consensus.support import KEYS, Key, signed, tree_of, voters

TREE, NODES = tree_of("ab")
B = NODES["ab"]
WINDOW = Window(round=5, final=0)
ACCEPT, IGNORE, REJECT = Verdict.ACCEPT, Verdict.IGNORE, Verdict.REJECT


@dataclass
class Clock:
    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds


def gate(clock: Clock | None = None, others: list[int] | None = None) -> Gate:
    heard = [] if others is None else others
    return Gate(voters(), (clock or Clock()).now, 1.0, heard.append)


def payload(message: GossipMessage, attempt: int = 0) -> bytes:
    return encode(Envelope(attempt, message), Envelope)


def vote(key: Key, round_number: int = 5, target: bytes = B.hash) -> VoteMessage:
    return VoteMessage(round_number, 0, signed(key, Prevote(target, 2), round_number))


def commit(count: int = 3, round_number: int = 5) -> CommitMessage:
    box = Ballots()
    for key in KEYS[:count]:
        box.add(signed(key, Precommit(B.hash, 2), round_number))
    ref = BlockRef(B.hash, 2)
    few = voters(count)
    return proofs.compact(proofs.build(round_number, ref, box, few, TREE), 0)


def catch_up(count: int = 3, round_number: int = 5) -> CatchUp:
    prevotes, precommits = [], []
    for key in KEYS[:count]:
        one = signed(key, Prevote(B.hash, 2), round_number)
        two = signed(key, Precommit(B.hash, 2), round_number)
        prevotes.append(SignedPrevote(one.message, one.signature, one.id))
        precommits.append(SignedPrecommit(two.message, two.signature, two.id))
    return CatchUp(0, round_number, tuple(prevotes), tuple(precommits), B.hash, 2)


@pytest.mark.parametrize("message", [vote(KEYS[0]), commit(), catch_up(), CatchUpRequest(5, 0)])
def test_good_messages_are_accepted_and_repeats_only_after_a_while(message) -> None:
    clock = Clock()
    door = gate(clock)
    assert door.judge(payload(message, 0), WINDOW) == (ACCEPT, message)
    assert door.judge(payload(message, 1), WINDOW) == (IGNORE, None)
    clock.seconds = 1.0
    assert door.judge(payload(message, 2), WINDOW) == (ACCEPT, message)


@given(st.binary(max_size=400))
def test_garbage_is_rejected(raw: bytes) -> None:
    assert gate().judge(b"\xff" + raw, WINDOW)[0] is not ACCEPT


def test_oversized_messages_are_rejected_unread() -> None:
    assert gate().judge(bytes(MAX_MESSAGE_BYTES + 1), WINDOW) == (REJECT, None)


@pytest.mark.parametrize(
    "message",
    [
        VoteMessage(5, 0, signed(Key(b"\x09" * 32), Prevote(B.hash, 2), 5)),
        replace(vote(KEYS[0]), message=signed(KEYS[0], Prevote(B.hash, 2), 4)),
        commit(count=2),
        replace(commit(), round=6),
        replace(commit(), message=replace(commit().message, auth_data=())),
        catch_up(count=2),
        replace(catch_up(), round=6),
        replace(catch_up(), precommits=catch_up().precommits + catch_up().precommits[:1]),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_no_honest_node_sends_is_rejected(message) -> None:
    assert gate().judge(payload(message), WINDOW) == (REJECT, None)


@pytest.mark.parametrize(
    ("message", "window"),
    [
        (vote(KEYS[0], 3), WINDOW),
        (commit(), Window(round=5, final=3)),
        (catch_up(round_number=2), WINDOW),
        (CatchUpRequest(6, 0), WINDOW),
        (replace(vote(KEYS[0]), set_id=1), WINDOW),
    ],
)
def test_what_is_of_no_use_is_dropped_without_blame(message, window: Window) -> None:
    assert gate().judge(payload(message), window) == (IGNORE, None)


def test_a_voter_gets_two_votes_per_stage_through_and_no_third() -> None:
    door = gate()
    verdicts = [
        door.judge(payload(vote(KEYS[0], target=bytes([n]) * 32)), WINDOW)[0] for n in range(3)
    ]
    assert verdicts == [ACCEPT, ACCEPT, IGNORE]


def test_a_voter_may_speak_of_far_rounds_only_now_and_then() -> None:
    clock = Clock()
    door = gate(clock)
    verdicts = [door.judge(payload(vote(KEYS[0], n)), WINDOW)[0] for n in (6, 7, 8)]
    clock.seconds = 1.0
    verdicts.append(door.judge(payload(vote(KEYS[0], 9)), WINDOW)[0])
    assert verdicts == [ACCEPT, ACCEPT, IGNORE, ACCEPT]
