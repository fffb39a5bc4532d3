"""Who may speak to the server from a browser: the Host and Origin checks.

A web page anywhere can make a browser send requests to 127.0.0.1. The Host check stops names that
were pointed at this machine (DNS rebinding), the Origin check stops pages of other sites. Programs
send no Origin and are not browsers: they pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names under which a browser on this machine knows it."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Which hosts and origins are served; the default is this machine alone."""

    hosts: frozenset[str] = LOCAL_NAMES
    """Host names (without port) that requests may address; `*` for any."""

    origins: frozenset[str] = frozenset()
    """Origins besides this machine and the server's own pages; `*` for any."""

    def refusal(self, headers: Mapping[bytes, bytes]) -> str | None:
        """Say why a request is refused, or None when it may pass."""
        host = headers.get(b"host", b"").decode("latin-1")
        name = _name_of(host)
        if "*" not in self.hosts and name not in self.hosts:
            return f"host {host[:80]!r} is not served here; allow it with --rpc-host"
        origin = headers.get(b"origin")
        if origin is None or self._allows(origin.decode("latin-1"), host):
            return None
        shown = origin.decode("latin-1")[:80]
        return f"origin {shown!r} is not allowed; allow it with --rpc-cors"

    def _allows(self, origin: str, host: str) -> bool:
        if "*" in self.origins or origin in self.origins:
            return True
        parts = _split(origin)
        if parts is None or parts.scheme not in ("http", "https"):
            return False
        return parts.hostname in LOCAL_NAMES or parts.netloc.lower() == host.lower()


def cross_origin_headers(headers: Mapping[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Let the page of an accepted origin read the answer."""
    origin = headers.get(b"origin")
    if origin is None:
        return ()
    return ((b"access-control-allow-origin", origin), (b"vary", b"origin"))


PREFLIGHT_HEADERS = (
    (b"access-control-allow-methods", b"POST, GET"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"600"),
)
"""The answer to a browser that asks before it posts JSON."""


def _name_of(host: str) -> str:
    parts = _split(f"http://{host}")
    return "" if parts is None else parts.hostname or ""


def _split(url: str) -> "_Parts | None":
    try:
        parts = urlsplit(url)
        return _Parts(parts.scheme, parts.netloc, parts.hostname)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    netloc: str
    hostname: str | None
