"""Identities from the command line: what is said, and what is shown of it."""

import pytest

from cli.errors import UsageError
from cli.identity import Description, identity_of, info_of, text_of
from runtime.pallets.identity import NO_DATA, Data, DataKind, IdentityInfo, raw
from tests.cli.test_governance import VOTER, World


def test_what_is_left_out_is_nothing() -> None:
    said = Description(display="Alice", matrix="@alice:example.org")
    assert info_of(said) == IdentityInfo(display=raw(b"Alice"), riot=raw(b"@alice:example.org"))
    assert info_of(Description()) == IdentityInfo()


def test_a_field_is_measured_in_bytes() -> None:
    info_of(Description(display="é" * 16))
    with pytest.raises(UsageError, match=r"^--legal: wanted up to 32 bytes, got 34$"):
        info_of(Description(legal="é" * 17))


def test_a_hash_is_shown_as_one() -> None:
    assert text_of(Data(DataKind.SHA256, b"\x07" * 32)) == "sha256:0x" + "07" * 32
    assert (text_of(NO_DATA), text_of(raw(b"\xff"))) == ("", "�")


async def test_an_identity_is_set_shown_and_cleared() -> None:
    world = World()
    encode = world.client.calls.encode
    nobody = {"account": world.client.address(VOTER.public), "described": False}
    assert await identity_of(world.client, VOTER.public, await world.head()) == nobody
    info = info_of(Description(display="Alice", web="https://alice.example"))
    assert await world.make(encode("Identity", "set_identity", info)) is None
    assert await identity_of(world.client, VOTER.public, await world.head()) == {
        "account": world.client.address(VOTER.public),
        "described": True,
        "display": "Alice",
        "web": "https://alice.example",
        "deposit": "1.035 AGPU",
        "judgements": [],
    }
    assert await world.make(encode("Identity", "clear_identity")) is None
    assert await identity_of(world.client, VOTER.public, await world.head()) == nobody
