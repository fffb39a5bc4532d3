"""Extrinsics, versions 4 and 5: what a client signs and how it travels.

    signed  = 0x84 ‖ address ‖ signature ‖ extra ‖ call          version 4
    general = 0x45 ‖ 0 ‖ extra ‖ call                            version 5, nobody authorized
            | 0x45 ‖ 1 ‖ proof ‖ extra ‖ call                    version 5, authorized by the proof
    bare    = 0x04 or 0x05 ‖ call
    extra   = era ‖ nonce ‖ tip ‖ mode
    proof   = 0 ‖ scheme ‖ signature ‖ account  |  1, which is none
    implied = spec ‖ tx ‖ genesis ‖ birth ‖ metadata hash
    payload = call ‖ extra ‖ implied                             of a signed transaction
            | 1 ‖ call ‖ extra ‖ implied                         of a proof

The order is that of the extensions: CheckNonZeroSender, CheckSpecVersion, CheckTxVersion,
CheckGenesis, CheckMortality, CheckNonce, CheckWeight, ChargeTransactionPayment, CheckMetadataHash.
The list of version 1 begins with VerifyMultiSignature, whose proof covers all that follows it. The
payload of a signed transaction is hashed with Blake2b-256 if it is above 256 bytes, that of a proof
always.
Source: Polkadot specification, "Extrinsics"; RFC-84 and RFC-99; Substrate's `UncheckedExtrinsic`,
and its `pallet_verify_signature` with the `TxBaseImplication` that it signs.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, ClassVar

from runtime.primitives.compact import DecodeError, decode_compact, encode_compact
from runtime.primitives.crypto import KeyKind
from runtime.primitives.record import record
from runtime.primitives.schema import Fixed
from runtime.primitives.types import H256, AccountId, CompactU32, Nonce

VERSION = 4
VERSION_5 = 5
"""The version that has general transactions, whose extensions alone say who calls."""
EXTENSION_VERSION = 0
"""The list of extensions that signed transactions have; a general one names its list."""
VERIFYING_VERSION = 1
"""The list of extensions that begins with VerifyMultiSignature."""
PROVEN, UNPROVEN = 0, 1
"""The variants of VerifyMultiSignature: `Signed` and `Disabled`."""

SIGNED = 0x80
"""The bit of the version byte that says a signature follows."""
GENERAL = 0x40
"""The bit of the version byte that says extensions follow without a signature."""

MAX_EXTRINSIC_BYTES = 1 << 20
"""Above this a transaction cannot enter a block: a fifth of the body limit."""

SIGNATURE_BYTES = (64, 64, 65)
KEY_KINDS = tuple(KeyKind)
"""Both by the number of the scheme."""


@record
class Id:
    """An account, by its id."""

    index: ClassVar[int] = 0
    account: AccountId


@record
class Index:
    """An account by index; this chain keeps no such index."""

    index: ClassVar[int] = 1
    position: CompactU32


@record
class Raw:
    """An address in bytes of no fixed meaning; never resolves here."""

    index: ClassVar[int] = 2
    data: bytes


@record
class Address32:
    """A 32-byte address of another format; never resolves here."""

    index: ClassVar[int] = 3
    data: Annotated[bytes, Fixed(32)]


@record
class Address20:
    """A 20-byte address, as Ethereum has; never resolves here."""

    index: ClassVar[int] = 4
    data: Annotated[bytes, Fixed(20)]


MultiAddress = Id | Index | Raw | Address32 | Address20


@record
class Era:
    """How long a transaction is valid: for `period` blocks, or for ever if the period is 0."""

    period: int = 0
    phase: int = 0

    @classmethod
    def mortal(cls, period: int, current: int) -> Era:
        """Return the era of `period` blocks (rounded up to a power of two) around `current`."""
        rounded = min(max(1 << (period - 1).bit_length(), 4), 1 << 16)
        quantum = max(rounded >> 12, 1)
        return cls(rounded, current % rounded // quantum * quantum)

    def birth(self, current: int) -> int:
        """Return the first block of the era that `current` lies in."""
        if not self.period:
            return 0
        return (max(current, self.phase) - self.phase) // self.period * self.period + self.phase

    def death(self, current: int) -> int | None:
        """Return the first block at which the transaction is no longer valid."""
        return self.birth(current) + self.period if self.period else None

    def encode(self) -> bytes:
        """Return the one or two bytes of the era."""
        if not self.period:
            return b"\x00"
        exponent = self.period.bit_length() - 2
        quantum = max(self.period >> 12, 1)
        return (min(max(exponent, 1), 15) | self.phase // quantum << 4).to_bytes(2, "little")


IMMORTAL = Era()


def decode_era(raw: bytes, offset: int) -> tuple[Era, int]:
    """Decode an era at `offset`; refuse a phase outside the period."""
    if raw[offset] == 0:
        return IMMORTAL, offset + 1
    word = int.from_bytes(raw[offset : offset + 2], "little")
    period = 2 << (word & 15)
    phase = (word >> 4) * max(period >> 12, 1)
    if len(raw) < offset + 2 or period < 4 or phase >= period:
        raise DecodeError(f"era {raw[offset : offset + 2].hex()} has no such period and phase")
    return Era(period, phase), offset + 2


@record
class Extra:
    """The part of the signed extensions that travels with the transaction."""

    era: Era
    nonce: Nonce
    tip: int
    has_metadata_hash: bool = False
    """CheckMetadataHash mode 1: the signer vouches for what the metadata says of the call."""

    def encode(self) -> bytes:
        """Return era, nonce, tip and the metadata hash mode."""
        body = encode_compact(self.nonce) + encode_compact(self.tip)
        return self.era.encode() + body + (b"\x01" if self.has_metadata_hash else b"\x00")


@record
class Signature:
    """Who signed a transaction, how, and under which conditions."""

    signer: AccountId
    kind: KeyKind
    signature: bytes
    extra: Extra


@record
class General:
    """The extensions of a general transaction, and which list of them it names."""

    version: int
    extra: Extra


@record
class Extrinsic:
    """A decoded extrinsic; `call` is still encoded, since its shape is the runtime's business."""

    raw: bytes
    hash: H256
    signature: Signature | None
    """Who authorizes the call: a signed transaction's signer, or a general one's proof."""
    extra_bytes: bytes
    """The extensions as they came, without a proof: they are signed byte for byte."""
    call: bytes
    general: General | None = None
    """What only a general transaction has; it may be without a signature."""

    @property
    def extra(self) -> Extra | None:
        """The extensions, however they came; a bare extrinsic has none."""
        if self.signature is not None:
            return self.signature.extra
        return None if self.general is None else self.general.extra


