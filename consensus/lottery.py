"""Who may produce in a slot: a private lottery first, a public rota where nobody wins.

An authority wins a primary slot if its VRF output over (randomness, slot, epoch) is below a
threshold that gives it a chance of 1 - (1 - c)^w, w its share of the weight: splitting a key in
two changes nothing. Slots without a winner fall to the secondary author, so the chain never stops.
Source: BABE, Polkadot specification section 5.2; RFC 9381 for the VRF.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from consensus.slots import Epoch
from runtime.primitives import vrf
from runtime.primitives.hashing import blake2_256
from runtime.primitives.slot_claim import (
    PreDigest,
    PrimaryPreDigest,
    SecondaryVrfPreDigest,
    VrfSignature,
)

LOTTERY_BITS = 128
"""Thresholds and VRF outputs are compared as numbers of this size, as BABE does."""

FRACTION_BITS = 192
"""64 bits more than the result: the 40 roundings of the series stay far below its last bit."""

LN_4_3 = 0x49A58844D36E49E0EFADD9DB02AA70A8C3D243732D50DE6A
"""ln(4/3) * 2**192: minus the logarithm of 1 - c for c = 1/4, one primary in four slots."""

VRF_DOMAIN = b"BABE-VRF"
"""Keeps the lottery's proofs apart from every other use of the same key."""

OUTPUT_BYTES = LOTTERY_BITS // 8


class SlotKey(Protocol):
    """An authority's key, wherever it is kept."""

    def sign(self, message: bytes) -> bytes:
        """Return the ed25519 signature of `message`, 64 bytes."""
        ...

    def prove(self, alpha: bytes) -> bytes:
        """Return the VRF proof over `alpha`, 80 bytes."""
        ...


SlotKeys = Mapping[bytes, SlotKey]
"""By ed25519 public key."""


def claim_slot(keys: SlotKeys, epoch: Epoch, slot: int) -> PreDigest | None:
    """Claim `slot` with one of `keys`: the first primary win, else the rota, else None.

    Who is disabled claims nothing; the slots of its turn stay empty.
    """
    alpha = vrf_input(epoch, slot)
    proofs: dict[int, bytes] = {}
    for index, authority in enumerate(epoch.authorities):
        key = keys.get(authority.public)
        if key is None or index in epoch.disabled:
            continue
        proofs[index] = key.prove(alpha)
        output = vrf.output_of(proofs[index])
        if wins_primary(output, authority.weight, epoch.total_weight):
            return PrimaryPreDigest(index, slot, vrf_signature(proofs[index]))
    turn = secondary_author(epoch, slot)
    if turn not in proofs:
        return None
    return SecondaryVrfPreDigest(turn, slot, vrf_signature(proofs[turn]))


def vrf_input(epoch: Epoch, slot: int) -> bytes:
    """Return what the authorities prove in `slot`."""
    numbers = slot.to_bytes(8, "little") + epoch.index.to_bytes(8, "little")
    return VRF_DOMAIN + epoch.randomness + numbers


def wins_primary(output: bytes, weight: int, total_weight: int) -> bool:
    """Return whether a VRF output wins a primary slot."""
    drawn = int.from_bytes(output[:OUTPUT_BYTES], "little")
    return drawn < primary_threshold(weight, total_weight)


@lru_cache(1024)
def primary_threshold(weight: int, total_weight: int) -> int:
    """Return (1 - (1 - c)^w) * 2**128, w = weight / total_weight, c = 1/4; at most 1 too low.

    With x = -w ln(1 - c): 1 - e^-x = x - x^2/2! + x^3/3! - ...
    """
    if not 0 <= weight <= total_weight:
        raise ValueError(f"wanted a weight of 0 to {total_weight}, got {weight}")
    if weight == 0:
        return 0
    x = LN_4_3 * weight // total_weight
    total, term, n = 0, x, 1
    while term != 0:
        total += term if n % 2 == 1 else -term
        n += 1
        term = (term * x >> FRACTION_BITS) // n
    return total >> (FRACTION_BITS - LOTTERY_BITS)


def secondary_author(epoch: Epoch, slot: int) -> int:
    """Return the index of the authority whose turn the secondary slot is."""
    drawn = blake2_256(epoch.randomness + slot.to_bytes(8, "little"))
    return int.from_bytes(drawn, "big") % len(epoch.authorities)


def vrf_signature(proof: bytes) -> VrfSignature:
    """Place an RFC 9381 proof (gamma, c, s) in BABE's fields."""
    return VrfSignature(*vrf.to_babe(proof))
