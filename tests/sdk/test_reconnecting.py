"""A node that goes away and comes back: calls wait for it, and nothing final is missed."""

import threading
from collections.abc import Callable

import pytest
import trio

from cli.sdk import (
    AnotherChain,
    AsyncClient,
    Devnet,
    Keypair,
    NodeUnreachable,
    SdkError,
    SyncClient,
    TransactionLost,
    agpu,
    connect,
    connect_async,
    devnet,
    entry,
)
from cli.sdk.lone_chain import LoneChain
from cli.sdk.lone_rpc import LoneNode, backend, lone_node
from cli.sdk.transactions import ERA_BLOCKS, prepare, searched
from cli.sdk.transport import ConnectionLost
from genesis.spec import load_spec
from runtime.pallets.balances.types import Transfer
from runtime.pallets.system import System

DEV = load_spec("dev")


def test_final_heads_go_on_over_a_restart_without_a_gap(chain: Devnet) -> None:
    with connect(chain.url) as client, client.finalized() as heads:
        first = next(heads).number
        chain.mine(2)
        with chain.down():
            chain.mine(5)
        chain.mine(3)
        numbers = [next(heads).number for _ in range(10)]
    assert numbers == list(range(first + 1, first + 11))


def test_best_heads_events_and_values_go_on_over_a_restart(
    chain: Devnet, client: SyncClient, alice: Keypair
) -> None:
    bob = Keypair.from_uri("//Bob")
    with (
        client.heads() as heads,
        client.occurrences(Transfer) as transfers,
        client.changes(entry(System.account, bob.account)) as accounts,
    ):
        assert next(heads).number == chain.number
        known = next(accounts).value
        with chain.down():
            chain.mine(2)
        receipt = client.balances.transfer(alice, bob, agpu(1))
        happened, changed = next(transfers), next(accounts)
        seen = [next(heads)]
        while seen[-1].number < receipt.block_number:
            seen.append(next(heads))
    assert (happened.block.hash, happened.index) == (receipt.block_hash, receipt.index)
    assert known is not None
    assert changed.value is not None
    assert changed.value.data.free - known.data.free == agpu(1).planck
    assert changed.block_hash == receipt.block_hash
    assert seen[-1].hash == receipt.block_hash


def test_a_call_waits_for_the_node(chain: Devnet, client: SyncClient) -> None:
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(client.block().number))
    with chain.down():
        asking.start()
    asking.join()
    assert answers == [chain.number]


def test_a_call_gives_up_when_the_node_stays_away(chain: Devnet) -> None:
    with (
        connect(chain.url, patience_seconds=0.1) as client,
        chain.down(),
        pytest.raises(NodeUnreachable, match="no node answers at ws://"),
    ):
        client.block()


def test_no_node_is_told_at_once() -> None:
    with (
        pytest.raises(NodeUnreachable, match="no node answers at"),
        connect("ws://127.0.0.1:1"),
    ):
        raise AssertionError("there is no node to connect to")


async def test_a_transaction_is_found_that_entered_a_block_while_the_connection_was_lost(
    alice: Keypair,
) -> None:
    receipts = []

    async def pay(client: AsyncClient) -> None:
        receipts.append(await client.balances.transfer(alice, "//Bob", agpu(1)))

    async with (
        lone_node(DEV, "manual") as node,
        connect_async(url_of(node)) as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(pay, client)
        await handed_in(client.core.rpc.call)
        await node.stop()
        header = await node.chain.build()
        await node.start()
    assert [one.block_hash for one in receipts] == [header.hash]
    assert receipts[0].the(Transfer).amount == agpu(1).planck


async def test_a_transaction_that_was_handed_in_already_is_only_looked_for(
    alice: Keypair,
) -> None:
    async with (
        lone_node(DEV, "instant") as node,
        connect_async(url_of(node)) as client,
    ):
        call = client.call(System.remark, b"once")
        prepared = await prepare(client.core, call.encode(), alice)
        first = await searched(client.core, prepared)
        again = await searched(client.core, prepared)
        assert (again.block_hash, again.index) == (first.block_hash, first.index)


async def test_a_transaction_that_is_in_no_block_of_its_era_is_lost(alice: Keypair) -> None:
    async with lone_node(DEV, "manual") as node, connect_async(url_of(node)) as client:
        call = client.call(System.remark, b"after one that never comes")
        prepared = await prepare(client.core, call.encode(), alice, nonce=1)
        for _ in range(ERA_BLOCKS + 1):
            await node.chain.build()
        with pytest.raises(TransactionLost, match="it is in no block of its era; author_submit"):
            await searched(client.core, prepared)


async def test_a_call_that_does_something_is_not_repeated_when_its_answer_is_lost(
    alice: Keypair,
) -> None:
    async with lone_node(DEV, "manual") as node, connect_async(url_of(node)) as client:
        rpc, asked = client.core.rpc, list[str]()

        async def lose(method: str, *params: object) -> object:
            asked.append(method)
            if len(asked) < 3:
                raise ConnectionLost("lost")
            return "answered"

        connection = await rpc._connected()  # type: ignore[attr-defined]
        connection.call = lose
        with pytest.raises(ConnectionLost):
            await rpc.call("author_submitExtrinsic", "0x")
        rpc._current = connection  # type: ignore[attr-defined]
        assert asked == ["author_submitExtrinsic"]


def test_a_node_that_comes_back_with_another_chain_ends_the_client() -> None:
    with devnet() as first:
        wanted = pytest.raises(AnotherChain, match="wanted the chain that begins with 0x")
        with wanted, connect(first.url) as client:
            genesis = client.block("0").hash
            swap(first)
            while True:
                assert client.block("0").hash == genesis


def swap(first: Devnet) -> None:
    """Have another chain answer in the place of one."""

    async def replace(node: LoneNode) -> None:
        await node.stop()
        node._backend = backend(LoneChain(load_spec("local")), {})
        await node.start()

    first._node.do(replace)


async def handed_in(call: Callable[[str], object]) -> None:
    """Wait until the pool has something."""
    while not await call("author_pendingExtrinsics"):  # type: ignore[misc]
        await trio.sleep(0)


def url_of(node: LoneNode) -> str:
    return f"ws://127.0.0.1:{node.port}"


def test_who_leaves_a_stream_while_another_thread_reads_it_ends_the_reading(chain: Devnet) -> None:
    read: list[int] = []
    with connect(chain.url) as client:
        with client.finalized() as heads:
            worker = threading.Thread(target=lambda: read.extend(one.number for one in heads))
            worker.start()
            chain.mine()
        worker.join()
        assert read == sorted(read)
        assert client.block().number == chain.number


def test_a_client_is_used_within_its_block_and_says_so(chain: Devnet) -> None:
    with connect(chain.url) as client:
        pass
    with pytest.raises(SdkError, match="it is closed: it lasts as long as its `with` block"):
        client.block()