@record
class Additional:
    """The part of the signed extensions that both sides know and nobody sends."""

    spec_version: int
    transaction_version: int
    genesis_hash: H256

    def encode(self, birth_hash: H256, metadata_hash: H256 | None = None) -> bytes:
        """Return the implied bytes, for an era that began at the block of `birth_hash`."""
        versions = self.spec_version.to_bytes(4, "little")
        versions += self.transaction_version.to_bytes(4, "little")
        known = b"\x00" if metadata_hash is None else b"\x01" + metadata_hash
        return versions + self.genesis_hash + birth_hash + known


def signing_payload(call: bytes, extra: bytes, additional: bytes) -> bytes:
    """Return the bytes that are signed."""
    payload = call + extra + additional
    return payload if len(payload) <= 256 else blake2b(payload, digest_size=32).digest()


def proof_payload(call: bytes, extra: bytes, additional: bytes) -> bytes:
    """Return the bytes that the proof of a general transaction signs: always a hash."""
    implication = bytes((VERIFYING_VERSION,)) + call + extra + additional
    return blake2b(implication, digest_size=32).digest()


def encode_signed(call: bytes, signature: Signature) -> bytes:
    """Encode a signed transaction, without the length in front of it."""
    head = bytes((VERSION | SIGNED, Id.index)) + signature.signer + bytes((signature.kind,))
    return head + signature.signature + signature.extra.encode() + call


