"""Node 3 of four lies: every honest node refuses its lies, and the chain goes on without them."""

from consensus.equivocation import BlockEquivocation
from consensus.errors import BadReceipts, WrongStateRoot
from consensus.verification import pre_digest_of
from runtime.primitives import crypto
from runtime.primitives.block import Seal
from tests.simulation.ledger import Lie
from tests.simulation.real import RealLedger
from tests.simulation.scenario import Scenario
from tests.simulation.sessions import genesis_pair
from tests.simulation.world import simulate

SEEDS = range(212, 213)
"""A world in which the twins author in one slot while they do not hear of each other."""
HONEST, LIAR = [0, 1, 2], 3

FALSE_RECEIPT = Scenario(
    lies=(Lie.FALSE_RECEIPT,),
    storm_seconds=80,
    calm_seconds=40,
    loss=0.05,
    max_delay_seconds=0.4,
    partitions=0,
    restarts=0,
)
WRONG_ROOT = Scenario(
    lies=(Lie.WRONG_STATE_ROOT,),
    storm_seconds=30,
    calm_seconds=30,
    loss=0.0,
    max_delay_seconds=0.4,
    partitions=0,
    restarts=0,
)
"""Nobody passes a bad block on, so whom its author cannot reach never judges it. In bad weather two
partitions, two losses and two parents still on their way once kept a node from all six."""
TWIN = Scenario(lies=(Lie.TWIN,), storm_seconds=30, calm_seconds=20)


def test_req_c3_a_false_receipt_is_refused_by_all_pools_and_importers_and_slashed(
    seed: int,
) -> None:
    outcome = simulate(seed, FALSE_RECEIPT, RealLedger)
    refused = [one for one in outcome.refusals if one.error is BadReceipts]
    assert sorted({(one.node, one.source) for one in refused}) == [(node, LIAR) for node in HONEST]
    assert {one.reason.partition(":")[0] for one in refused} == {"WrongLeaf"}
    said = {(one.node, one.source, one.what[:18]) for one in outcome.complaints}
    assert sorted(said) == [(node, LIAR, "receipt: WrongLeaf") for node in HONEST]
    assert "ProviderSlashed" in outcome.told
    assert "SegmentVerified" not in outcome.told


def test_a_block_with_a_wrong_state_root_is_refused_by_all(seed: int) -> None:
    outcome = simulate(seed, WRONG_ROOT, RealLedger)
    refused = {(one.node, one.source) for one in outcome.refusals if one.error is WrongStateRoot}
    assert sorted(refused) == [(node, LIAR) for node in HONEST]
    assert len(outcome.final) >= 10


def test_an_equivocating_author_is_reported_with_two_sealed_headers_of_one_slot(seed: int) -> None:
    proofs = [
        proof
        for proof in simulate(seed, TWIN, RealLedger).equivocations
        if isinstance(proof, BlockEquivocation)
    ]
    assert {proof.offender for proof in proofs} == {genesis_pair(LIAR).public}
    for proof in proofs:
        headers = (proof.first_header, proof.second_header)
        assert headers[0].hash != headers[1].hash
        assert {pre_digest_of(header).slot for header in headers} == {proof.slot}
        for header in headers:
            seal = header.digest[-1]
            assert isinstance(seal, Seal)
            assert crypto.verify_ed25519(seal.payload, header.unsealed.hash, proof.offender)
