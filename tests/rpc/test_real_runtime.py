"""The new specification, proofs, dry runs and history over the real runtime in memory."""

from hashlib import blake2b

import pytest

from node.rpc.values import to_hex
from runtime.pallets.transaction_payment import TransactionFeePaid
from runtime.primitives.block import Block
from runtime.primitives.equivocation import BlockEquivocation
from runtime.primitives.extrinsic import Id, encode_bare
from runtime.primitives.hashing import blake2_256, twox_128
from runtime.primitives.membership import MembershipProof
from runtime.primitives.scale import decode, encode
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import U32, UNIT, PublicKey, Slot
from runtime.state.proof import verify_read
from tests.rpc.clients import request
from tests.rpc.following import events_of, followed
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving
from tests.support.chain import MemoryChain
from tests.support.equivocations import twin_headers

ACCOUNTS = twox_128(b"System") + twox_128(b"Account")
DISPATCHED, REFUSED, INVALID = "0x0000", "0x0001", "0x0100"
"""How `ApplyExtrinsicResult` begins: Ok(Ok), Ok(Err), Err(Invalid)."""


@pytest.fixture
async def node() -> RealNode:
    return RealNode()


def wire(raw: bytes) -> str:
    return to_hex(encode(raw, bytes))


def account_key(who: bytes) -> bytes:
    return ACCOUNTS + blake2b(who, digest_size=16).digest() + who


async def test_a_client_of_the_new_specification_submits_and_sees_what_it_did(node):
    sender = node.real.maker.pairs[1].public
    async with serving(node) as server, server.websocket() as client, server.websocket() as sends:
        subscription, first = await followed(client, 2, with_runtime=True)
        assert first[0]["finalizedBlockRuntime"]["spec"]["specName"] == "starminer"
        raw = node.transfer()
        await sends.call("transactionWatch_v1_submitAndWatch", wire(raw))
        header = await node.build()
        block = to_hex(header.hash)
        told = await events_of(client, subscription, 2)
        assert [event["event"] for event in told] == ["newBlock", "bestBlockChanged"]
        node.settle()
        (final,) = await events_of(client, subscription, 1)
        assert final["finalizedBlockHashes"] == [block]
        life = [(await sends.receive())["params"]["result"] for _ in range(3)]
        place = {"hash": block, "index": 1}
        assert life == [
            {"event": "validated"},
            {"event": "bestChainBlockIncluded", "block": place},
            {"event": "finalized", "block": place},
        ]
        await client.call("chainHead_v1_body", subscription, block)
        (body,) = await events_of(client, subscription, 1)
        assert body["value"][1] == wire(raw)
        items = [{"key": to_hex(account_key(sender)), "type": "value"}]
        await client.call("chainHead_v1_storage", subscription, block, items)
        (found, _) = await events_of(client, subscription, 2)
        stored = node.chain.state_at(header.hash).get(account_key(sender))
        assert found["items"] == [{"key": items[0]["key"], "value": to_hex(stored or b"")}]
        function = "AccountNonceApi_account_nonce"
        await client.call("chainHead_v1_call", subscription, block, function, to_hex(sender))
        (called,) = await events_of(client, subscription, 1)
        assert called["output"] == to_hex(encode(1, U32))


async def test_a_general_transaction_goes_the_way_of_a_signed_one(node):
    maker, elsewhere = node.real.maker, MemoryChain()
    to, sender, *_ = maker.pairs
    call = maker.call("Balances", "transfer_keep_alive", Id(to.public), UNIT)
    raw = maker.prove(sender, call, 0)
    async with serving(node) as server:
        foretold = await server.call("payment_queryInfo", wire(raw))
        tx_hash = await server.call("author_submitExtrinsic", wire(raw))
        assert tx_hash == to_hex(blake2_256(encode(raw, bytes)))
        assert await server.call("author_pendingExtrinsics") == [wire(raw)]
        assert await server.call("system_accountNextIndex", encode_ss58(sender.public, 42)) == 1
        header = await node.build()
        shown = await server.call("chain_getBlock", to_hex(header.hash))
        assert shown["block"]["extrinsics"][1] == wire(raw)
    block = Block(header, node.chain.body(header.hash))
    imported = elsewhere.execute(block)
    assert imported.header == header
    (paid,) = [r.event for r in imported.events if isinstance(r.event, TransactionFeePaid)]
    assert (paid.who, str(paid.actual_fee)) == (sender.public, foretold["partialFee"])


