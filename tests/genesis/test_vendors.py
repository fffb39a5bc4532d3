"""Vendors in chain specs: a test vendor for development, none where work is worth something."""

import pytest
from msgspec import structs

from genesis.build import chain_config, genesis_config
from genesis.spec import BadSpec, ChainSpec, Config, VendorPart, load_spec
from node.sealing import TEST_VENDOR
from runtime.compute.attestation import Vendor
from runtime.config import ChainConfig
from runtime.primitives.crypto import KeyKind, pair_from_uri

MEASUREMENT = "0x" + "07" * 32
KEY = pair_from_uri(KeyKind.ED25519, TEST_VENDOR).public


def config_of(spec: ChainSpec) -> Config:
    assert spec.genesis.config is not None
    return spec.genesis.config


def with_vendors(preset: str, *vendors: VendorPart) -> tuple[ChainSpec, Config]:
    spec = load_spec(preset)
    config = config_of(spec)
    return spec, structs.replace(config, compute=structs.replace(config.compute, vendors=vendors))


@pytest.mark.parametrize("preset", ["dev", "local"])
def test_development_chains_believe_the_test_vendor(preset: str) -> None:
    spec = load_spec(preset)
    (vendor,) = chain_config(spec, config_of(spec)).vendors
    assert vendor.key == KEY
    assert vendor.measurement == b"test vendor: attests anything!!!"


def test_the_shape_of_a_public_chain_believes_nobody() -> None:
    spec = load_spec("testnet")
    assert chain_config(spec, config_of(spec)).vendors == ()


def test_vendors_lie_in_the_constants_of_the_chain() -> None:
    part = VendorPart(key="0x" + KEY.hex(), measurement=MEASUREMENT, expires=77)
    config = chain_config(*with_vendors("testnet", part))
    assert config.vendors == (Vendor(KEY, b"\x07" * 32, 77),)
    assert ChainConfig.decode(config.encode()) == config


def test_a_live_chain_refuses_a_vendor_whose_key_everybody_has() -> None:
    part = VendorPart(key=TEST_VENDOR, measurement=MEASUREMENT)
    with pytest.raises(BadSpec, match="'//TestVendor' on a Live chain: everybody has the key"):
        genesis_config(*with_vendors("testnet", part))


def test_a_key_that_is_none_is_named_with_its_field() -> None:
    part = VendorPart(key="acme", measurement=MEASUREMENT)
    with pytest.raises(BadSpec, match=r"compute\.vendors\[0\]\.key: wanted 0x and 64 hex digits"):
        chain_config(*with_vendors("dev", part))
