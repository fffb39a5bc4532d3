"""Checks what a header says about its author: cheap checks that need no state but the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from consensus.errors import (
    BadPreDigest,
    BadSeal,
    BadVrf,
    DisabledAuthor,
    LostLottery,
    NotSecondaryAuthor,
    UnknownAuthor,
)
from consensus.lottery import (
    SlotKey,
    secondary_author,
    vrf_input,
    wins_primary,
)
from consensus.slots import Authority, Epoch
from runtime.primitives import crypto, vrf
from runtime.primitives.block import BABE_ENGINE, Block, Header, PreRuntime, Seal
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.slot_claim import PreDigest, PrimaryPreDigest


@dataclass(frozen=True, slots=True)
class Claim:
    """A checked claim: this authority may produce in this slot, and did."""

    slot: int
    authority_index: int
    author: bytes
    is_primary: bool
    vrf_output: bytes


def check_claim(header: Header, epoch: Epoch) -> Claim:
    """Check the slot claim and the seal of `header` by the rules of `epoch`.

    Raises: BadPreDigest, UnknownAuthor, DisabledAuthor, BadSeal, BadVrf, LostLottery,
    NotSecondaryAuthor.
    """
    digest = pre_digest_of(header)
    if digest.authority_index >= len(epoch.authorities):
        raise UnknownAuthor(
            f"wanted an authority index under {len(epoch.authorities)}, "
            f"got {digest.authority_index}"
        )
    if digest.authority_index in epoch.disabled:
        raise DisabledAuthor(f"authority {digest.authority_index} offended in this era")
    authority = epoch.authorities[digest.authority_index]
    _check_seal(header, authority.public)
    output = _check_vrf(digest, authority, epoch)
    is_primary = isinstance(digest, PrimaryPreDigest)
    if is_primary:
        if not wins_primary(output, authority.weight, epoch.total_weight):
            raise LostLottery(f"authority {digest.authority_index} did not win slot {digest.slot}")
    elif (turn := secondary_author(epoch, digest.slot)) != digest.authority_index:
        raise NotSecondaryAuthor(
            f"slot {digest.slot} is the turn of authority {turn}, got {digest.authority_index}"
        )
    return Claim(digest.slot, digest.authority_index, authority.public, is_primary, output)


def pre_digest_of(header: Header) -> PreDigest:
    """Return the one slot claim in the digest.

    Raises: BadPreDigest.
    """
    claims = [
        item.payload
        for item in header.digest
        if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE
    ]
    if len(claims) != 1:
        raise BadPreDigest(f"wanted one slot claim, got {len(claims)}")
    try:
        digest: PreDigest = decode(claims[0], PreDigest)
    except DecodeError as error:
        raise BadPreDigest(f"the slot claim does not decode: {error}") from error
    return digest


def slot_of(header: Header) -> int:
    """Return the slot a checked header claims; 0 for the chain's first, which claims none."""
    return pre_digest_of(header).slot if header.digest else 0


def pre_runtime(digest: PreDigest) -> PreRuntime:
    """Return the digest item that carries a slot claim."""
    return PreRuntime(BABE_ENGINE, encode(digest, PreDigest))


def sealed(block: Block, key: SlotKey) -> Block:
    """Sign the header and append the seal to its digest."""
    header = block.header
    assert header is header.unsealed, "a block is sealed once"
    seal = Seal(BABE_ENGINE, key.sign(header.hash))
    digest = (*header.digest, seal)
    return Block(
        Header(
            header.parent_hash, header.number, header.state_root, header.extrinsics_root, digest
        ),
        block.extrinsics,
    )


def _check_seal(header: Header, public: bytes) -> None:
    last = header.digest[-1]
    if not isinstance(last, Seal) or last.engine != BABE_ENGINE:
        raise BadSeal("the last digest item is no BABE seal")
    if any(isinstance(item, Seal) for item in header.digest[:-1]):
        raise BadSeal("wanted one seal, got several")
    if not crypto.verify_ed25519(last.payload, header.unsealed.hash, public):
        raise BadSeal("the seal is not the author's signature")


def _check_vrf(digest: PreDigest, authority: Authority, epoch: Epoch) -> bytes:
    alpha = vrf_input(epoch, digest.slot)
    try:
        proof = vrf.from_babe(digest.vrf.pre_output, digest.vrf.proof)
        return vrf.verify(authority.public, alpha, proof)
    except vrf.BadProof as error:
        raise BadVrf(f"slot {digest.slot}: {error}") from error
