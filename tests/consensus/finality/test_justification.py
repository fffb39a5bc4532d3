from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.errors import BadJustification
from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.tally import Ballots
from consensus.finality.vote import Justification, Precommit
from tests.consensus.support import KEYS, signed, tree_of, voters

TREE, NODES = tree_of("abcd", "abx", "y")
A = BlockRef(NODES["a"].hash, 1)


def ballots(*votes: tuple[int, str]) -> Ballots:
    box = Ballots()
    for voter, name in votes:
        box.add(signed(KEYS[voter], Precommit(NODES[name].hash, NODES[name].number)))
    return box


def proof(*votes: tuple[int, str]) -> Justification:
    return proofs.build(1, A, ballots(*votes), voters(), TREE)


def test_votes_above_the_target_bring_their_headers() -> None:
    made = proof((0, "abc"), (1, "abx"), (2, "a"), (3, "y"))
    names = {NODES[name].header for name in ("ab", "abc", "abx")}
    assert set(made.votes_ancestries) == names
    assert [vote.id for vote in made.commit.precommits] == [key.public for key in KEYS[:3]]
    proofs.verify(made, voters())
    assert proofs.decoded(proofs.encoded(made)) == made


def test_an_equivocator_counts_with_both_its_votes() -> None:
    made = proof((0, "a"), (1, "a"), (2, "y"), (2, "abx"))
    assert len(made.commit.precommits) == 4
    proofs.verify(made, voters())


def test_too_few_votes_prove_nothing() -> None:
    with pytest.raises(BadJustification, match="wanted a weight of 3, got 2"):
        proof((0, "abc"), (1, "a"), (2, "y"), (3, ""))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda votes: votes[:2], "weight of 3, got 2"),
        (lambda votes: (*votes, votes[0]), "listed 2 times"),
        (lambda votes: (*votes[:2], replace(votes[2], id=bytes(32))), "is no voter"),
        (lambda votes: (*votes[:2], replace(votes[2], id=KEYS[3].public)), "wrong signature"),
    ],
)
def test_a_changed_list_of_votes_is_refused(change, reason: str) -> None:
    made = proof((0, "a"), (1, "a"), (2, "a"))
    commit = replace(made.commit, precommits=change(made.commit.precommits))
    with pytest.raises(BadJustification, match=reason):
        proofs.verify(replace(made, commit=commit), voters())


def test_headers_must_connect_and_none_may_be_spare() -> None:
    made = proof((0, "abc"), (1, "a"), (2, "a"))
    headers = made.votes_ancestries
    for changed, reason in (
        (headers[1:], "no headers lead"),
        ((*headers, NODES["y"].header), "wanted 2 headers, got 3"),
        ((*headers, headers[0]), "listed twice"),
    ):
        with pytest.raises(BadJustification, match=reason):
            proofs.verify(replace(made, votes_ancestries=changed), voters())


def test_a_vote_with_a_wrong_number_neither_builds_nor_verifies() -> None:
    box = ballots((0, "a"), (1, "a"))
    box.add(signed(KEYS[2], Precommit(A.hash, 2)))
    with pytest.raises(BadJustification, match="got 2"):
        proofs.build(1, A, box, voters(), TREE)
    made = proof((0, "a"), (1, "a"), (2, "a"))
    votes = made.commit.precommits
    bad = replace(votes[0], precommit=Precommit(A.hash, 2))
    commit = replace(made.commit, precommits=(bad, *votes[1:]))
    with pytest.raises(BadJustification, match="wanted block number 1, got 2"):
        proofs.verify(replace(made, commit=commit), voters())


def test_a_commit_message_rebuilds_the_justification() -> None:
    made = proof((0, "abc"), (1, "abx"), (2, "a"))
    message = proofs.compact(made, set_id=0)
    assert proofs.from_commit(message, voters(), TREE) == made


def test_a_commit_with_a_missing_signature_is_refused() -> None:
    message = proofs.compact(proof((0, "a"), (1, "a"), (2, "a")), set_id=0)
    short = replace(message.message, auth_data=message.message.auth_data[:2])
    with pytest.raises(BadJustification, match="wanted 3 signatures, got 2"):
        proofs.from_commit(replace(message, message=short), voters(), TREE)


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_refused(raw: bytes) -> None:
    try:
        made = proofs.decoded(raw)
    except BadJustification:
        return
    assert proofs.encoded(made) == raw
