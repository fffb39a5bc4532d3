"""Proofs that someone broke the rule of one block per slot, or of one vote per stage of a round.

They are made by any node that sees both, and checked by the chain. Layouts are Substrate's.
Source: `sp_consensus_slots`, `sp_consensus_babe::check_equivocation_proof`,
`sp_consensus_grandpa::check_equivocation_proof`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from runtime.primitives.block import BABE_ENGINE, Header, PreRuntime, Seal
from runtime.primitives.crypto import verify_ed25519
from runtime.primitives.finality import (
    HASH_AND_NUMBER,
    Precommit,
    Prevote,
    signing_payload,
)
from runtime.primitives.scale import DecodeError, decode
from runtime.primitives.slot_claim import PreDigest
from runtime.primitives.types import U64, PublicKey, Signature64, Slot


@dataclass(frozen=True, slots=True)
class BlockEquivocation:
    """Two headers sealed by one author for one slot."""

    type_path: ClassVar[str] = "sp_consensus_slots::EquivocationProof"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Header", Header), ("Id", PublicKey))
    offender: PublicKey
    slot: Slot
    first_header: Header
    second_header: Header


@dataclass(frozen=True, slots=True)
class PrevoteEquivocation:
    """Two prevotes by one voter in one round."""

    name: ClassVar[str] = "Prevote"
    index: ClassVar[int] = 0
    round_number: U64
    identity: PublicKey
    first: tuple[Prevote, Signature64]
    second: tuple[Prevote, Signature64]


@dataclass(frozen=True, slots=True)
class PrecommitEquivocation:
    """Two precommits by one voter in one round."""

    name: ClassVar[str] = "Precommit"
    index: ClassVar[int] = 1
    round_number: U64
    identity: PublicKey
    first: tuple[Precommit, Signature64]
    second: tuple[Precommit, Signature64]


DoubleVote = PrevoteEquivocation | PrecommitEquivocation


@dataclass(frozen=True, slots=True)
class VoteEquivocation:
    """Two votes by one voter in one stage of one round of one set."""

    type_path: ClassVar[str] = "sp_consensus_grandpa::EquivocationProof"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = HASH_AND_NUMBER
    set_id: U64
    equivocation: DoubleVote


Equivocation = BlockEquivocation | VoteEquivocation


def proves_two_blocks(proof: BlockEquivocation) -> bool:
    """Return whether the offender sealed two different headers that claim the slot.

    Both name the same place among the authorities; whether the offender had that place, and in
    which session, its key says.
    """
    headers = (proof.first_header, proof.second_header)
    claims = [_claim_of(header) for header in headers]
    first, second = claims
    if headers[0].hash == headers[1].hash or first is None or second is None:
        return False
    if not first.slot == second.slot == proof.slot:
        return False
    if first.authority_index != second.authority_index:
        return False
    return all(_is_sealed_by(header, proof.offender) for header in headers)


def proves_two_votes(proof: VoteEquivocation) -> bool:
    """Return whether the voter signed votes for two blocks in this stage, round and set."""
    double = proof.equivocation
    if double.first[0] == double.second[0]:
        return False
    return all(
        verify_ed25519(
            signature, signing_payload(vote, double.round_number, proof.set_id), double.identity
        )
        for vote, signature in (double.first, double.second)
    )


def _claim_of(header: Header) -> PreDigest | None:
    for item in header.digest:
        if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE:
            try:
                claim: PreDigest = decode(item.payload, PreDigest)
            except DecodeError:
                return None
            return claim
    return None


def _is_sealed_by(header: Header, author: PublicKey) -> bool:
    last = header.digest[-1]
    if not isinstance(last, Seal) or last.engine != BABE_ENGINE:
        return False
    return verify_ed25519(last.payload, header.unsealed.hash, author)
