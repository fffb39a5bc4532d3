"""Puts the pool on top of the real runtime: validity on the best state, signatures in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from node.chain import Chain
from node.pool.validity import Source
from node.pool.verified import VerifiedCache
from node.verifier.wire import Check
from runtime.executive import Executive
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.hashing import blake2_256
from runtime.signing import UNKNOWN_HASH, SignatureChecker
from runtime.validity import Checked, InvalidTransaction, TransactionSource, ValidTransaction


class Verifier(Protocol):
    """Checks signatures, many at once."""

    async def verify(self, checks: Sequence[Check]) -> list[bool]:
        """Say for each whether it is good."""


class RuntimeValidator:
    """Asks the runtime of the best block; what it learns goes to the cache that import reads."""

    def __init__(self, executive: Executive, chain: Chain, known: VerifiedCache[Checked]) -> None:
        """Judge on whatever is the best block of `chain` at the time."""
        self._executive = executive
        self._chain = chain
        self._known = known

    def validate(self, raw: bytes, source: Source) -> ValidTransaction:
        """Return what the runtime says of the extrinsic; raises InvalidTransaction."""
        best = self._chain.best
        state = self._chain.state_at(best.hash)
        place = TransactionSource.LOCAL if source is Source.OWN else TransactionSource.EXTERNAL
        validity, checked = self._executive.validate(raw, state, best, self._known, place)
        self._known.put(checked.extrinsic.hash, checked, len(raw))
        return validity

    def sender(self, raw: bytes) -> bytes | None:
        """Return the account that signed, unchecked, or None for a bare or unreadable extrinsic."""
        try:
            signature = decode_extrinsic(raw).signature
        except DecodeError:
            return None
        return None if signature is None else signature.signer


class RuntimeSignatures:
    """Checks the signatures of whole batches before the runtime sees them."""

    def __init__(
        self,
        executive: Executive,
        chain: Chain,
        known: VerifiedCache[Checked],
        verifier: Verifier,
    ) -> None:
        """Let `verifier` do the work and `known` remember it."""
        self._executive = executive
        self._chain = chain
        self._known = known
        self._verifier = verifier

    async def check(self, raws: Sequence[bytes]) -> Sequence[bool]:
        """Return False for a bad signature, True for a good one or what `validate` must judge."""
        signatures = self._executive.rules_at(
            self._chain.state_at(self._chain.best.hash)
        ).signatures
        prepared = [self._prepared(raw, signatures) for raw in raws]
        signed = [item for item in prepared if item is not None]
        verdicts = iter(await self._verifier.verify([check for check, _ in signed]))
        results = []
        for raw, item in zip(raws, prepared, strict=True):
            good = item is None or next(verdicts)
            if item is not None and good:
                self._known.put(item[1].extrinsic.hash, item[1], len(raw))
            results.append(good)
        return results

    def _prepared(self, raw: bytes, signatures: SignatureChecker) -> tuple[Check, Checked] | None:
        """Return what to verify and what is known if that succeeds, or None if there is nothing."""
        if self._known.get(blake2_256(raw)) is not None:
            return None
        try:
            extrinsic, call = signatures.decode(raw)
            if extrinsic.signature is None:
                return None
            birth = signatures.birth(extrinsic, self._chain.best.number, self._hash_at)
        except InvalidTransaction:
            return None
        payload = signatures.payload(extrinsic, birth)
        signature = extrinsic.signature
        check = Check(signature.kind, signature.signature, payload, signature.signer)
        return check, signatures.checked(extrinsic, call, birth)

    def _hash_at(self, number: int) -> bytes:
        return self._chain.hash_at(number) or UNKNOWN_HASH
