"""Raw chain specs of public chains: the command finds their state version, root and hash."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from genesis.inspection import RawSpec, inspect_spec, inspection_of, read_raw_spec, state_root
from runtime.state.trie_build import root_of
from runtime.state.trie_node import Value, ValueHash
from tests.conformance.vectors_of import load, unhex

CHAINS = load("genesis/index.json")
RUNTIMES = {
    "genesis/westend.json.gz": None,
    "genesis/collectives-polkadot.json.gz": "collectives 9290",
    "genesis/coretime-kusama.json.gz": "coretime-kusama 1002000",
}


def spec_file(tmp_path: Path, chain) -> Path:
    path = tmp_path / "spec.json"
    raw = {"top": load(chain["file"])["top"], "childrenDefault": {}}
    spec = {"name": "A \u00e9 \\ chain", "id": "a", "bootNodes": [], "genesis": {"raw": raw}}
    path.write_text(json.dumps({**spec, "properties": {"ss58Format": 42}, "codeSubstitutes": {}}))
    return path


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain["file"])
def test_a_published_spec_gives_its_version_root_and_hash(tmp_path: Path, chain) -> None:
    found = inspect_spec(spec_file(tmp_path, chain))
    assert (found.name, found.id, found.keys) == ("A \u00e9 \\ chain", "a", chain["keys"])
    assert found.runtime == RUNTIMES[chain["file"]]
    assert found.state_version == chain["stateVersion"]
    assert found.header.state_root == unhex(chain["stateRoot"])
    assert found.header.hash == unhex(chain["genesisHash"])


def test_a_storage_whose_large_values_are_known_by_hash_has_the_same_root() -> None:
    vector = load("genesis/coretime-kusama.values-hashed.json")
    pairs: dict[bytes, Value] = {
        unhex(key): ValueHash(unhex(value["blake2_256"])) if isinstance(value, dict)
        else unhex(value)
        for key, value in vector["top"].items()
    }  # fmt: skip
    assert root_of(pairs, vector["stateVersion"]) == unhex(vector["stateRoot"])


def test_a_spec_that_gives_only_the_root_gives_the_hash() -> None:
    chain = CHAINS[0]
    text = json.dumps({"id": "x", "genesis": {"stateRootHash": chain["stateRoot"]}})
    found = inspection_of(read_raw_spec(BytesIO(text.encode())))
    assert found.header.hash == unhex(chain["genesisHash"])
    assert found.state_version is None


def test_the_pair_of_the_oldest_specs_is_read() -> None:
    old = read_raw_spec(BytesIO(b'{"genesis": {"raw": [{"0x01": "0x02"}, {}]}}'))
    assert (old.top, old.children) == ({b"\1": b"\2"}, {})


def test_the_root_of_a_child_trie_stands_in_the_storage() -> None:
    child = {bytes([i]): bytes(40) for i in range(9)}
    with_child = RawSpec(top={b"a": b"b"}, children={b"kid": child, b"empty": {}})
    for version in (0, 1):
        plain = {b"a": b"b", b":child_storage:default:kid": root_of(child, version)}
        assert state_root(with_child, version) == root_of(plain, version)


def test_the_published_specs_of_another_layout_have_another_root(tmp_path: Path) -> None:
    found = inspect_spec(spec_file(tmp_path, CHAINS[1]), state_version=1)
    assert (found.state_version, found.state_version_source) == (1, "given")
    assert found.header.state_root != unhex(CHAINS[1]["stateRoot"])
