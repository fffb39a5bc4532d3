"""Rounds and finality proofs as clients ask for them."""

import pytest

from consensus.finality.ghost import BlockRef
from consensus.finality.round import Round
from consensus.finality.tally import VoterSet
from consensus.finality.vote import Precommit, Prevote, SignedMessage
from node.backend.finality import FinalityProof, GrandpaFinality
from node.rpc.backend import FinalityState, RoundState, RoundVotes
from runtime.primitives.scale import decode
from tests.node.backend_support import MemoryNode

ANNA, BERT, CARL, DORA = (bytes([number]) * 32 for number in range(1, 5))
VOTERS = VoterSet(3, ((ANNA, 1), (BERT, 1), (CARL, 1), (DORA, 2)))


class Rounds:
    """Two rounds."""

    voters = VOTERS

    def __init__(self, previous: int) -> None:
        base = BlockRef(bytes(32), 0)
        self.previous, self.current = Round(previous, base), Round(previous + 1, base)


def vote(round_: Round, voter: bytes, message: Prevote | Precommit) -> None:
    round_.add(SignedMessage(message, bytes(64), voter))


@pytest.fixture
def node() -> MemoryNode:
    node = MemoryNode()
    node.pass_blocks(6)
    return node


def hash_at(node: MemoryNode, number: int) -> bytes:
    found = node.chain.hash_at(number)
    assert found is not None
    return found


def test_votes_count_with_their_weight_and_the_missing_are_named(node):
    rounds = Rounds(previous=0)
    vote(rounds.current, ANNA, Prevote(b"1" * 32, 1))
    vote(rounds.current, DORA, Prevote(b"1" * 32, 1))
    vote(rounds.current, DORA, Prevote(b"2" * 32, 1))
    vote(rounds.current, CARL, Precommit(b"1" * 32, 1))
    finality = GrandpaFinality(node.chain, rounds)
    best = RoundState(1, 5, 4, RoundVotes(3, (BERT, CARL)), RoundVotes(1, (ANNA, BERT, DORA)))
    assert finality.rounds() == FinalityState(3, best)


def test_the_round_before_is_in_the_background(node):
    nothing = RoundVotes(0, (ANNA, BERT, CARL, DORA))
    state = GrandpaFinality(node.chain, Rounds(previous=4)).rounds()
    expected = [RoundState(number, 5, 4, nothing, nothing) for number in (5, 4)]
    assert state == FinalityState(3, expected[0], (expected[1],))


def test_without_a_voter_there_are_no_rounds(node):
    assert GrandpaFinality(node.chain).rounds() is None


def test_a_proof_is_the_next_justification_and_the_headers_up_to_it(node):
    finality = GrandpaFinality(node.chain)
    node.chain.finalize(hash_at(node, 2), b"two")
    node.chain.finalize(hash_at(node, 5), b"five")
    headers = tuple(node.chain.header(hash_at(node, number)) for number in (4, 5))
    proofs = [finality.finality_proof(number) for number in (2, 3)]
    assert [decode(proof, FinalityProof) for proof in proofs if proof is not None] == [
        FinalityProof(hash_at(node, 2), b"two", ()),
        FinalityProof(hash_at(node, 5), b"five", headers),
    ]


def test_what_is_not_final_has_no_proof(node):
    finality = GrandpaFinality(node.chain)
    assert finality.finality_proof(0) is None
    node.chain.finalize(hash_at(node, 2), b"two")
    assert finality.finality_proof(3) is None
    assert finality.finality_proof(100) is None
