"""System, author, payment, grandpa, chainSpec and the StarMiner namespaces over the wire."""

from base64 import b64decode, b64encode

import pytest

from node.rpc import blobs
from node.rpc.registry import MethodPolicy
from node.rpc.values import to_hex
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from tests.rpc.support import (
    ALICE,
    ALICE_SS58,
    BIG,
    BOB,
    FakeKeystore,
    FakeNode,
    growing_node,
    serving,
)


def wire(extrinsic: bytes) -> str:
    return to_hex(encode(extrinsic, bytes))


async def test_the_node_introduces_itself():
    async with serving() as server:
        answers = {
            "system_chain": "Fake Dev",
            "system_name": "starminer",
            "system_version": "0.1.0",
            "system_chainType": "Development",
            "system_properties": {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "AGPU"},
            "system_health": {"peers": 3, "isSyncing": False, "shouldHavePeers": True},
            "system_nodeRoles": ["Authority"],
            "system_localPeerId": "12D3KooWlocal",
            "system_localListenAddresses": ["/ip4/127.0.0.1/tcp/30333/p2p/12D3KooWlocal"],
            "system_syncState": {
                "startingBlock": 0,
                "currentBlock": 5,
                "highestBlock": 9,
                "phase": "idle",
                "phaseDone": 0,
            },
            "system_peers": [
                {
                    "peerId": "12D3KooWpeer",
                    "roles": "AUTHORITY",
                    "bestHash": "0x" + "00" * 32,
                    "bestNumber": 5,
                    "software": "starminer/0.1.0",
                }
            ],
            "chainSpec_v1_chainName": "Fake Dev",
            "chainSpec_v1_properties": {
                "ss58Format": 42,
                "tokenDecimals": 12,
                "tokenSymbol": "AGPU",
            },
            "chainSpec_v1_genesisHash": to_hex(server.node.chain.genesis_hash),
        }
        assert {method: await server.call(method) for method in answers} == answers


@pytest.mark.parametrize("method", ["system_accountNextIndex", "account_nextIndex"])
@pytest.mark.parametrize("account", [ALICE_SS58, to_hex(ALICE)])
async def test_the_next_nonce_of_an_account(method, account):
    async with serving() as server:
        assert await server.call(method, account) == 7


async def test_a_mistyped_address_is_refused():
    async with serving() as server:
        code, message, _ = await server.call("system_accountNextIndex", ALICE_SS58[:-1] + "Z")
        assert code == -32602
        assert "wanted an SS58 address or 32 bytes of 0x-hex" in message


async def test_an_extrinsic_is_known_by_the_hash_of_its_wire_bytes():
    async with serving() as server:
        found = await server.call("author_submitExtrinsic", wire(b"ok1"))
        assert found == to_hex(blake2_256(encode(b"ok1", bytes)))
        assert await server.call("author_pendingExtrinsics") == [wire(b"ok1")]
        assert await server.call("author_submitExtrinsic", wire(b"ok1")) == (
            1013,
            "Transaction Already Imported",
            found,
        )


@pytest.mark.parametrize(
    ("extrinsic", "error"),
    [
        (b"bad_format:x", (1001, "Extrinsic has invalid format: x", None)),
        (
            b"invalid:Transaction has a bad signature",
            (1010, "Invalid Transaction", "Transaction has a bad signature"),
        ),
        (b"unknown_validity:", (1011, "Unknown Transaction Validity", None)),
        (b"temporarily_banned:", (1012, "Transaction is temporarily banned", None)),
        (b"too_low_priority:3 vs 4", (1014, "Priority is too low", "3 vs 4")),
        (b"immediately_dropped:full", (1016, "Immediately Dropped", "full")),
    ],
)
async def test_refusals_of_the_pool_have_the_codes_that_wallets_know(extrinsic, error):
    async with serving() as server:
        assert await server.call("author_submitExtrinsic", wire(extrinsic)) == error


async def test_an_extrinsic_without_its_length_is_refused():
    async with serving() as server:
        code, message, _ = await server.call("author_submitExtrinsic", to_hex(b"ok1"))
        assert code == -32602
        assert "wanted an extrinsic with its length in front" in message


