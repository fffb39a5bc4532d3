"""polkadot-api reads our metadata as we mean it, and computes the same RFC-78 digest of it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from runtime.api import APIS, RuntimeApi
from runtime.frame.metadata import METADATA_VERSIONS, methods_of
from tests.support.chain import MemoryChain
from tests.support.needs import NODE_MISSING, missing

CLIENT = Path(__file__).parent / "clients" / "merkleize"

SECONDS = 30
"""Far above the second that the script takes."""


@pytest.fixture(scope="module")
def chain() -> MemoryChain:
    return MemoryChain()


@pytest.fixture(scope="module", params=METADATA_VERSIONS)
def found(request: pytest.FixtureRequest, chain: MemoryChain, tmp_path_factory: Any) -> Any:
    """What polkadot-api makes of a version of the metadata."""
    node = shutil.which("node")
    if node is None:
        missing(NODE_MISSING)
    if not (CLIENT / "node_modules").is_dir():
        missing("run `npm ci --prefix tests/conformance/clients/merkleize` first")
    path = tmp_path_factory.mktemp("metadata") / "metadata.scale"
    path.write_bytes(RuntimeApi(chain.executive).metadata(chain.state, request.param))
    command = [node, str(CLIENT / "merkleize.mjs"), str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=SECONDS)
    return json.loads(done.stdout)


def test_the_digest_is_that_of_an_independent_implementation(
    found: Any, chain: MemoryChain
) -> None:
    ours = chain.rules.metadata_hash().hex()
    assert found["digest"] == (None if found["version"] == 14 else ours)


def test_the_runtime_apis_read_back_as_they_answer(found: Any) -> None:
    versioned = found["version"] >= 16
    wanted = [
        [
            api.__name__,
            api.api_version if versioned else None,
            [method.name for method in methods_of(api)],
        ]
        for api in APIS
    ]
    assert found["apis"] == ([] if found["version"] == 14 else wanted)


def test_the_documentation_of_storage_items_arrives(found: Any) -> None:
    items = {pallet: dict(items) for pallet, items in found["pallets"]}
    wanted = "The running hash of the VRF outputs of the epoch under way."
    assert items["Babe"]["Accumulator"] == wanted


def test_version_16_lists_both_versions_of_the_extrinsic_with_the_older_first(found: Any) -> None:
    assert found["extrinsicVersions"] == ([4, 5] if found["version"] == 16 else [4])
    if found["version"] == 16:
        signed, verifying = found["extensions"]
        assert len(signed) == 9
        assert verifying == ["VerifyMultiSignature", *signed]


def test_the_outer_enums_bear_the_names_that_clients_look_for(found: Any) -> None:
    names = ["RuntimeCall", "RuntimeEvent", "RuntimeError"]
    wanted = [f"starminer_runtime::{name}" for name in names]
    assert found["outerEnums"] == (None if found["version"] == 14 else wanted)
