"""Keys from the command line: made, read back, and never shown by accident."""

import stat
from pathlib import Path

import msgspec
import pytest

from cli.main import run
from cli.peer_id import base58, peer_id_of
from node.net.identity import BadNodeKey, ensure_node_key


def test_a_generated_phrase_gives_the_same_key_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["key", "generate", "-o", "json"]) == 0
    made = msgspec.json.decode(capsys.readouterr().out)
    phrase = made.pop("phrase")
    (tmp_path / "secret").write_text(phrase + "\n")
    assert run(["key", "inspect", "--secret-file", str(tmp_path / "secret"), "-o", "json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out) == made
    assert len(phrase.split()) == 12


def test_the_well_known_phrase_is_alice_without_her_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
    (tmp_path / "secret").write_text(phrase)
    assert run(["key", "inspect", "--secret-file", str(tmp_path / "secret"), "-o", "json"]) == 0
    shown = msgspec.json.decode(capsys.readouterr().out)
    assert shown["address"] == "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--words", "13"], "error: --words wants one of 12, 15, 18, 21, 24, got 13\n"),
    ],
)
def test_a_phrase_of_odd_length_is_refused(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["key", "generate", *words]) == 2
    assert capsys.readouterr().err == complaint


def test_a_broken_phrase_is_refused_without_being_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text(" ".join(["abandon"] * 12))
    assert run(["key", "inspect", "--secret-file", str(tmp_path / "secret")]) == 2
    assert "abandon" not in capsys.readouterr().err


def test_a_node_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    made = ensure_node_key(path)
    assert ensure_node_key(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_holds_no_node_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    path.write_text("abcd")
    with pytest.raises(BadNodeKey, match="wanted a key of 32 bytes, got 2"):
        ensure_node_key(path)


def test_a_peer_id_is_the_one_that_libp2p_gives() -> None:
    """The identity of the test vectors in the libp2p specification's Go implementation."""
    assert peer_id_of(bytes(32)) == "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"


def test_base58_keeps_leading_zeros() -> None:
    assert (base58(b"\0\0\x01"), base58(b"")) == ("112", "")