async def test_session_keys_are_offered_where_there_is_a_keystore():
    async with serving(FakeNode(FakeKeystore())) as server:
        assert len(await server.call("author_rotateKeys")) == 2 + 128
        assert await server.call("author_rotateKeysWithOwner", to_hex(BOB)) == {
            "keys": to_hex(ALICE + BOB),
            "proof": to_hex(b"proof of " + ALICE + BOB + BOB),
        }
        refusal = await server.call("author_rotateKeysWithOwner", "0x01")
        assert refusal[:2] == (
            -32602,
            "Invalid params: owner: wanted an account of 32 bytes, got 1",
        )
        assert await server.call("author_hasKey", to_hex(ALICE), "babe") is True
        assert await server.call("author_insertKey", "babe", "//Alice", to_hex(ALICE)) is None
        assert (await server.call("author_insertKey", "babe", "//Bob", to_hex(ALICE)))[0] == -32602
    async with serving() as server:
        assert (await server.call("author_rotateKeys"))[:2] == (-32601, "Method not found")


async def test_fees_are_exact_beyond_64_bits():
    async with serving() as server:
        assert await server.call("payment_queryInfo", wire(b"x")) == {
            "weight": {"ref_time": 100, "proof_size": 2},
            "class": "normal",
            "partialFee": str(BIG),
        }
        assert await server.call("payment_queryFeeDetails", wire(b"x"), None) == {
            "inclusionFee": {
                "baseFee": "0xa",
                "lenFee": "0x14",
                "adjustedWeightFee": hex(BIG - 30),
            }
        }


async def test_rounds_and_proofs_of_finality():
    node = FakeNode()
    async with serving(node) as server:
        assert await server.call("grandpa_roundState") == {
            "setId": 0,
            "best": {
                "round": 4,
                "totalWeight": 3,
                "thresholdWeight": 3,
                "prevotes": {"currentWeight": 3, "missing": []},
                "precommits": {"currentWeight": 2, "missing": [ALICE_SS58]},
            },
            "background": [],
        }
        assert await server.call("grandpa_proveFinality", 1) == to_hex(b"proof")
        assert await server.call("grandpa_proveFinality", "0x2") is None
        node.finality.state = None
        assert await server.call("grandpa_roundState") == (
            1,
            "GRANDPA RPC endpoint not ready",
            None,
        )


async def test_methods_are_listed_with_aliases_and_without_refused_ones():
    async with serving() as server:
        everything = (await server.call("rpc_methods"))["methods"]
    async with serving(methods=MethodPolicy.SAFE) as server:
        safe = (await server.call("rpc_methods"))["methods"]
    assert everything == sorted(everything)
    assert {"chain_getHead", "account_nextIndex", "chain_unsubscribeNewHead"} <= set(safe)
    assert set(everything) - set(safe) == {
        "blobs_alias",
        "blobs_put",
        "receipts_submit",
        "state_getPairs",
        "state_queryStorage",
        "system_dryRun",
        "system_dryRunAt",
        "system_peers",
    }


async def test_jobs_receipts_and_providers_are_decoded():
    async with serving() as server:
        (settled, assigned) = await server.call("jobs_list")
        assert settled == await server.call("jobs_get", "0x" + "02" * 32)
        assert settled["price"] == "1500000000000"
        assert settled["steps"] == [
            {"state": "submitted", "block": 2},
            {"state": "settled", "block": 4},
        ]
        assert assigned["outputRoot"] is None
        assert await server.call("jobs_get", "0x" + "09" * 32) is None
        (case,) = await server.call("jobs_cases", "0x" + "01" * 32)
        assert (case["turn"], case["level"], case["bond"]) == ("pick", 8, "1000000000000")
        assert await server.call("jobs_cases", "0x" + "02" * 32) == []
        (receipt,) = await server.call("receipts_recent", 1)
        assert (receipt["verdict"], receipt["verifiedBy"]) == ("verified", "every importer")
        (provider,) = await server.call("providers_list")
        assert provider["bond"] == "1000000000000000"
        assert (await server.call("jobs_list", 201))[0] == -32602
        assert (await server.call("receipts_recent", 0))[0] == -32602