def encode_general(call: bytes, extra: Extra, version: int = EXTENSION_VERSION) -> bytes:
    """Encode a general transaction that nobody authorizes, of version 5."""
    head = bytes((VERSION_5 | GENERAL, version))
    proof = bytes((UNPROVEN,)) if version == VERIFYING_VERSION else b""
    return head + proof + extra.encode() + call


def encode_proven(call: bytes, proof: Signature) -> bytes:
    """Encode a general transaction that a proof authorizes, of version 5."""
    head = bytes((VERSION_5 | GENERAL, VERIFYING_VERSION, PROVEN, proof.kind))
    return head + proof.signature + proof.signer + proof.extra.encode() + call


def encode_bare(call: bytes, version: int = VERSION) -> bytes:
    """Encode an extrinsic without a signature: an inherent."""
    return bytes((version,)) + call


def decode_extrinsic(raw: bytes, digest: H256 | None = None) -> Extrinsic:
    """Decode an extrinsic, which must be canonical; its call stays bytes.

    `digest` is its hash, for a caller that computed it already.

    Raises:
        DecodeError: an unknown version or address kind, or an input that ends too early.
    """
    if digest is None:
        digest = blake2b(raw, digest_size=32).digest()
    try:
        form = raw[0]
        if form == VERSION | SIGNED:
            return _decode_signed(raw, digest)
        if form in (VERSION, VERSION_5):
            return Extrinsic(raw, digest, None, b"", raw[1:])
        if form == VERSION_5 | GENERAL:
            return _decode_general(raw, digest)
    except IndexError as error:
        raise DecodeError(f"the extrinsic of {len(raw)} bytes ends too early") from error
    raise DecodeError(f"wanted extrinsic version 4 (04, 84) or 5 (05, 45), got byte {form:#04x}")


def _decode_signed(raw: bytes, digest: bytes) -> Extrinsic:
    if raw[1] != Id.index:
        raise DecodeError(f"wanted a signer of kind Id (0), got address kind {raw[1]}")
    kind = _scheme(raw[34])
    start = 35 + SIGNATURE_BYTES[kind]
    extra, offset = _decode_extra(raw, start)
    signature = Signature(raw[2:34], kind, raw[35:start], extra)
    return Extrinsic(raw, digest, signature, raw[start:offset], raw[offset:])


def _decode_general(raw: bytes, digest: bytes) -> Extrinsic:
    version = raw[1]
    if version > VERIFYING_VERSION:
        raise DecodeError(f"wanted extensions of version 0 or 1, got {version}")
    if version == VERIFYING_VERSION and raw[2] == PROVEN:
        return _decode_proven(raw, digest)
    if version == VERIFYING_VERSION and raw[2] != UNPROVEN:
        raise DecodeError(f"wanted VerifyMultiSignature Signed (0) or Disabled (1), got {raw[2]}")
    start = 2 + version
    extra, offset = _decode_extra(raw, start)
    general = General(version, extra)
    return Extrinsic(raw, digest, None, raw[start:offset], raw[offset:], general)


def _decode_proven(raw: bytes, digest: bytes) -> Extrinsic:
    kind = _scheme(raw[3])
    account = 4 + SIGNATURE_BYTES[kind]
    start = account + 32
    extra, offset = _decode_extra(raw, start)
    proof = Signature(raw[account:start], kind, raw[4:account], extra)
    general = General(VERIFYING_VERSION, extra)
    return Extrinsic(raw, digest, proof, raw[start:offset], raw[offset:], general)


def _scheme(byte: int) -> KeyKind:
    if byte > KeyKind.ECDSA:
        raise DecodeError(f"wanted a signature scheme of 0 to 2, got {byte}")
    return KEY_KINDS[byte]


def _decode_extra(raw: bytes, offset: int) -> tuple[Extra, int]:
    era, offset = decode_era(raw, offset)
    nonce, offset = decode_compact(raw, offset)
    tip, offset = decode_compact(raw, offset)
    if nonce >> 32 or tip >> 128:
        raise DecodeError("the nonce or the tip is out of range")
    mode = raw[offset]
    if mode > 1:
        raise DecodeError(f"wanted metadata hash mode 0 or 1, got {mode}")
    return Extra(era, nonce, tip, mode == 1), offset + 1
