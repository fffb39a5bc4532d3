"""How a provider proves a segment, by the proof type of its job: the other side of `proofs`."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from consensus.compute.job_contents import Input, Offload
from consensus.compute.provider_view import Awaiting, Ports, SegmentId
from runtime.compute.classes import Result
from runtime.compute.job import DeclineReason, JobSpec, ProofType
from runtime.compute.opening import prove_opening
from runtime.compute.private import BadKey, witness_name
from runtime.compute.witnesses import quorum_of

WITNESS_PATIENCE_BLOCKS = 2
"""How long a witness may be silent before another is shown the sample in its place."""


class NotYetProven(Exception):
    """Others have yet to do their part; a later view may show that they have."""


@dataclass(slots=True)
class Shown:
    """How many of the seats of a segment were shown its sample."""

    drawn: tuple[bytes, ...]
    """They change when another branch is final, or with the validators."""
    seats: int
    at: int
    """The block of the last view in which somebody was."""


class Prover:
    """Makes proofs."""

    def __init__(self, ports: Ports, offload: Offload) -> None:
        self._ports, self._offload = ports, offload
        self._shown: dict[SegmentId, Shown] = {}

    def forget_all_but(self, segments: Container[SegmentId]) -> None:
        """Let go of segments that no longer wait."""
        for segment in [segment for segment in self._shown if segment not in segments]:
            del self._shown[segment]

    def cannot(self, spec: JobSpec) -> tuple[DeclineReason, str] | None:
        """Say why this provider could not take or prove a job, or None if it could."""
        if spec.proof is ProofType.ATTESTED and self._ports.attester is None:
            return DeclineReason.NO_ATTESTATION, "no hardware of a trusted vendor is here"
        if spec.reply_key is None:
            return None
        if self._ports.sealing is None or self._ports.testimonies is None:
            return DeclineReason.NO_SEALING_KEY, "this provider opens no sealed inputs"
        try:
            self._ports.sealing.seal(spec.reply_key, b"")
        except BadKey as error:
            return DeclineReason.BAD_SPEC, f"the reply key: {error}"
        return None

    async def prove(self, awaiting: Awaiting, held: Input, result: Result, number: int) -> bytes:
        """Prove a committed segment, as its job wants it, in the view of a block.

        Raises:
            NotYetProven: too few witnesses have signed so far.
        """
        spec, randomness = awaiting.spec, awaiting.randomness
        assert randomness is not None, "nobody proves before the challenge"
        match spec.proof:
            case ProofType.SAMPLED:
                return await self._sample(awaiting, randomness, held, result)
            case ProofType.ATTESTED:
                assert self._ports.attester is not None, "no such job is begun without"
                return self._ports.attester.attest(spec, awaiting.commitment, randomness)
            case ProofType.WITNESSED:
                return await self._witnessed(awaiting, held, result, number)

    async def _sample(
        self, awaiting: Awaiting, randomness: bytes, held: Input, result: Result
    ) -> bytes:
        def prove() -> bytes:
            place = (awaiting.spec, awaiting.commitment, randomness)
            return prove_opening(*place, held.content, result, secret=held.secret)

        proof: bytes = await self._offload(prove)
        return proof

    async def _witnessed(
        self, awaiting: Awaiting, held: Input, result: Result, number: int
    ) -> bytes:
        """Show the sample to as many seats as must sign, then to one more for each silent one."""
        ports, seats, randomness = self._ports, awaiting.witnesses, awaiting.randomness
        assert ports.testimonies is not None, "no private job is begun without"
        assert randomness is not None, "nobody proves before the challenge"
        proof = ports.testimonies.proof(*awaiting.id)
        if proof is not None:
            return proof
        shown = self._shown.get(awaiting.id)
        if shown is None or shown.drawn != seats:
            shown = self._shown[awaiting.id] = Shown(seats, 0, number)
        wanted = quorum_of(len(seats))
        if shown.seats and number - shown.at >= WITNESS_PATIENCE_BLOCKS:
            wanted = shown.seats + wanted - len(ports.testimonies.signed(*awaiting.id))
        if wanted > shown.seats and shown.seats < len(seats):
            sample = await self._sample(awaiting, randomness, held, result)
            for seat in seats[shown.seats : wanted]:
                await self._show(awaiting, randomness, seat, sample)
            shown.seats, shown.at = min(wanted, len(seats)), number
        signed = len(ports.testimonies.signed(*awaiting.id))
        needed = quorum_of(len(seats))
        raise NotYetProven(f"{signed} of {needed} witnesses have signed, {shown.seats} were asked")

    async def _show(
        self, awaiting: Awaiting, randomness: bytes, seat: bytes, sample: bytes
    ) -> None:
        """Serve the sample to one witness; nobody else can read it."""
        assert self._ports.sealing is not None, "no private job is begun without"
        try:
            box = await self._offload(self._ports.sealing.seal_to_signer, seat, sample)
        except BadKey as error:
            self._ports.log.warning("witness_without_key", reason=str(error))
            return  # a seat as silent as one that is offline
        await self._ports.blobs.put(witness_name(awaiting.commitment, randomness, seat), box)
