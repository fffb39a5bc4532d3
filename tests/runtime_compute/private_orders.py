"""Private and attested orders, for the tests of their proofs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.compute.attestation import Attestation, Statement, Vendor, statement_of
from runtime.compute.classes import Result, Work
from runtime.compute.contents import commit, input_root
from runtime.compute.job import JobSpec, ProofType, Terms
from runtime.compute.opening import prove_opening
from runtime.compute.receipt import Commitment
from runtime.compute.registry import job_spec
from runtime.compute.witnesses import Witnessed, testimony_payload
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri
from runtime.primitives.scale import encode
from tests.runtime_compute.orders import JOB, PROVIDER, RANDOMNESS, SEGMENT, order

SECRET, OTHER_SECRET = b"s" * 32, b"t" * 32
REPLY_KEY = b"k" * 32
VENDOR_PAIR = pair_from_uri(KeyKind.ED25519, "//TestVendor")
VENDOR = Vendor(VENDOR_PAIR.public, b"m" * 32, 1000)
VALIDATORS = [pair_from_uri(KeyKind.ED25519, f"//validator//{i}") for i in range(40)]


@dataclass(frozen=True)
class PrivateOrder:
    """A private job with its input and its result."""

    work: Work
    spec: JobSpec
    content: bytes
    result: Result
    secret: bytes = SECRET

    def commitment(self, job: int = JOB, provider: bytes = PROVIDER) -> Commitment:
        """Commit to the result."""
        return commit(self.work, job, SEGMENT, provider, self.result, secret=self.secret)

    def sample(self, commitment: Commitment | None = None) -> bytes:
        """Open it, for a witness."""
        committed = commitment or self.commitment()
        held = (committed, RANDOMNESS, self.content, self.result)
        return prove_opening(self.spec, *held, secret=self.secret)


def private_order(
    work: Work, content: bytes, proof: ProofType = ProofType.WITNESSED
) -> PrivateOrder:
    """Order some work in private, and do it."""
    terms = Terms(max_price=10**12, deadline=100, proof=proof, reply_key=REPLY_KEY)
    spec = job_spec(work, input_root(work, content, SECRET), terms)
    return PrivateOrder(work, spec, content, work.run(content))


def private_product(rows: int = 130, columns: int = 90, inner: int = 33) -> PrivateOrder:
    """Order a product in private."""
    public = order(rows, columns, inner)
    return private_order(public.sizes, public.content)


def attested_spec(spec: JobSpec) -> JobSpec:
    """Return the same order, to be proven by a vendor."""
    return replace(spec, proof=ProofType.ATTESTED)


def attested(
    spec: JobSpec,
    commitment: Commitment,
    *,
    randomness: bytes = RANDOMNESS,
    vendor: Pair = VENDOR_PAIR,
    measurement: bytes = VENDOR.measurement,
) -> bytes:
    """Attest to a segment."""
    statement = statement_of(spec, commitment, randomness, vendor.public, measurement)
    return document(statement, vendor)


def document(statement: Statement, signer: Pair) -> bytes:
    """Sign a statement."""
    return encode(Attestation(statement, signer.sign(statement.payload)), Attestation)


def word(witness: Pair, commitment: Commitment, randomness: bytes = RANDOMNESS) -> Witnessed:
    """Sign as a witness."""
    return Witnessed(witness.public, witness.sign(testimony_payload(commitment, randomness)))
