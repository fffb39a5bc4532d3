"""BIP39 phrases give the mini secrets and sr25519 keys of substrate-bip39."""

import pytest

from node.keystore.mnemonic import mini_secret, pair_from_secret
from runtime.primitives.crypto import KeyKind, pair_from_seed
from tests.conformance.vectors_of import load, unhex

VECTORS = load("bip39_substrate.json")


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["entropy"][:18])
def test_the_mini_secret_comes_from_the_entropy(case):
    assert mini_secret(case["phrase"], VECTORS["password"]) == unhex(case["seed"])[:32]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["entropy"][:18])
def test_the_sr25519_key_of_a_phrase_has_the_public_key_of_its_seed(case):
    pair = pair_from_secret(KeyKind.SR25519, f"{case['phrase']}///{VECTORS['password']}")
    assert pair == pair_from_seed(KeyKind.SR25519, unhex(case["seed"])[:32])
