import json
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from genesis import inspection
from genesis.build import build_block, to_raw
from genesis.inspection import inspect_spec, layout_of, read_raw_spec
from genesis.json_stream import BadJson
from genesis.spec import BadSpec, load_spec, to_json
from genesis.wasm import WASM_HEADER, ZSTD_MAGIC, BadCode, embedded_version

CORE_4 = bytes.fromhex("df6acb689907609b") + (4).to_bytes(4, "little")


def section(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def custom(name: bytes, body: bytes) -> bytes:
    return section(0, bytes([len(name)]) + name + body)


def version(tail: bytes) -> bytes:
    return custom(b"runtime_version", b"\x04a\x04b" + bytes(4) + b"\7\0\0\0" + bytes(4) + tail)


def refusal(spec: Any) -> str:
    raw = spec if isinstance(spec, bytes) else json.dumps(spec).encode()
    with pytest.raises((BadSpec, BadJson, BadCode)) as raised:
        inspection.inspection_of(read_raw_spec(BytesIO(raw)))
    return str(raised.value)


def raw_spec(top: dict[str, str], **rest: Any) -> dict[str, Any]:
    return {"genesis": {"raw": {"top": top, **rest}}}


def test_our_own_raw_spec_gives_the_hash_of_its_chain(tmp_path: Path) -> None:
    spec = load_spec("dev")
    path = tmp_path / "dev.json"
    path.write_text(to_json(to_raw(spec)))
    found = inspect_spec(path)
    assert found.header == build_block(spec).header
    assert (found.runtime, found.state_version) == ("starminer 1", 1)


@pytest.mark.parametrize(
    ("wasm", "wanted"),
    [
        (version(bytes(5) + b"\1") + custom(b"runtime_apis", CORE_4), 1),
        (version(bytes(5) + b"\0") + custom(b"runtime_apis", CORE_4), 0),
        (version(bytes(5) + b"\2") + custom(b"runtime_apis", CORE_4), 1),
        (version(b"\x04" + CORE_4 + bytes(4) + b"\1"), 1),
        (version(bytes(5) + b"\1"), 0),
        (section(2, b"ext_storage_root_version_1"), 0),
    ],
    ids=["V1", "V0", "later", "apis inside", "legacy", "old imports"],
)
def test_the_state_version_is_what_the_code_says(wasm: bytes, wanted: int) -> None:
    plain = WASM_HEADER + wasm
    assert layout_of(plain, None)[0] == wanted
    assert layout_of(ZSTD_MAGIC + zstd.compress(plain), None)[0] == wanted


def test_code_that_may_ask_for_either_needs_the_flag() -> None:
    code = WASM_HEADER + section(2, b"ext_storage_root_version_2")
    with pytest.raises(BadSpec, match="say --state-version 0 or 1"):
        layout_of(code, None)
    assert layout_of(code, 0) == (0, "given", None)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"PVM\0rest", ":code is not a Wasm module: wanted it to start with 0061736d01000000"),
        (WASM_HEADER + b"\0\x09x", ":code ends inside a section: wanted 19 bytes, got 11"),
        (WASM_HEADER + b"\0\xff\xff\xff\xff\xff", ":code is damaged: no size at byte 9"),
        (WASM_HEADER + custom(b"runtime_version", b"\x08a"), "runtime_version of :code is damaged"),
        (ZSTD_MAGIC + b"nonsense", ":code is marked as compressed, but zstd says"),
        (ZSTD_MAGIC + zstd.compress(bytes(99))[:-3], "cannot be decompressed: it ends too early"),
        (ZSTD_MAGIC + zstd.compress(bytes(51 << 20)), "decompressed: above 52428800 bytes"),
    ],
    ids=["PolkaVM", "short", "size", "version", "zstd", "short zstd", "bomb"],
)
def test_damaged_code_is_refused_by_name(code: bytes, message: str) -> None:
    with pytest.raises(BadCode) as raised:
        embedded_version(code)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "it has no field genesis: wanted a raw chain spec"),
        (b"[]", "at byte 1: wanted `{`, got ["),
        ({"genesis": {"runtimeGenesis": {}}}, "genesis.runtimeGenesis: wanted a raw chain spec"),
        ({"genesis": {}}, "genesis.raw.top: wanted at least one key, got none"),
        ({"genesis": {"stateRootHash": "0x00"}}, "genesis.stateRootHash: wanted 32 bytes, got 1"),
        (raw_spec({"0x01": "02"}), "genesis.raw.top.0x01: wanted 0x and an even number of hex"),
        (raw_spec({"0x01": "0x0 2"}), "genesis.raw.top.0x01: wanted 0x and an even number of hex"),
        (raw_spec({"0x1": "0x02"}), "genesis.raw.top.0x1: wanted 0x and an even number of hex"),
        (b'{"genesis":{"raw":{"top":{"0xaa":"0x","0xAA":"0x"}}}}', "0xAA: the key stands there"),
        (raw_spec({"0x" + b":child_storage:x".hex(): "0x"}), "belongs into childrenDefault"),
        (raw_spec({"0x01": "0x"}), "genesis.raw.top has no :code (0x3a636f6465)"),
        (raw_spec({"0x01": "0x"}, bottom={}), "genesis.raw.bottom: wanted top and childrenDefault"),
        (b'{"genesis":{"raw":{"top":{"0x01":2}}}}', "wanted a string, got 2"),
        (b'{"genesis":{"raw":{"top":{"0x01":"0x02"', "got the end of the file"),
    ],
)
def test_a_spec_that_is_none_is_refused_by_what_is_wrong(spec: Any, message: str) -> None:
    assert message in refusal(spec)


def test_the_storage_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MAX_STORAGE_BYTES", 100)
    assert "wanted at most 100 bytes of storage" in refusal(raw_spec({"0x01": "0x" + "00" * 200}))


def test_memory_follows_the_storage_and_not_the_text(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    rest = json.dumps("x" * (1 << 16))
    with path.open("w") as file:
        file.write('{"codeSubstitutes": [' + ",".join([rest] * 512) + "],")
        file.write('"genesis": {"raw": {"top": {"0x3a": "0x00"}}}}')
    tracemalloc.start()
    try:
        assert inspect_spec(path, 1).keys == 1
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
