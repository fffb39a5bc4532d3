import logging

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from p2p.gossip import (
    SEEN_MESSAGES,
    SEEN_SECONDS,
    TOPIC_QUEUE,
    Gossip,
    MessageTooLarge,
    SeenCache,
    Topic,
    UnknownTopic,
    Verdict,
)
from p2p.messages import MAX_GOSSIP_BYTES
from p2p.peers import Offence
from p2p.queues import SHARE

BLOCKS = "/00010203/blocks/1"


class Wire:
    """Records what leaves and who is reported."""

    def __init__(self, verdict: Verdict = Verdict.ACCEPT) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.reports: list[tuple[str, Offence]] = []
        self.consumed: list[tuple[str, bytes]] = []
        self.verdict = verdict

    def gossip(self) -> Gossip:
        topics = {"blocks": Topic(self.validate, self.consume)}
        return Gossip("00010203", topics, self.send, self.report)

    def validate(self, peer: str, payload: bytes) -> Verdict:
        return self.verdict

    async def consume(self, peer: str, payload: bytes) -> None:
        self.consumed.append((peer, payload))

    async def send(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))


async def test_publish_names_the_topic_of_the_chain() -> None:
    wire = Wire()
    await wire.gossip().publish("blocks", b"x")
    assert wire.sent == [(BLOCKS, b"x")]


async def test_an_unknown_topic_is_an_error() -> None:
    with pytest.raises(UnknownTopic, match="wanted one of blocks, got 'nonsense'"):
        await Wire().gossip().publish("nonsense", b"x")


async def test_a_message_above_the_limit_is_not_sent() -> None:
    with pytest.raises(MessageTooLarge, match=f"wanted at most {MAX_GOSSIP_BYTES} bytes"):
        await Wire().gossip().publish("blocks", bytes(MAX_GOSSIP_BYTES + 1))


async def test_an_accepted_message_is_forwarded_and_consumed(nursery: trio.Nursery) -> None:
    wire = Wire()
    gossip = wire.gossip()
    assert gossip.deliver("peer", BLOCKS, b"x")
    nursery.start_soon(gossip.run)
    await wait_all_tasks_blocked()
    assert wire.consumed == [("peer", b"x")]


@pytest.mark.parametrize(
    ("verdict", "reports"),
    [(Verdict.IGNORE, []), (Verdict.REJECT, [("peer", Offence.BAD_GOSSIP)])],
)
def test_only_a_rejected_message_is_held_against_the_peer(
    verdict: Verdict, reports: list[tuple[str, Offence]]
) -> None:
    wire = Wire(verdict)
    assert not wire.gossip().deliver("peer", BLOCKS, b"x")
    assert wire.reports == reports


def test_an_oversized_message_is_rejected_unseen() -> None:
    wire = Wire()
    assert not wire.gossip().deliver("peer", BLOCKS, bytes(MAX_GOSSIP_BYTES + 1))
    assert wire.reports == [("peer", Offence.BAD_GOSSIP)]


def test_a_validator_that_raises_is_logged_and_the_message_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire = Wire()
    wire.validate = lambda peer, payload: 1 // 0  # type: ignore[assignment, return-value]
    with caplog.at_level(logging.ERROR):
        assert not wire.gossip().deliver("peer", BLOCKS, b"x")
    assert "gossip validator failed on 1 bytes from peer" in caplog.text
    assert wire.reports == []


def test_a_full_queue_ignores_so_that_gossip_offers_the_message_again() -> None:
    wire = Wire()
    gossip = wire.gossip()
    share = TOPIC_QUEUE.messages // SHARE
    taken = [gossip.deliver("peer", BLOCKS, b"x") for _ in range(share + 2)]
    assert taken == [True] * share + [False, False]
    assert gossip.overflows == 2
    assert gossip.deliver("other", BLOCKS, b"x")


async def test_what_a_consumer_raises_ends_the_service() -> None:
    wire = Wire()

    async def fail(peer: str, payload: bytes) -> None:
        raise AssertionError("a bug")

    wire.consume = fail  # type: ignore[method-assign]
    gossip = wire.gossip()
    gossip.deliver("peer", BLOCKS, b"x")
    with pytest.raises(ExceptionGroup):
        await gossip.run()


def test_a_key_is_remembered_for_two_minutes() -> None:
    now = [0.0]
    seen = SeenCache(lambda: now[0])
    assert seen.add(b"k")
    now[0] = SEEN_SECONDS - 1
    assert (seen.has(b"k"), seen.add(b"k")) == (True, False)
    now[0] = SEEN_SECONDS + 1
    assert (seen.has(b"k"), seen.add(b"k")) == (False, True)


def test_the_cache_forgets_the_oldest_when_it_is_full() -> None:
    seen = SeenCache(lambda: 0.0)
    for number in range(SEEN_MESSAGES + 1):
        seen.add(number.to_bytes(4, "big"))
    assert not seen.has(bytes(4))
    assert seen.has((1).to_bytes(4, "big"))