async def test_the_head_tells_the_lag_and_recent_blocks():
    node = growing_node(25)
    node.finalize(node.blocks[22])
    async with serving(node) as server:
        head = await server.call("starminer_head")
        assert (head["best"]["number"], head["finalized"]["number"], head["lag"]) == (25, 22, 3)
        assert [block["number"] for block in head["recent"]] == list(range(25, 5, -1))
        assert head["best"]["author"] == ALICE_SS58


async def test_an_account_shows_exact_amounts():
    async with serving() as server:
        for name in (ALICE_SS58, to_hex(ALICE), f" {ALICE_SS58} "):
            assert await server.call("starminer_account", name) == {
                "address": ALICE_SS58,
                "publicKey": to_hex(ALICE),
                "nonce": 7,
                "block": 0,
                "balances": [
                    {
                        "symbol": "AGPU",
                        "decimals": 12,
                        "free": "1234567890123456789012",
                        "held": "5000000000000",
                        "frozen": "0",
                    },
                    {"symbol": "AMAX", "decimals": 12, "free": "42", "held": "0", "frozen": "0"},
                ],
            }


async def test_a_receipt_of_the_local_worker_is_taken():
    async with serving() as server:
        assert await server.call("receipts_submit", to_hex(b"receipt")) == "0x" + "09" * 32
        assert await server.call("receipts_submit", "0x00") == (
            7002,
            "Receipt refused",
            "wanted a receipt, got 1 bytes",
        )


async def test_a_small_blob_is_one_call():
    async with serving() as server:
        put = await server.call("blobs_put", to_hex(b"hello"))
        assert put["received"] == 5
        assert await server.call("blobs_put", b64encode(b"hello").decode()) | {"upload": ""} == {
            "upload": "",
            "received": 5,
            "root": put["root"],
        }
        found = await server.call("blobs_get", put["root"], 1, 3)
        assert (found["offset"], found["size"], b64decode(found["data"])) == (1, 5, b"ell")
        assert await server.call("blobs_get", "0x" + "00" * 32) is None
        assert (await server.call("blobs_get", put["root"], -1, 3))[0] == -32602


async def test_a_large_blob_comes_in_chunks():
    async with serving() as server:
        first = await server.call("blobs_put", to_hex(b"hel"), None, 0, False)
        assert (first["received"], first["root"]) == (3, None)
        assert await server.call("blobs_put", to_hex(b"lo"), first["upload"], 2, True) == (
            7001,
            "Wrong offset",
            "wanted 3, got 2",
        )
        last = await server.call("blobs_put", to_hex(b"lo"), first["upload"], 3, True)
        assert server.node.blobs.stored[bytes.fromhex(last["root"][2:])] == b"hello"
        assert (await server.call("blobs_put", "", first["upload"], 5))[:2] == (
            7001,
            "No such upload",
        )


async def test_a_blob_is_served_under_the_root_of_its_job_too():
    async with serving() as server:
        put = await server.call("blobs_put", to_hex(b"hello"))
        chain_root = "0x" + "05" * 32
        assert await server.call("blobs_alias", chain_root, put["root"]) is True
        found = await server.call("blobs_get", chain_root)
        assert b64decode(found["data"]) == b"hello"


async def test_uploads_are_bounded(monkeypatch):
    monkeypatch.setattr(blobs, "MAX_BLOB_BYTES", 4)
    monkeypatch.setattr(blobs, "MAX_UPLOADS", 2)
    async with serving() as server:
        assert (await server.call("blobs_put", to_hex(b"hello")))[:2] == (7001, "Blob is too big")
        for _ in range(2):
            await server.call("blobs_put", to_hex(b"h"), None, 0, False)
        assert (await server.call("blobs_put", to_hex(b"h"), None, 0, False))[:2] == (7001, "Busy")
    async with serving() as server:
        code, message, _ = await server.call("blobs_put", "not base64!")
        assert code == -32602
        assert message.startswith("Invalid params: data: wanted base64, or hex with 0x")


async def test_uploads_are_refused_on_a_public_node():
    async with serving(methods=MethodPolicy.SAFE) as server:
        assert await server.call("blobs_put", "0x00") == (
            -32601,
            "RPC call is unsafe to be called externally",
            "blobs_put: start the node with --rpc-methods unsafe to allow it",
        )
