"""Sealing keys stand on chain by the word of their provider; proofs are checked by what it says."""

from dataclasses import dataclass

import pytest

from runtime.compute.attestation import Vendor
from runtime.compute.job import ProofType
from runtime.compute.receipt import Commitment
from runtime.compute.witnesses import draw_seats
from runtime.frame import BadOrigin, Root, Signed
from runtime.pallets import jobs
from runtime.pallets.sealing import Error, KeyPublished, Sealing
from runtime.primitives.hashing import blake2_256
from tests.pallets.compute_market import ALICE, CAROL, DAVE, NODE_KEY, ComputeMarket, order

KEY, OTHER_KEY = b"k" * 32, b"q" * 32
VENDOR = Vendor(b"v" * 32, b"m" * 32, 50)
VALIDATORS = (b"a" * 32, b"b" * 32, b"c" * 32, b"d" * 32)


@dataclass(frozen=True)
class Believed:
    """A chain with a vendor and four validators."""

    def vendors(self) -> tuple[Vendor, ...]:
        return (VENDOR,)

    def witnesses(self, commitment: Commitment, randomness: bytes) -> tuple[bytes, ...]:
        return draw_seats(VALIDATORS, commitment, randomness)


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL, node_key=NODE_KEY)
    return world


@pytest.fixture
def sealing(world: ComputeMarket) -> Sealing:
    return world.add(Sealing(world.context, world.providers, index=11))


def test_a_provider_or_its_node_publishes_its_key(world: ComputeMarket, sealing: Sealing) -> None:
    world.call(sealing.publish, Signed(CAROL), KEY)
    assert sealing.keys[CAROL] == KEY
    world.call(sealing.publish, Signed(NODE_KEY), OTHER_KEY)
    assert dict(sealing.keys.items()) == {CAROL: OTHER_KEY}
    assert world.own_events(sealing) == [KeyPublished(CAROL, KEY), KeyPublished(CAROL, OTHER_KEY)]


def test_nobody_else_publishes_a_key(world: ComputeMarket, sealing: Sealing) -> None:
    for who in (ALICE, DAVE):
        with world.refuses(Error.NOT_PROVIDER):
            world.call(sealing.publish, Signed(who), KEY)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(sealing.publish, Root(), KEY)


def test_a_key_that_stands_there_is_not_published_again(
    world: ComputeMarket, sealing: Sealing
) -> None:
    world.call(sealing.publish, Signed(CAROL), KEY)
    with world.refuses(Error.SAME_KEY):
        world.call(sealing.publish, Signed(CAROL), KEY)


@pytest.mark.parametrize(
    ("proof", "reply_key"),
    [
        (ProofType.SAMPLED, None),
        (ProofType.ATTESTED, None),
        (ProofType.ATTESTED, KEY),
        (ProofType.WITNESSED, KEY),
    ],
)
def test_a_proof_is_checked_against_whom_its_type_believes(
    world: ComputeMarket, proof: ProofType, reply_key: bytes | None
) -> None:
    world.receipts.trust = Believed()
    job = world.committed(proof=proof, reply_key=reply_key)
    world.pass_blocks(2)
    context = world.receipts.opening_context(job, 0)
    assert context is not None
    assert context.spec == order(1, proof=proof, reply_key=reply_key)
    drawn = draw_seats(VALIDATORS, context.commitment, blake2_256(b"block5"))
    assert context.vendors == ((VENDOR,) if proof is ProofType.ATTESTED else ())
    assert context.witnesses == (drawn if proof is ProofType.WITNESSED else ())


def test_a_chain_that_believes_nobody_waits_in_vain(world: ComputeMarket) -> None:
    job = world.committed(proof=ProofType.ATTESTED)
    world.pass_blocks(2)
    context = world.receipts.opening_context(job, 0)
    assert context is not None
    assert (context.vendors, context.witnesses) == ((), ())


@pytest.mark.parametrize(
    ("proof", "reply_key"), [(ProofType.SAMPLED, KEY), (ProofType.WITNESSED, None)]
)
def test_a_job_whose_proof_does_not_fit_is_refused(
    world: ComputeMarket, proof: ProofType, reply_key: bytes | None
) -> None:
    with world.refuses(jobs.Error.BAD_SPEC):
        world.submit(proof=proof, reply_key=reply_key)
