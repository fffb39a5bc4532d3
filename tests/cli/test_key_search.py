"""Keys of a keystore by name, and keys whose addresses begin as one likes."""

import json
from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.key_search import check_pattern, key_rows, search
from cli.main import run
from cli.sdk.downloads import untold
from runtime.primitives.crypto import KeyKind, pair_from_seed
from runtime.primitives.ss58 import encode_ss58


def test_a_key_is_found_whose_address_begins_with_the_pattern(capsys):
    assert run(["key", "vanity", "5F", "--scheme", "ed25519", "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["address"].startswith("5F")
    pair = pair_from_seed(KeyKind.ED25519, bytes.fromhex(shown["seed"][2:]))
    assert encode_ss58(pair.account, 42) == shown["address"]


def test_a_search_ends_after_so_many_keys(capsys):
    assert search("5GGGGGG", KeyKind.ED25519, 42, 2, untold) is None
    assert run(["key", "vanity", "5GGGGGG", "--most", "1"]) == 1
    assert "none of 1 keys begins with 5GGGGGG" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("50", "addresses have no '0'"),
        ("", "wanted 1 to 7 letters, got 0"),
        ("5GGGGGGG", "wanted 1 to 7 letters, got 8"),
        ("1x", "addresses of network 42 lie between 5C and 5H, got 1x"),
        ("5a", "lie between 5C and 5H, got 5a"),
    ],
)
def test_a_pattern_that_no_address_has_is_refused(pattern: str, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        check_pattern(pattern, 42)


def test_the_keys_of_a_keystore_are_listed_without_a_password(tmp_path: Path, capsys):
    for name in ("babe-aa11.key.json", "gran-bb22.key.json", "odd.txt", "xxxx-cc.key.json"):
        (tmp_path / name).write_text("{}")
    rows = list(key_rows(tmp_path))
    assert [(row["type"], row["purpose"], row["public_key"]) for row in rows] == [
        ("babe", "babe", "0xaa11"),
        ("gran", "grandpa", "0xbb22"),
    ]
    assert run(["key", "list", "--base-path", str(tmp_path)]) == 1
    assert "no node ran there yet" in capsys.readouterr().err
