"""A real justification and a real commit of Substrate chains."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from consensus.errors import BadJustification
from consensus.finality import justification as proofs
from consensus.finality.tally import VoterSet
from consensus.finality.vote import CommitMessage, Justification
from runtime.primitives.scale import decode, encode

VECTORS = {
    vector["name"]: vector
    for vector in json.loads((Path(__file__).parent / "vectors" / "grandpa.json").read_text())
}
JUSTIFICATION = VECTORS["basic_decode_justification"]
RAW = bytes.fromhex(JUSTIFICATION["bytes"][2:])
COMMIT = bytes.fromhex(VECTORS["basic_decode_commit"]["bytes"][2:])


def the_voters(justification: Justification) -> VoterSet:
    ids = tuple((vote.id, 1) for vote in justification.commit.precommits)
    return VoterSet(JUSTIFICATION["setId"], ids)


def test_the_justification_decodes_to_what_smoldot_reads_and_back() -> None:
    justification = proofs.decoded(RAW)
    commit = justification.commit
    assert (justification.round, commit.target_number) == (
        JUSTIFICATION["round"],
        JUSTIFICATION["targetNumber"],
    )
    assert commit.target_hash.hex() == JUSTIFICATION["targetHash"][2:]
    assert len(commit.precommits) == JUSTIFICATION["precommits"]
    assert proofs.encoded(justification) == RAW


def test_the_justification_verifies() -> None:
    justification = proofs.decoded(RAW)
    proofs.verify(justification, the_voters(justification))


def test_it_does_not_verify_for_another_set_or_round() -> None:
    justification = proofs.decoded(RAW)
    voters = the_voters(justification)
    with pytest.raises(BadJustification, match="wrong signature"):
        proofs.verify(justification, VoterSet(1, voters.voters))
    with pytest.raises(BadJustification, match="wrong signature"):
        proofs.verify(replace(justification, round=justification.round + 1), voters)


def test_every_flipped_byte_is_refused() -> None:
    voters = the_voters(proofs.decoded(RAW))
    for place in range(0, len(RAW), 7):
        forged = RAW[:place] + bytes([RAW[place] ^ 1]) + RAW[place + 1 :]
        with pytest.raises(BadJustification):
            proofs.verify(proofs.decoded(forged), voters)


def test_the_gossiped_commit_reencodes_to_the_same_bytes() -> None:
    message: CommitMessage = decode(COMMIT, CommitMessage)
    votes = proofs.signed_precommits(message.message)
    assert len(votes) == 7
    assert {vote.message.target_hash for vote in votes} == {message.message.target_hash}
    assert encode(message, CommitMessage) == COMMIT
