"""Files of a node's keys: damaged in any way they are refused by name, never half read."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.keystore.keystore import Keystore, KeyType, open_keystore
from node.keystore.vault import MAX_FILE_BYTES, VAULT_FILE, Cost, KeystoreError
from node.net.identity import BadNodeKey, ensure_node_key
from runtime.primitives.crypto import KeyKind, pair_from_uri
from tests.fuzz.values import damaged

PASSWORD = b"password"
CHEAP = Cost(operations=1, memory_bytes=8192)
PAIR = pair_from_uri(KeyKind.ED25519, "//Alice")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    open_keystore(made, PASSWORD, CHEAP).insert(KeyType.BABE, PAIR)
    return made


def opened_with(directory: Path, path: Path, raw: bytes) -> Keystore | None:
    """Open the keystore with other bytes in one file; None if it is refused by name."""
    whole = path.read_bytes()
    path.write_bytes(raw)
    try:
        return open_keystore(directory, PASSWORD)
    except KeystoreError as error:
        assert str(directory) in str(error)  # noqa: PT017 - both outcomes are right
        return None
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("pattern", [VAULT_FILE, "*.key.json"])
def test_a_damaged_file_gives_the_same_key_or_a_refusal(directory: Path, pattern: str) -> None:
    (path,) = directory.glob(pattern)

    @given(damaged(st.just(path.read_bytes())))
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    def holds(raw: bytes) -> None:
        record = raw.decode("utf-8", "replace")
        if '"memory_bytes": 8192' not in record and pattern == VAULT_FILE:
            return  # another cost is another key, and up to a gigabyte of memory
        keystore = opened_with(directory, path, raw)
        if keystore is not None:
            assert keystore.public_keys(KeyType.BABE) == (PAIR.public,)

    holds()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[" * MAX_FILE_BYTES,
        b"{}",
        b"1" * MAX_FILE_BYTES,
        b'{"version": []}',
    ],
)
def test_what_is_no_record_is_refused(directory: Path, raw: bytes) -> None:
    for path in directory.iterdir():
        assert opened_with(directory, path, raw) is None


@given(st.binary(max_size=80))
@settings(max_examples=60)
def test_a_node_key_file_is_a_key_or_refused(raw: bytes) -> None:
    path = Path(__file__).with_name("unwritten.key")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "exists", lambda self: True)
        patch.setattr(Path, "read_text", lambda self, encoding: raw.decode(encoding))
        try:
            assert len(ensure_node_key(path)) == 32
        except BadNodeKey as error:
            assert path.name in str(error)  # noqa: PT017 - both outcomes are right
