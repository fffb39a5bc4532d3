"""The bounds of the RPC server: what one client, and all of them together, may cost the node."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one server; the defaults suit a node on the operator's own machine."""

    connections: int = 256
    """Open sockets at once; each costs some tens of kilobytes, so all of them stay under 32 MB."""

    request_bytes: int = 8 * 1024 * 1024
    """One HTTP body or WebSocket message: blob chunks of 3 MiB in hex are the largest."""

    response_bytes: int = 16 * 1024 * 1024
    """One reply; metadata in hex is about 1 MB, a full block of extrinsics in hex below 12 MB."""

    header_bytes: int = 16 * 1024
    """Request line and headers together; browsers with cookies stay below 8 KiB."""

    batch_calls: int = 128
    """Calls in one batch: polkadot.js sends some tens, and each may read the whole state."""

    subscriptions: int = 1024
    """Subscriptions of one connection, as polkadot-sdk has it."""

    calls_per_minute: int | None = None
    """Calls of one connection; None for any number, as polkadot-sdk has it."""

    calls_in_flight: int = 16
    """Calls of one WebSocket being answered at once; past it the socket is simply not read."""

    pipelined_requests: int = 64
    """HTTP requests parsed ahead of their answers on one connection."""

    output_bytes: int = 8 * 1024 * 1024
    """Unsent notifications of one WebSocket, and unsent replies before another one is made."""

    output_frames: int = 4096
    """Unsent notifications of one WebSocket: hours of heads, or a burst of storage changes."""

    request_seconds: float = 30.0
    """From the first byte of an HTTP request to its last; slower is an attack."""

    idle_seconds: float = 75.0
    """Silence on a kept-alive HTTP connection; above the 60 s at which proxies close theirs."""

    ping_seconds: float = 30.0
    """Silence on a WebSocket before a ping; a second silence of this length closes it."""

    write_seconds: float = 30.0
    """One write: a peer whose window stays shut for this long reads no more."""

    close_seconds: float = 2.0
    """To deliver the frame or reply that explains why the connection is closed."""
