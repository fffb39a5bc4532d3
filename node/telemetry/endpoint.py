"""Where telemetry goes, and how much of it, as an operator writes it: `URL VERBOSITY`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_VERBOSITY = 9
"""Substrate's scale; nothing here is above 1."""

WANTED = (
    f'--telemetry-url wants "URL VERBOSITY", a ws:// or wss:// URL and 0 to {MAX_VERBOSITY}, as in '
    '"wss://telemetry.example.org/submit/ 0"'
)


class BadEndpoint(ValueError):
    """Words that name no endpoint; the message says what was wanted."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that takes telemetry."""

    url: str
    verbosity: int
    """The highest verbosity of the messages that it gets."""


def parse_endpoint(words: str) -> Endpoint:
    """Read `URL VERBOSITY`.

    Raises: BadEndpoint.
    """
    url, _, verbosity = words.strip().rpartition(" ")
    host = web_socket_host(url.strip())
    is_level = verbosity.isascii() and verbosity.isdecimal() and int(verbosity) <= MAX_VERBOSITY
    if not host or not is_level:
        raise BadEndpoint(f"{WANTED}, got {words!r}.")
    return Endpoint(url.strip(), int(verbosity))


def web_socket_host(url: str) -> str | None:
    """Return the host that a WebSocket URL names; None if it is no such URL."""
    try:
        parts = urlsplit(url)
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_web_socket = parts.scheme in ("ws", "wss") and is_port and " " not in url
    return parts.hostname if is_web_socket else None
