import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from p2p.budgets import MAX_ACCOUNTS, Budget, Meter, Rate
from p2p.framing import ByteStream, StreamLost, framed
from p2p.messages import MAX_TRANSACTION_BYTES, encode_transactions
from p2p.notifications import Notifications
from p2p.peers import Offence, PeerLimits, Peers
from p2p.queues import SHARE, QueueLimits, SharedQueue
from p2p.streams import OneStream
from tests.p2p.streams import pair

BUDGET = Budget(Rate(1000.0, 5000.0), Rate(10.0, 50.0))


class Court:
    """Hears reports and keeps the reputation."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, Offence]] = []
        self.peers = Peers(PeerLimits())
        self.banned_at: dict[str, float] = {}

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))
        if self.peers.report(peer, offence):
            self.banned_at.setdefault(peer, trio.current_time())


async def test_a_burst_is_free_and_more_is_waited_off(autojump_clock: MockClock) -> None:
    court = Court()
    meter = Meter(BUDGET, court.report)
    await meter.spend("a", 5000)
    assert trio.current_time() == 0.0
    await meter.spend("a", 500)
    assert trio.current_time() == 0.5
    await meter.spend("b", 5000)
    assert (trio.current_time(), court.reports) == (0.5, [])


async def test_items_count_like_bytes(autojump_clock: MockClock) -> None:
    meter = Meter(BUDGET, Court().report)
    await meter.spend("a", 1, 70)
    assert trio.current_time() == 2.0


async def test_req_d11_a_firehose_is_slowed_down_and_then_banned(autojump_clock: MockClock) -> None:
    court = Court()
    meter = Meter(BUDGET, court.report)
    sent = 0
    while not court.banned_at:
        await meter.spend("hose", 100)
        sent += 100
    assert court.reports == [("hose", Offence.FLOOD)] * len(court.reports)
    assert 15.0 < court.banned_at["hose"] < 60.0
    assert sent <= 5000 + 1000 * court.banned_at["hose"] + 100


async def test_a_peer_within_its_budget_is_never_held_back(autojump_clock: MockClock) -> None:
    court = Court()
    meter = Meter(BUDGET, court.report)
    for second in range(1000):
        await trio.sleep(second + 1 - trio.current_time())
        await meter.spend("a", 1000, 10)
    assert (trio.current_time(), court.reports) == (1000.0, [])


async def test_accounts_are_bounded(autojump_clock: MockClock) -> None:
    meter = Meter(BUDGET, Court().report)
    for number in range(MAX_ACCOUNTS + 9):
        await meter.spend(str(number), 1)
    assert len(meter._accounts) == MAX_ACCOUNTS
    meter.forget(str(MAX_ACCOUNTS))
    assert len(meter._accounts) == MAX_ACCOUNTS - 1


async def test_a_flood_of_transactions_reaches_the_pool_at_its_budget(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    court, taken = Court(), []

    async def take(peer: str, batch: tuple[bytes, ...]) -> None:
        taken.append(sum(map(len, batch)))

    async def never(peer: str, protocol: str) -> ByteStream:
        raise StreamLost(peer)

    budget = Budget(Rate(100_000.0, 400_000.0), Rate(1000.0, 1000.0))
    notifications = Notifications("/tx/1", never, take, court.report, budget)
    await nursery.start(notifications.run)
    here, there = pair("hose", "us")
    nursery.start_soon(notifications.receive, there)
    frame = framed([encode_transactions((bytes(MAX_TRANSACTION_BYTES - 99),))])
    await here.write(50 * frame)
    await trio.sleep(10)
    assert 0 < sum(taken) <= 400_000 + 10 * 100_000 + len(frame)
    assert ("hose", Offence.FLOOD) in court.reports


messages = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 60), st.booleans()), max_size=200
)


@given(messages)
def test_a_shared_queue_stays_within_its_limits_and_shares(steps) -> None:
    queue, expected = SharedQueue(QueueLimits(messages=12, size_bytes=400)), []

    async def run() -> None:
        for peer, size, takes in steps:
            if takes and expected:
                assert await queue.take() == expected.pop(0)
            mine = [message for sender, message in expected if sender == peer]
            fits = (
                len(expected) < 12
                and sum(len(message) for _, message in expected) + size <= 400
                and len(mine) < 12 // SHARE
                and sum(map(len, mine)) + size <= 400 // SHARE
            )
            assert queue.put(peer, bytes(size)) is fits
            expected.extend([(peer, bytes(size))] * fits)
            assert (len(queue), queue.size_bytes) == (
                len(expected),
                sum(len(message) for _, message in expected),
            )

    trio.run(run)


async def test_a_consumer_waits_for_a_message(autojump_clock: MockClock) -> None:
    queue, taken = SharedQueue(QueueLimits(10, 100)), []

    async def consume() -> None:
        taken.append(await queue.take())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consume)
        await trio.sleep(1)
        assert taken == []
        queue.put("a", b"x")
    assert taken == [("a", b"x")]


async def test_a_second_stream_of_a_peer_ends_the_first(autojump_clock: MockClock) -> None:
    served, ended = [], []

    async def serve(stream: ByteStream) -> None:
        served.append(stream)
        try:
            await stream.read(1)
        finally:
            ended.append(stream)

    serving = OneStream(serve)
    ends = [pair("a", "us"), pair("a", "us"), pair("b", "us")]
    async with trio.open_nursery() as nursery:
        for _, there in ends:
            nursery.start_soon(serving, there)
            await trio.sleep(1)
        assert served == [there for _, there in ends]
        assert ended == served[:1]
        assert await ends[0][0].read(1) == b""
        nursery.cancel_scope.cancel()
    assert serving._scopes == {}
