"""Webhooks: who waits for a job is told by HTTP, from the machine that follows it.

The chain calls nobody. Each event is one POST of JSON; a receiver that is away is tried again, and
an event that cannot be delivered is said and passed over, so that following goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
import trio

from cli.errors import UsageError
from cli.sdk.http import DEFAULT_PORTS, FAILURES, post
from cli.sdk.jobs import Heard
from runtime.pallets.jobs.records import Job
from runtime.primitives.ss58 import encode_ss58

WAITS = (0.0, 1.0, 4.0)
"""Seconds before each attempt."""
POST_SECONDS = 10.0

Said = Callable[[str], None]


class JobEvent(msgspec.Struct, frozen=True):
    """A state that a job has entered, in a final block."""

    job: int
    state: str
    block: int
    client: str
    provider: str | None


def checked(url: str) -> str:
    """Return a URL that can be posted to.

    Raises: UsageError.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise UsageError(f"--webhook: wanted a URL of http:// or https://, got {url!r}")
    return url


def poster(url: str, number: int, ss58_prefix: int, said: Said) -> Heard:
    """Return what posts each state that a job enters; `said` hears of what could not be posted."""

    async def tell(place: int, record: Job) -> None:
        step, provider = record.history[place], record.provider
        event = JobEvent(
            job=number,
            state=step.state.name.lower(),
            block=step.block,
            client=encode_ss58(record.client, ss58_prefix),
            provider=None if provider is None else encode_ss58(provider, ss58_prefix),
        )
        failure = await deliver(url, msgspec.json.encode(event))
        if failure is not None:
            said(f"webhook {url}: {event.state} in block {event.block} not delivered: {failure}")

    return tell


async def deliver(url: str, body: bytes) -> str | None:
    """Post a body until a receiver takes it with a status of 2xx; return why not, if none did."""
    failure = "never tried"
    for wait in WAITS:
        await trio.sleep(wait)
        try:
            with trio.fail_after(POST_SECONDS):
                answer = await post(url, body)
        except trio.TooSlowError:
            failure = f"no answer in {POST_SECONDS:.0f} s"
        except FAILURES as error:
            failure = str(error) or type(error).__name__
        else:
            if 200 <= answer.status < 300:
                return None
            failure = f"status {answer.status}"
    return failure