async def test_a_client_proves_a_key_and_signs_a_report_but_submits_none_unsigned(node):
    maker = node.real.maker
    offender, reporter, *_ = maker.pairs
    await node.build()
    slot = maker.slot - 1
    proof = BlockEquivocation(offender.public, slot, *twin_headers(offender, slot))
    asked = to_hex(encode((slot, offender.public), tuple[Slot, PublicKey]))
    async with serving(node) as server:
        shown = await server.call("state_call", "BabeApi_generate_key_ownership_proof", asked)
        opaque = decode(bytes.fromhex(shown[2:]), bytes | None)
        owner = decode(opaque, MembershipProof)
        arguments = to_hex(encode(proof, BlockEquivocation) + encode(opaque, bytes))
        submit = "BabeApi_submit_report_equivocation_unsigned_extrinsic"
        assert await server.call("state_call", submit, arguments) == "0x00"
        unsigned = maker.call("Babe", "report_equivocation_unsigned", proof, owner)
        body = request("author_submitExtrinsic", wire(encode_bare(unsigned)))
        assert (await server.post(body))["error"]["code"] == 1010
        signed = maker.call("Babe", "report_equivocation", proof, owner)
        await server.call("author_submitExtrinsic", wire(maker.sign(reporter, signed, 0)))
        await node.build()
        key = to_hex(twox_128(b"Session") + twox_128(b"DisabledValidators"))
        assert await server.call("state_getStorage", key) is None  # a lone validator goes on
    assert maker.runtime().session.electorate == ((offender.public, 0),)


async def test_the_diff_of_a_block_names_the_accounts_that_it_touched(node):
    await node.transactions.submit(node.transfer())
    block = to_hex((await node.build()).hash)
    async with serving(node) as server, server.websocket() as client:
        items = [{"key": to_hex(ACCOUNTS), "returnType": "hash"}]
        await client.call("archive_v1_storageDiff", block, items)
        touched = []
        while (event := (await client.receive())["params"]["result"])["event"] == "storageDiff":
            touched.append((event["key"], event["type"]))
    old, new = (node.chain.state_at(node.chain.hash_at(number) or b"") for number in (0, 1))
    keys = sorted({*old.keys(ACCOUNTS), *new.keys(ACCOUNTS)})
    changed = [key for key in keys if old.get(key) != new.get(key)]
    assert [key for key, _ in touched] == [to_hex(key) for key in changed]
    assert to_hex(account_key(node.real.maker.pairs[1].public)) in dict(touched)


async def test_old_blocks_answer_as_they_did_when_they_were_new(node):
    key = to_hex(account_key(node.real.maker.pairs[1].public))
    async with serving(node) as server:
        before = await server.call("state_getStorage", key)
        await node.transactions.submit(node.transfer())
        await node.build()
        for _ in range(12):
            await node.build()
        genesis = await server.call("chain_getBlockHash", 0)
        first = await server.call("chain_getBlockHash", 1)
        assert await server.call("state_getStorage", key, genesis) == before
        assert await server.call("state_getStorage", key, first) != before
        assert (await server.call("chain_getBlock", first))["block"]["header"]["number"] == "0x1"
        version = await server.call("state_getRuntimeVersion")
        assert await server.call("state_getRuntimeVersion", genesis) == version


async def test_a_read_proof_of_an_account_verifies_against_the_state_root(node):
    await node.build()
    key = account_key(node.real.maker.pairs[1].public)
    async with serving(node) as server:
        absent = account_key(bytes(32))
        found = await server.call("state_getReadProof", [to_hex(key), to_hex(absent)])
    best = node.chain.best
    nodes = [bytes.fromhex(shown[2:]) for shown in found["proof"]]
    assert found["at"] == to_hex(best.hash)
    value = node.chain.state_at(best.hash).get(key)
    assert value is not None
    assert verify_read(best.state_root, nodes, key) == value
    assert verify_read(best.state_root, nodes, absent) is None


async def test_a_dry_run_tells_what_would_happen_and_changes_nothing(node):
    await node.build()
    root = node.chain.best.state_root
    async with serving(node) as server:
        good, poor = node.transfer(), node.transfer(10**9 * UNIT)
        future = node.transfer(nonce=1)
        assert await server.call("system_dryRun", wire(good)) == DISPATCHED
        assert (await server.call("system_dryRun", wire(poor)))[:6] == REFUSED
        assert await server.call("system_dryRun", wire(future)) == INVALID + "02"
        genesis = to_hex(node.chain.genesis_hash)
        assert await server.call("system_dryRunAt", wire(good), genesis) == DISPATCHED
    assert node.chain.best.state_root == root
    assert blake2_256(node.transfer()) not in node.transactions
