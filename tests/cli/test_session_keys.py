"""New session keys: the node makes and proves them, the chain takes them from their owner alone."""

from cli.sdk.client import enhex, unhex
from cli.sdk.transactions import prepare, receipt_of, send
from cli.session_keys import new_keys
from node.keystore.keystore import Keystore, KeyType
from node.keystore.rpc_adapter import RpcKeystore
from runtime.pallets.session import SessionKeys
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import decode
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

VALIDATOR, NOBODY = pair(1), pair(2)


class ValidatorRpc(ChainRpc):
    """A node with a keystore."""

    def __init__(self, keystore: Keystore) -> None:
        super().__init__(MemoryChain())
        self._keystore = RpcKeystore(keystore)

    def author_rotateKeysWithOwner(self, owner: str) -> dict[str, str]:  # noqa: N802
        keys = self._keystore.rotate_keys()
        return {
            "keys": enhex(keys),
            "proof": enhex(self._keystore.prove_keys(keys, unhex(owner))),
        }


async def rotated(rpc: ValidatorRpc, owner: Pair) -> str | None:
    """Rotate the keys for an account; return why the chain refused, or None."""
    client = client_of(rpc)
    prepared = await prepare(client, (await new_keys(client, owner)).encoded, owner)
    await send(client, prepared)
    return (await receipt_of(client, prepared.raw, rpc.seal())).failure


async def test_the_chain_takes_the_keys_that_the_node_made() -> None:
    keystore = Keystore()
    rpc = ValidatorRpc(keystore)
    assert await rotated(rpc, VALIDATOR) is None
    kinds = (KeyType.BABE, KeyType.GRANDPA, KeyType.AUDIT)
    made = b"".join(keystore.public_keys(kind)[0] for kind in kinds)
    keys = rpc.chain.runtime().session.next_keys[VALIDATOR.account]
    assert keys == decode(made, SessionKeys)


async def test_an_account_without_a_bond_is_refused() -> None:
    refusal = await rotated(ValidatorRpc(Keystore()), NOBODY)
    assert refusal == "Session.NoAssociatedValidatorId: This account has no bond."
