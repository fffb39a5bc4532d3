"""Secrets in words, and where passwords come from."""

import os

import pytest

from node.keystore.mnemonic import BadPhrase, mini_secret, new_phrase, pair_from_secret
from node.keystore.password import (
    NoPassword,
    password_from_descriptor,
    password_from_environment,
    password_from_file,
)
from runtime.primitives.crypto import DEV_PHRASE, DEV_SEED, BadSecret, KeyKind, pair_from_uri

KIND = KeyKind.SR25519
ABANDON = "abandon " * 11 + "about"


def test_the_development_phrase_gives_the_development_seed():
    assert mini_secret(DEV_PHRASE) == DEV_SEED
    assert pair_from_secret(KIND, f"{DEV_PHRASE}//Alice") == pair_from_uri(KIND, "//Alice")


def test_a_uri_without_a_phrase_is_one_of_development():
    assert pair_from_secret(KIND, "//Bob//stash") == pair_from_uri(KIND, "//Bob//stash")


def test_a_password_and_a_path_each_make_another_key():
    secrets = [ABANDON, f"{ABANDON}///x", f"{ABANDON}//a", f"{ABANDON}/a", f"{ABANDON}//a///x"]
    assert len({pair_from_secret(KIND, secret).public for secret in secrets}) == 5


@pytest.mark.parametrize("words", [12, 15, 18, 21, 24])
def test_a_new_phrase_is_valid_and_new(words):
    phrase = new_phrase(words)
    assert len(phrase.split()) == words
    assert len(mini_secret(phrase)) == 32
    assert new_phrase(words) != phrase


def test_a_phrase_has_a_known_number_of_words():
    with pytest.raises(BadPhrase, match="wanted 12, 15, 18, 21 or 24 words, got 13"):
        new_phrase(13)


@pytest.mark.parametrize(
    "phrase", ["abandon " * 11 + "abandon", ABANDON + " about", "not words at all", ""]
)
def test_words_that_are_no_phrase_are_refused_without_showing_them(phrase):
    with pytest.raises(BadPhrase, match="wanted a BIP39 phrase") as caught:
        mini_secret(phrase)
    assert "abandon" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "one", "Upper Case words", "x" * 2000, "0x12"])
def test_what_is_no_secret_is_refused_or_is_the_development_key(secret):
    if not secret:
        assert pair_from_secret(KIND, secret) == pair_from_uri(KIND, "")
        return
    with pytest.raises(BadSecret):
        pair_from_secret(KIND, secret)


def test_a_password_is_the_first_line_of_its_file(tmp_path):
    file = tmp_path / "password"
    file.write_bytes("pässword with spaces \n".encode())
    assert password_from_file(file) == "pässword with spaces ".encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got nothing"),
        (b"\n", "got nothing"),
        (b"one\ntwo\n", "wanted one line"),
        (b"x" * 1025, "wanted at most 1024 bytes"),
        (b"x" * 5000, "wanted at most 1024 bytes"),
    ],
)
def test_a_file_without_a_password_is_refused(tmp_path, content, message):
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(NoPassword, match=message):
        password_from_file(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NoPassword, match=r"cannot read password file .*gone: No such file"):
        password_from_file(tmp_path / "gone")


def test_a_password_comes_through_a_descriptor():
    reader, writer = os.pipe()
    os.write(writer, b"secret\n")
    os.close(writer)
    assert password_from_descriptor(reader) == b"secret"
    with pytest.raises(NoPassword, match="cannot read password descriptor"):
        password_from_descriptor(reader)


def test_a_password_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("STARMINER_TEST_PASSWORD", "secret")
    assert password_from_environment("STARMINER_TEST_PASSWORD") == b"secret"
    monkeypatch.delenv("STARMINER_TEST_PASSWORD")
    with pytest.raises(NoPassword, match="STARMINER_TEST_PASSWORD, which is not set"):
        password_from_environment("STARMINER_TEST_PASSWORD")
