from consensus.equivocation import (
    BlockEquivocation,
    ClaimWatch,
    PrecommitEquivocation,
    PrevoteEquivocation,
    VoteEquivocation,
    vote_equivocation,
)
from consensus.finality.vote import Precommit, Prevote, PrimaryPropose
from consensus.verification import Claim
from runtime.primitives.block import Header, Other
from runtime.primitives.scale import decode, encode
from tests.consensus.support import KEYS, ZERO, signed


def header(name: bytes) -> Header:
    return Header(ZERO, 1, ZERO, ZERO, (Other(name),))


def claim(slot: int, author: int = 0) -> Claim:
    return Claim(slot, author, KEYS[author].public, True, bytes(64))


def test_two_headers_of_one_author_in_one_slot_are_a_proof_once() -> None:
    watch = ClaimWatch()
    one, two, three = (header(name) for name in (b"1", b"2", b"3"))
    assert [watch.note(claim(7), each) for each in (one, one, two, three)] == [
        None,
        None,
        BlockEquivocation(KEYS[0].public, 7, one, two),
        None,
    ]
    assert [watch.has_proof(claim(7), each) for each in (one, two, three)] == [False, False, True]


def test_other_slots_and_authors_are_other_claims() -> None:
    watch = ClaimWatch()
    watch.note(claim(7), header(b"1"))
    assert watch.note(claim(8), header(b"2")) is None
    assert watch.note(claim(7, author=1), header(b"3")) is None


def test_the_watch_is_bounded() -> None:
    watch = ClaimWatch(max_claims=1)
    watch.note(claim(7), header(b"1"))
    watch.note(claim(8), header(b"1"))
    assert watch.note(claim(7), header(b"2")) is None


def test_proofs_read_back_from_their_bytes() -> None:
    proof = BlockEquivocation(KEYS[0].public, 7, header(b"1"), header(b"2"))
    assert decode(encode(proof, BlockEquivocation), BlockEquivocation) == proof
    for kind, shape in ((Prevote, PrevoteEquivocation), (Precommit, PrecommitEquivocation)):
        first, second = (signed(KEYS[0], kind(bytes([n]) * 32, n)) for n in (1, 2))
        votes = vote_equivocation((first, second), 4, 9)
        assert votes == VoteEquivocation(
            9,
            shape(
                4,
                KEYS[0].public,
                (first.message, first.signature),
                (second.message, second.signature),
            ),
        )
        assert decode(encode(votes, VoteEquivocation), VoteEquivocation) == votes


def test_two_proposals_are_no_fault() -> None:
    first, second = (signed(KEYS[0], PrimaryPropose(bytes([n]) * 32, n)) for n in (1, 2))
    assert vote_equivocation((first, second), 4, 9) is None
