"""An unmodified py-substrate-interface against our server, over the real runtime at genesis."""

from dataclasses import replace

import pytest
import trio

from genesis.build import build_block
from genesis.spec import load_spec
from node.backend.runtime import StateRuntime
from node.chain import Chain
from node.rpc.api import Backend
from node.store.db import MemoryDatabase
from node.store.opening import open_block_store
from node.store.states import StateStore
from runtime.api import RuntimeApi
from runtime.executive import Executive
from runtime.primitives.block import Block
from runtime.primitives.hashing import blake2_256
from tests.rpc.support import ALICE_SS58, FakeNode, serving

substrate = pytest.importorskip("substrateinterface")
BOB_SS58 = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"


class GenesisNode(FakeNode):
    """The real runtime on block 0; the pool takes everything."""

    def backend(self) -> Backend:
        genesis = build_block(load_spec("dev"))
        database = MemoryDatabase()
        blocks = open_block_store(database, Block(genesis.header, ()), genesis.state.take_nodes)
        states = StateStore(database)
        chain = Chain(blocks, states)
        executive = Executive.of_state(chain.state_at(chain.best.hash), chain.genesis_hash)
        self.chain = chain
        return replace(
            super().backend(),
            chain=chain,
            justifications=blocks,
            states=chain,
            nodes=states,
            runtime=StateRuntime(RuntimeApi(executive), chain),
            pool=OpenPool(),
        )


class OpenPool:
    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def submit(self, extrinsic: bytes) -> None:
        self.taken.append(extrinsic)

    def next_nonce(self, account: bytes) -> int:
        return 0


async def test_substrate_interface_connects_reads_prices_and_submits():
    node = GenesisNode()

    def talk(port: int) -> dict[str, object]:
        with substrate.SubstrateInterface(url=f"ws://127.0.0.1:{port}") as client:
            account = client.query("System", "Account", [ALICE_SS58])
            alice = substrate.Keypair.create_from_uri("//Alice")
            call = client.compose_call(
                "Balances", "transfer_keep_alive", {"dest": BOB_SS58, "value": 15 * 10**11}
            )
            extrinsic = client.create_signed_extrinsic(call, alice, era={"period": 64})
            receipt = client.submit_extrinsic(extrinsic)
            names = [str(key) for key, _ in client.query_map("System", "Account", page_size=2)]
            return {
                "chain": client.chain,
                "head": client.get_chain_finalised_head(),
                "number": client.get_block_number(client.get_chain_head()),
                "free": account.value["data"]["free"],
                "fee": client.get_payment_info(call, alice)["partialFee"],
                "hash": receipt.extrinsic_hash,
                "wire": str(extrinsic.data),
                "deposit": client.get_constant("Balances", "ExistentialDeposit").value,
                "names": len(names),
                "block": client.get_block()["header"]["number"],
            }

    async with serving(node) as server:
        found = await trio.to_thread.run_sync(talk, server.port)
    wire = bytes.fromhex(str(found.pop("wire"))[2:])
    assert found.pop("hash") == "0x" + blake2_256(wire).hex()
    assert int(found.pop("fee")) > 0  # type: ignore[call-overload]
    assert int(found.pop("names")) >= 8  # type: ignore[call-overload]
    assert found == {
        "chain": "Fake Dev",
        "head": "0x" + node.chain.genesis_hash.hex(),
        "number": 0,
        "free": 10**18,
        "deposit": 10**9,
        "block": 0,
    }
