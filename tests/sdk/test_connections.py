"""The parts below reconnection: silence is noticed, slow readers are cut off, HTTP does without."""

import pytest
import trio

from cli.errors import CommandError, UsageError
from cli.sdk import Devnet, Keypair, agpu, connect, connect_async
from cli.sdk.reconnecting import PING_EVERY_SECONDS, PONG_SECONDS, _until_silent
from cli.sdk.transport import MAX_NOTIFICATIONS, ConnectionLost
from tests.cli.test_transport import answer, connected, send


class Peer:
    """A connection as far as it is listened to: it answers some pings, and then no more."""

    def __init__(self, pongs: int, *, is_lost: bool = False) -> None:
        self.closed, self.pongs, self.is_lost = trio.Event(), pongs, is_lost

    async def ping(self) -> None:
        if self.is_lost:
            raise ConnectionLost("lost")
        if not self.pongs:
            await trio.sleep_forever()
        self.pongs -= 1


async def test_a_machine_that_vanished_is_noticed_by_its_silence(autojump_clock: object) -> None:
    began = trio.current_time()
    await _until_silent(Peer(2))  # type: ignore[arg-type]
    assert trio.current_time() - began == 3 * PING_EVERY_SECONDS + PONG_SECONDS


async def test_a_connection_that_ends_is_noticed_at_once(autojump_clock: object) -> None:
    peer = Peer(100)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_until_silent, peer)
        await trio.sleep(7)
        peer.closed.set()
    assert trio.current_time() < PING_EVERY_SECONDS + 7
    await _until_silent(Peer(0, is_lost=True))  # type: ignore[arg-type]


async def test_a_ping_is_answered_over_a_connection_that_is_there() -> None:
    async with connected() as (rpc, peer):
        await rpc.ping()
        await peer.aclose()
        with pytest.raises(ConnectionLost, match="it closed the connection"):
            await rpc.ping()
        await rpc.closed.wait()


async def test_who_does_not_read_so_many_notifications_is_told_that_there_are_no_more() -> None:
    async with connected() as (rpc, peer), trio.open_nursery() as nursery:
        nursery.start_soon(lambda: answer(peer, result="s1"))
        async with rpc.subscribe("subscribe", end="unsubscribe") as news:
            for number in range(MAX_NOTIFICATIONS + 2):
                await send(peer, method="news", params={"subscription": "s1", "result": number})
            nursery.start_soon(lambda: answer(peer, result="still here"))
            assert await rpc.call("system_name") == "still here"
            assert [item async for item in news] == list(range(MAX_NOTIFICATIONS))


async def test_a_subscription_over_a_connection_that_just_ended_ends_too() -> None:
    async with connected() as (rpc, peer):

        async def answer_and_leave() -> None:
            await answer(peer, result="s1")
            await peer.aclose()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer_and_leave)
            async with rpc.subscribe("subscribe", end="unsubscribe") as news:
                with pytest.raises(trio.EndOfChannel):
                    await news.receive()


def test_http_asks_and_cannot_wait_or_follow(chain: Devnet, alice: Keypair) -> None:
    with connect(chain.url.replace("ws://", "http://")) as client:
        assert client.balances.of(alice).free > agpu(1)
        with pytest.raises(CommandError, match="waiting for a transaction needs a URL of ws://"):
            client.balances.transfer(alice, "//Bob", agpu(1))
        opened = client.finalized()
        with pytest.raises(CommandError, match="following the chain needs a URL of ws://"), opened:
            raise AssertionError("there is nothing to follow")


async def test_a_url_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="wanted a URL that begins with ws://"):
        async with connect_async("ftp://127.0.0.1"):
            raise AssertionError("nothing is connected")
