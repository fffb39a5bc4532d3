"""A member of the oracle reports on a devnet, from a file."""

from pathlib import Path

import pytest

from runtime.primitives.crypto import KeyKind, pair_from_uri
from runtime.primitives.ss58 import encode_ss58
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

EVE = encode_ss58(pair_from_uri(KeyKind.SR25519, "//Eve").account, 42)


def test_a_member_joins_and_its_report_is_on_the_chain(devnet: Devnet, tmp_path: Path) -> None:
    price = tmp_path / "price.txt"
    price.write_text("0.125")
    devnet.cli("oracle", "join", "--signer", "//Eve").json()
    assert devnet.rpc("oracle_health")["members"] == [EVE]
    words = ("--feed", f"agpu/usd=file:{price}", "--journal", tmp_path / "journal", "--rounds", 1)
    (shown,) = devnet.cli("oracle", "run", *words, "--signer", "//Eve").json()
    assert (shown["feed"], shown["value"]) == ("agpu/usd", "0.125000")
    health = devnet.rpc("oracle_health")
    assert [feed["name"] for feed in health["feeds"]] == ["agpu/usd", "energy/kwh-usd"]
    assert [feed["value"] for feed in health["feeds"]] == [None, None], "one report is no value"
