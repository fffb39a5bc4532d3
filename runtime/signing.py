"""Checking signatures of extrinsics, apart from executing them.

The payload covers the hash of the block at which a mortal transaction was born, so a check holds
on every chain that contains that block.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from runtime.frame.calls import Call, CallTable
from runtime.primitives.compact import DecodeError
from runtime.primitives.crypto import verify_signature
from runtime.primitives.extrinsic import (
    Additional,
    Extrinsic,
    decode_extrinsic,
    proof_payload,
    signing_payload,
)
from runtime.validity import Checked, Invalid, InvalidTransaction

BirthHash = Callable[[int], bytes]
"""The hash of the block of a number on the chain under way; zeros when it is too old."""

UNKNOWN_HASH = bytes(32)

IMPLIED = 256
"""Encodings kept of what signatures cover unsaid: one for each block at which eras began."""

NOBODY = bytes(32)
"""The account that CheckNonZeroSender refuses: it is a key of sr25519 that anyone can sign for."""


class Checker(Protocol):
    """Turns raw extrinsics into checked ones."""

    def check(
        self, raw: bytes, number: int, birth_hash: BirthHash, digest: bytes | None = None
    ) -> Checked:
        """Decode and check `raw` for a block on top of `number`; raises InvalidTransaction."""
        ...


class SignatureChecker:
    """Decodes extrinsics and checks their signatures for one runtime of one chain."""

    def __init__(
        self, calls: CallTable, additional: Additional, metadata_hash: Callable[[], bytes]
    ) -> None:
        self.calls, self.additional = calls, additional
        self.genesis_hash = additional.genesis_hash
        self._metadata_hash = metadata_hash
        self._implied = lru_cache(IMPLIED)(additional.encode)

    def check(
        self, raw: bytes, number: int, birth_hash: BirthHash, digest: bytes | None = None
    ) -> Checked:
        """Decode `raw` and check its signature for a block on top of `number`.

        `digest` is the hash of `raw` where the caller has it.

        Raises:
            InvalidTransaction: as `read`, or a bad signature.
        """
        checked = self.read(raw, number, birth_hash, digest)
        extrinsic = checked.extrinsic
        if extrinsic.signature is not None and not self.is_signed(extrinsic, checked.birth_hash):
            raise InvalidTransaction(Invalid.BAD_PROOF)
        return checked

    def read(
        self, raw: bytes, number: int, birth_hash: BirthHash, digest: bytes | None = None
    ) -> Checked:
        """Decode `raw` and check all but its signature for a block on top of `number`.

        Raises:
            InvalidTransaction: not decodable, an era that is over, or a general transaction
                without a proof: no other extension says who calls.
        """
        extrinsic, call = self.decode(raw, digest)
        if extrinsic.signature is None:
            if extrinsic.general is not None:
                self.birth(extrinsic, number, birth_hash)
                raise InvalidTransaction(Invalid.UNKNOWN_ORIGIN)
            return self.checked(extrinsic, call, b"")
        return self.checked(extrinsic, call, self.birth(extrinsic, number, birth_hash))

    def checked(self, extrinsic: Extrinsic, call: Call, birth: bytes) -> Checked:
        """Note that the signature is good for an era that began at the block `birth`."""
        return Checked(extrinsic, call, birth, self.additional.spec_version)

    def decode(self, raw: bytes, digest: bytes | None = None) -> tuple[Extrinsic, Call]:
        """Decode an extrinsic and its call; nobody may be its signer."""
        try:
            extrinsic = decode_extrinsic(raw, digest)
            call = self.calls.decode(extrinsic.call)
        except DecodeError as error:
            raise InvalidTransaction(Invalid.CALL, str(error)) from error
        if extrinsic.signature is not None and extrinsic.signature.signer == NOBODY:
            raise InvalidTransaction(Invalid.BAD_SIGNER, "the account of zeros is nobody's")
        return extrinsic, call

    def birth(self, extrinsic: Extrinsic, number: int, birth_hash: BirthHash) -> bytes:
        """Return the hash that the signature must cover as the start of the era."""
        extra = extrinsic.extra
        assert extra is not None
        era = extra.era
        if not era.period:
            return self.genesis_hash
        found = birth_hash(era.birth(number))
        if found == UNKNOWN_HASH:
            raise InvalidTransaction(Invalid.ANCIENT_BIRTH_BLOCK)
        return found

    def is_signed(self, extrinsic: Extrinsic, birth: bytes) -> bool:
        """Say whether the signature is good, for an era that began at the block `birth`."""
        signature = extrinsic.signature
        assert signature is not None
        payload = self.payload(extrinsic, birth)
        return verify_signature(signature.kind, signature.signature, payload, signature.signer)

    def payload(self, extrinsic: Extrinsic, birth: bytes) -> bytes:
        """Return the bytes that the signature covers, for an era that began at `birth`."""
        extra = extrinsic.extra
        known = self._metadata_hash() if extra is not None and extra.has_metadata_hash else None
        implied = self._implied(birth, known)
        sealed = signing_payload if extrinsic.general is None else proof_payload
        return sealed(extrinsic.call, extrinsic.extra_bytes, implied)


class SignedBefore:
    """Reads the extrinsics of blocks that are final: their voters have checked the signatures."""

    def __init__(self, checker: SignatureChecker) -> None:
        self._checker = checker

    def check(
        self, raw: bytes, number: int, birth_hash: BirthHash, digest: bytes | None = None
    ) -> Checked:
        """Decode `raw` and check all but its signature; raises InvalidTransaction."""
        return self._checker.read(raw, number, birth_hash, digest)
