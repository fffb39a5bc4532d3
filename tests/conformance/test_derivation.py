import pytest
import sr25519

from runtime.primitives.crypto import DEV_PHRASE, KeyKind, pair_from_seed, pair_from_uri
from tests.conformance.vectors_of import load, unhex

VECTORS = load("derivation.json")
CASES = VECTORS["cases"]
FROM_URI = [case for case in CASES if case.get("uri", "").startswith(("/", DEV_PHRASE))]
FROM_SEED = [case for case in CASES if "uri" not in case]
OF_OTHER_WORDS = [case for case in CASES if case not in FROM_URI and case not in FROM_SEED]
"""A phrase with a password: turning words into a seed is the keystore's business."""


def test_every_vector_is_looked_at() -> None:
    assert VECTORS["devPhrase"] == DEV_PHRASE
    assert (len(FROM_URI), len(FROM_SEED), len(OF_OTHER_WORDS)) == (10, 4, 1)


@pytest.mark.parametrize("case", FROM_URI, ids=lambda case: case["scheme"] + case["uri"][-14:])
def test_development_accounts_are_those_of_substrate(case) -> None:
    pair = pair_from_uri(KeyKind[case["scheme"].upper()], case["uri"])
    assert pair.public == unhex(case["publicKey"])
    if "secretEd25519Form" in case:
        form = sr25519.convert_secret_key_to_ed25519(pair.secret)
        assert form == unhex(case["secretEd25519Form"])
    if "seed" in case:
        assert pair == pair_from_seed(pair.kind, unhex(case["seed"]))


@pytest.mark.parametrize("case", FROM_SEED, ids=lambda case: case["source"])
def test_keys_of_seeds_are_those_of_substrate(case) -> None:
    kind = KeyKind[case["scheme"].upper()]
    if "junctionHard" in case:
        assert unhex(case["junctionHard"]) == bytes(32)
        derived = pair_from_seed(kind, unhex(case["seed"]), "//0")
        assert derived == pair_from_seed(kind, unhex(case["derivedSeed"]))
    else:
        assert pair_from_seed(kind, unhex(case["seed"])).public == unhex(case["publicKey"])


def test_the_ecdsa_development_account_is_that_of_substrate() -> None:
    alice = pair_from_uri(KeyKind.ECDSA, "//Alice")
    known = "020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1"
    assert alice.public.hex() == known
