"""Webhooks of jobs: each state is posted once, and a receiver that is away stops nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import trio

from cli.errors import UsageError
from cli.job import all_of
from cli.sdk import webhooks
from cli.sdk.webhooks import checked, deliver, poster
from runtime.pallets.jobs.records import JobState
from runtime.primitives.ss58 import encode_ss58
from tests.cli.served import CLIENT, record
from tests.runtime_compute.orders import PROVIDER


@dataclass
class Receiver:
    """Takes posts; answers what it is told to, and then 204."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=jobs"

    async def serve(self, stream: trio.SocketStream) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw or len(raw.split(b"\r\n\r\n", 1)[1]) < length_in(raw):
            raw += await stream.receive_some()
        head, body = raw.split(b"\r\n\r\n", 1)
        self.heads.append(head.decode())
        self.bodies.append(json.loads(body))
        status = self.statuses.pop(0) if self.statuses else 204
        await stream.send_all(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status)
        await stream.aclose()


def length_in(raw: bytes) -> int:
    (line,) = [one for one in raw.split(b"\r\n") if one.lower().startswith(b"content-length:")]
    return int(line.split(b":")[1])


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    found = Receiver(list(statuses))
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        found.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, found.serve, [listener])
        yield found
        nursery.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "WAITS", (0.0, 0.0, 0.0))


async def test_req_d6_each_state_of_a_job_is_posted_with_who_and_where(job_record):
    said: list[str] = []
    async with receiving() as receiver:
        tell = all_of([poster(receiver.url, 7, 42, said.append)])
        for place in range(len(job_record.history)):
            await tell(place, job_record)
    client, provider = encode_ss58(CLIENT, 42), encode_ss58(PROVIDER, 42)
    assert receiver.bodies == [
        {"job": 7, "state": "queued", "block": 1, "client": client, "provider": provider},
        {"job": 7, "state": "completed", "block": 9, "client": client, "provider": provider},
    ]
    assert receiver.heads[0].startswith("POST /hook?of=jobs HTTP/1.1")
    assert said == []


@pytest.fixture
def job_record():
    made = record((JobState.QUEUED, 1), (JobState.COMPLETED, 9))
    return replace(made, provider=PROVIDER)


async def test_a_receiver_that_fails_is_tried_again():
    async with receiving(500, 503) as receiver:
        assert await deliver(receiver.url, b"{}") is None
    assert receiver.bodies == [{}, {}, {}]


async def test_what_nobody_takes_is_said_and_following_goes_on(job_record):
    said: list[str] = []
    async with receiving(500, 404, 500) as receiver:
        await poster(receiver.url, 7, 42, said.append)(0, job_record)
        assert said == [f"webhook {receiver.url}: queued in block 1 not delivered: status 500"]
        await poster(receiver.url, 7, 42, said.append)(1, job_record)
    assert len(said) == 1
    assert receiver.bodies[-1]["state"] == "completed"


async def test_a_receiver_that_is_not_there_is_said():
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    assert await deliver(f"http://127.0.0.1:{port}/", b"{}") is not None


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/x", "http://", "ws://h/"])
def test_only_http_is_posted_to(url):
    with pytest.raises(UsageError, match="--webhook: wanted a URL of http:// or https://, got"):
        checked(url)
