"""No two transactions of an account take one nonce, and what comes to nothing frees its own."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import trio

from cli.sdk import (
    Balance,
    Devnet,
    Keypair,
    RpcRefusal,
    SyncClient,
    TransactionLost,
    agpu,
    connect,
    connect_async,
    devnet,
)
from cli.sdk.sessions import Session
from cli.sdk.transactions import ERA_BLOCKS, prepare, send
from runtime.pallets.balances.types import Transfer
from runtime.pallets.system import System

MANY = 20


@pytest.fixture
def manual() -> Iterator[Devnet]:
    with devnet(blocks="manual") as chain:
        yield chain


def test_threads_that_pay_from_one_account_do_not_collide(
    client: SyncClient, alice: Keypair
) -> None:
    before = client.balances.of("//Bob").free

    def pay(number: int) -> Balance:
        receipt = client.balances.transfer(alice, "//Bob", agpu(number))
        return Balance(receipt.the(Transfer).amount)

    with ThreadPoolExecutor(MANY) as pool:
        paid = list(pool.map(pay, range(1, MANY + 1)))
    assert paid == [agpu(number) for number in range(1, MANY + 1)]
    assert client.balances.of("//Bob").free - before == agpu(sum(range(1, MANY + 1)))


async def test_what_is_handed_in_at_once_takes_one_nonce_each(
    manual: Devnet, alice: Keypair
) -> None:
    async with connect_async(manual.url) as client, trio.open_nursery() as nursery:
        for number in range(MANY):
            nursery.start_soon(client.send, client.call(System.remark, b"%d" % number), alice)
    async with connect_async(manual.url) as client:
        pending = await client.core.rpc.call("author_pendingExtrinsics")
        assert len(pending) == MANY
        await trio.to_thread.run_sync(manual.mine)
        assert len((await client.block()).extrinsics) == MANY + 1


def test_another_program_with_the_same_key_only_costs_an_attempt(
    chain: Devnet, client: SyncClient, alice: Keypair
) -> None:
    """Two clients know nothing of each other's nonces: who is refused takes the next."""
    with connect(chain.url) as other:
        start = threading.Barrier(2)

        def pay(who: SyncClient) -> int:
            start.wait()
            return sum(who.balances.transfer(alice, "//Bob", agpu(1)).succeeded for _ in range(5))

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(pay, (client, other))) == [5, 5]


async def test_a_refused_transaction_frees_its_nonce(chain: Devnet) -> None:
    pauper = Keypair.from_uri("//Pauper")
    async with connect_async(chain.url) as client:
        remark = client.call(System.remark, b"")
        for _ in range(2):
            with pytest.raises(RpcRefusal, match="Inability to pay some fees"):
                await client.submit(remark, pauper)
        await client.balances.transfer(Keypair.from_uri("//Alice"), pauper, agpu(1))
        assert (await client.submit(remark, pauper)).succeeded


async def test_a_usurped_transaction_is_lost_and_its_nonce_free(
    manual: Devnet, alice: Keypair
) -> None:
    """A dearer transaction with the same nonce, from a program that does not ask ours."""
    async with connect_async(manual.url) as client:
        session, outcome = client._session, list[str]()

        async def ours() -> None:
            with pytest.raises(TransactionLost, match="another transaction with its nonce") as lost:
                await client.submit(client.call(System.remark, b"ours"), alice)
            outcome.append(lost.value.status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours)
            while not await client.core.rpc.call("author_pendingExtrinsics"):
                await trio.sleep(0)
            await usurp(session, alice)
        assert outcome == ["usurped"]
        assert free_after(session, alice) == {}
        assert await client.send(client.call(System.remark, b"next"), alice)
        assert len(await client.core.rpc.call("author_pendingExtrinsics")) == 2


async def test_a_transaction_that_nobody_waits_for_holds_its_nonce_until_its_era_is_over(
    manual: Devnet, alice: Keypair
) -> None:
    async with connect_async(manual.url) as client:
        session = client._session
        await client.send(client.call(System.remark, b"one"), alice)
        assert list(free_after(session, alice)) == [0]
        await client.send(client.call(System.remark, b"two"), alice)
        assert list(free_after(session, alice)) == [1], "the first is known to the node"
        await trio.to_thread.run_sync(manual.mine, ERA_BLOCKS + 2)
        await client.send(client.call(System.remark, b"three"), alice)
        assert list(free_after(session, alice)) == [2]


async def usurp(session: Session, by: Keypair) -> None:
    remark = session.core.calls.encode("System", "remark", b"theirs")
    dearer = await prepare(session.core, remark, by, nonce=0, tip=10**12)
    await send(session.core, dearer)


def free_after(session: Session, who: Keypair) -> dict[int, object]:
    """Return the nonces of an account that are in use."""
    return dict(session.nonces._accounts[who.account].taken)
