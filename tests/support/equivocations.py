"""What an offender says: two headers in one slot, two votes in one round."""

from __future__ import annotations

from dataclasses import replace

from runtime.primitives.block import BABE_ENGINE, Header, Other, PreRuntime, Seal
from runtime.primitives.crypto import Pair
from runtime.primitives.equivocation import (
    DoubleVote,
    PrecommitEquivocation,
    PrevoteEquivocation,
    VoteEquivocation,
)
from runtime.primitives.finality import Precommit, Prevote, signing_payload
from runtime.primitives.scale import encode
from runtime.primitives.slot_claim import PreDigest, SecondaryVrfPreDigest, VrfSignature

VRF = VrfSignature(bytes(32), bytes(64))


def twin_headers(key: Pair, slot: int, place: int = 0) -> tuple[Header, Header]:
    """Return two headers that an authority sealed for one slot."""
    return sealed_header(key, slot, place, b"one"), sealed_header(key, slot, place, b"other")


def sealed_header(key: Pair, slot: int, place: int, name: bytes) -> Header:
    """Return a header for a slot; `name` tells it from others."""
    claim = SecondaryVrfPreDigest(place, slot, VRF)
    digest = (PreRuntime(BABE_ENGINE, encode(claim, PreDigest)), Other(name))
    header = Header(bytes(32), 1, bytes(32), bytes(32), digest)
    return replace(header, digest=(*digest, Seal(BABE_ENGINE, key.sign(header.hash))))


def double_vote(
    key: Pair, stage: type[Prevote] | type[Precommit], round_number: int, set_id: int
) -> VoteEquivocation:
    """Return two votes of one stage for two blocks."""
    cast = [stage(bytes([n]) * 32, n) for n in (1, 2)]
    signed = [(vote, key.sign(signing_payload(vote, round_number, set_id))) for vote in cast]
    kind = PrevoteEquivocation if stage is Prevote else PrecommitEquivocation
    double: DoubleVote = kind(round_number, key.public, *signed)
    return VoteEquivocation(set_id, double)
