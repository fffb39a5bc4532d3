"""Session keys over RPC, with a server and a keystore on disk."""

from pathlib import Path
from typing import Any

from node.keystore.keystore import Keystore, KeyType, open_keystore
from node.keystore.rpc_adapter import RpcKeystore
from node.keystore.vault import Cost
from runtime.pallets.session import SessionKeys, is_owner
from runtime.primitives.crypto import KeyKind, pair_from_uri
from runtime.primitives.scale import decode
from tests.conformance.vectors_of import unhex
from tests.rpc.support import FakeNode, serving

PASSWORD = b"correct horse"
CHEAP = Cost(operations=1, memory_bytes=8192)
BOB = pair_from_uri(KeyKind.ED25519, "//Bob").public


def served(keystore: Keystore) -> Any:
    return serving(FakeNode(RpcKeystore(keystore)))  # type: ignore[arg-type]


async def test_rotated_session_keys_are_kept_and_known(tmp_path: Path) -> None:
    async with served(open_keystore(tmp_path, PASSWORD, CHEAP)) as server:
        first = unhex(await server.call("author_rotateKeys"))
        second = unhex(await server.call("author_rotateKeys"))
    assert (len(first), len(second), first != second) == (96, 96, True)
    again = open_keystore(tmp_path, PASSWORD)
    assert again.public_keys(KeyType.BABE) == tuple(sorted((first[:32], second[:32])))
    async with served(again) as server:
        asked = [(first[:32], "babe"), (first[32:64], "gran"), (first[:32], "gran"), (BOB, "aura")]
        found = [await server.call("author_hasKey", "0x" + key.hex(), kind) for key, kind in asked]
    assert found == [True, True, False, False]


async def test_the_owner_of_rotated_keys_may_set_them(tmp_path: Path) -> None:
    async with served(open_keystore(tmp_path, PASSWORD, CHEAP)) as server:
        made = await server.call("author_rotateKeysWithOwner", "0x" + BOB.hex())
    keys, proof = decode(unhex(made["keys"]), SessionKeys), unhex(made["proof"])
    assert is_owner(BOB, keys, proof)
    assert not is_owner(bytes(32), keys, proof)


async def test_an_inserted_key_is_kept_if_it_is_the_one_that_was_named(tmp_path: Path) -> None:
    async with served(open_keystore(tmp_path, PASSWORD, CHEAP)) as server:
        named = "0x" + BOB.hex()
        assert await server.call("author_insertKey", "babe", "//Bob", named) is None
        assert await server.call("author_hasKey", named, "babe") is True
        code, message, _ = await server.call("author_insertKey", "gran", "//Alice", named)
    assert (code, message) == (
        -32602,
        f"Invalid params: the secret does not belong to the public key {named}",
    )
    assert open_keystore(tmp_path, PASSWORD).public_keys(KeyType.GRANDPA) == ()
