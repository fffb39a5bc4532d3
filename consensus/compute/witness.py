"""The witness: a validator that looks at samples of private jobs which it was drawn for, and signs.

It reads nothing but what was sealed to its own key, and says nothing of it but whether it was
right: a bad sample is logged by the name of its fault, without what stood there. It keeps no state;
one that restarts looks again at what still waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.compute.job_contents import Offload
from consensus.compute.provider_view import Blobs, BlobUnavailable, Log, SubmissionRefused
from runtime.compute.job import JobSpec
from runtime.compute.private import SEALING_BYTES, BadBox, witness_name
from runtime.compute.receipt import Commitment
from runtime.compute.verify import MAX_SALTED_PROOF_BYTES, BadReceipt, verify_opening
from runtime.compute.witnesses import Testimony, Witnessed, testimony_payload

SAMPLE_SECONDS = 20.0
"""How long one sample may take to fetch: others wait behind it."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A private segment that one of our keys was drawn for and has not signed."""

    spec: JobSpec
    commitment: Commitment
    randomness: bytes
    witness: bytes
    """The drawn key."""


class Duties(Protocol):
    """The chain as this validator sees it."""

    def waiting(self) -> AsyncIterator[tuple[Duty, ...]]:
        """Yield what waits for us whenever there is a new best block; blocks may be skipped."""


class WitnessKeys(Protocol):
    """The keys of this validator."""

    def open(self, witness: bytes, box: bytes) -> bytes:
        """Return what was sealed to a key; raises `private.BadBox`."""
        ...

    def sign(self, witness: bytes, message: bytes) -> bytes:
        """Sign with a key."""
        ...


class Publish(Protocol):
    """The way to the provider, and to everybody."""

    async def testimony(self, testimony: Testimony) -> None:
        """Gossip our word; raises `SubmissionRefused`."""


@dataclass(frozen=True, slots=True)
class WitnessPorts:
    """Everything a witness reaches the world through."""

    duties: Duties
    blobs: Blobs
    keys: WitnessKeys
    publish: Publish
    log: Log


class Witness:
    """A service."""

    def __init__(self, ports: WitnessPorts, offload: Offload = trio.to_thread.run_sync) -> None:
        self._ports, self._offload = ports, offload

    async def run(self) -> None:
        """Serve until cancelled, or until the views end."""
        async for duties in self._ports.duties.waiting():
            for duty in duties:
                with trio.move_on_after(SAMPLE_SECONDS):
                    await self._attend(duty)

    async def _attend(self, duty: Duty) -> None:
        """Look at one sample, and sign if it is right; the provider may not have shown it yet."""
        commitment, randomness, witness = duty.commitment, duty.randomness, duty.witness
        log, place = self._ports.log, {"job": commitment.job, "segment": commitment.segment}
        name = witness_name(commitment, randomness, witness)
        try:
            box = await self._ports.blobs.get(name, MAX_SALTED_PROOF_BYTES + SEALING_BYTES)
            sample = await self._offload(self._ports.keys.open, witness, box)
            await self._offload(verify_opening, duty.spec, commitment, randomness, sample)
        except BlobUnavailable:
            return  # not every drawn witness is asked
        except (BadBox, BadReceipt) as error:
            log.warning("sample_refused", fault=type(error).__name__, **place)
            return
        payload = testimony_payload(commitment, randomness)
        word = Witnessed(witness, self._ports.keys.sign(witness, payload))
        try:
            await self._ports.publish.testimony(Testimony(commitment.job, commitment.segment, word))
        except SubmissionRefused as error:
            log.warning("testimony_refused", reason=str(error), **place)
        else:
            log.info("witnessed", **place)
