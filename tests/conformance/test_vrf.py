import pytest

from runtime.primitives.vrf import from_babe, hash_to_curve, output_of, prove, to_babe, verify
from tests.conformance.vectors_of import load, unhex

CASES = load("ecvrf_rfc9381_tai.json")["cases"]


@pytest.mark.parametrize("case", CASES, ids=["example 16", "example 17", "example 18"])
def test_every_step_is_that_of_rfc_9381(case) -> None:
    secret, public, alpha = (unhex(case[name]) for name in ("sk", "pk", "alpha"))
    point, proof, output = (unhex(case[name]) for name in ("H", "pi", "beta"))
    assert hash_to_curve(public, alpha) == point
    assert prove(secret, alpha) == proof
    assert output_of(proof) == output
    assert verify(public, alpha, proof) == output
    assert verify(public, alpha, from_babe(*to_babe(proof))) == output
