"""Private and attested jobs at a provider: its sealing key, on disk and on chain, and its attester.

The key is made by the node that first provides, and published once: clients seal inputs to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from consensus.compute.provider_view import Attester, SubmissionRefused
from node.assembly import Ground
from node.keystore import sealing
from node.keystore.keystore import Keystore, KeyType
from node.log import Logger
from node.provider import ProviderSubmit
from runtime.compute.attestation import Attestation, Vendor, statement_of
from runtime.compute.job import JobSpec
from runtime.compute.receipt import Commitment
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri
from runtime.primitives.scale import encode

PUBLISH_AFTER_BLOCKS = 10
"""A publication that is not in a final block by then is sent again."""

TEST_VENDOR = "//TestVendor"
"""The vendor of development chains: a name whose key everybody has."""


class ProviderSealing:
    """The sealed boxes of a provider; the `Sealing` of its worker."""

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore
        held = keystore.public_keys(KeyType.SEALING)
        self._signer = held[0] if held else keystore.generate(KeyType.SEALING)

    @property
    def public(self) -> bytes:
        """The X25519 key that clients seal to."""
        return sealing.x25519_of(self._signer)

    def open(self, box: bytes) -> bytes:
        """Return what was sealed to this provider; raises BadBox."""
        return self._keystore.unseal(KeyType.SEALING, self._signer, box)

    def seal(self, key: bytes, plain: bytes) -> bytes:
        """Seal bytes to an X25519 key; raises BadKey."""
        return sealing.seal(key, plain)

    def seal_to_signer(self, key: bytes, plain: bytes) -> bytes:
        """Seal bytes to an ed25519 key; raises BadKey."""
        return sealing.seal_to_signer(key, plain)


class KeyPublication:
    """Puts the provider's sealing key on chain, unless it stands there."""

    def __init__(
        self, ground: Ground, submit: ProviderSubmit, account: bytes, key: bytes, log: Logger
    ) -> None:
        self._executive, self._chain, self._submit = ground.executive, ground.chain, submit
        self._account, self._key, self._log = account, key, log

    async def run(self) -> None:
        """Return once the key stands in final state."""
        sent_at: int | None = None
        with self._chain.subscribe() as events:
            while not self._is_published():
                best = self._chain.best.number
                if sent_at is None or best > sent_at + PUBLISH_AFTER_BLOCKS:
                    sent_at = best
                    await self._publish()
                await events.receive()
        self._log.info("sealing_key_published", key=self._key.hex())

    def _is_published(self) -> bool:
        final = self._chain.finalized
        runtime = self._executive.reader_at(self._chain.state_at(final.hash), final.number)
        return runtime.sealing.keys.get(self._account) == self._key

    async def _publish(self) -> None:
        try:
            await self._submit.call("Sealing", "publish", {"key": self._key})
        except SubmissionRefused as error:
            self._log.warning("sealing_key_refused", reason=str(error))


@dataclass(frozen=True, slots=True)
class DevelopmentVendor:
    """Confidential hardware for tests: it attests whatever it is told, with a key that all have."""

    pair: Pair
    vendor: Vendor

    def attest(self, spec: JobSpec, commitment: Commitment, randomness: bytes) -> bytes:
        """Return a document that proves nothing but that the way of an attestation works."""
        place = (self.vendor.key, self.vendor.measurement)
        statement = statement_of(spec, commitment, randomness, *place)
        signature = self.pair.sign(statement.payload)
        return encode(Attestation(statement, signature), Attestation)


def attester_of(vendors: tuple[Vendor, ...], log: Logger) -> Attester | None:
    """Return the attester of this machine: none, but on chains that believe the test vendor."""
    pair = pair_from_uri(KeyKind.ED25519, TEST_VENDOR)
    for vendor in vendors:
        if vendor.key == pair.public:
            log.warning("test_vendor", reason="this chain believes attestations that mean nothing")
            return DevelopmentVendor(pair, vendor)
    return None
