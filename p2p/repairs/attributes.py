"""Replaces the attributes of libp2p's modules that cannot be passed in, when told to."""

import logging
from typing import Final

import libp2p
import libp2p.io.msgio
import libp2p.io.utils
import libp2p.network.connection.swarm_connection
import libp2p.pubsub.gossipsub
import libp2p.pubsub.pubsub
import libp2p.stream_muxer.muxer_multistream
import libp2p.stream_muxer.yamux.yamux
import libp2p.transport.tcp.tcp
import libp2p.utils.varint
import trio
from libp2p.abc import IHost
from libp2p.io.abc import Reader
from libp2p.io.exceptions import IncompleteReadError
from libp2p.pubsub.pb.rpc_pb2 import RPC
from libp2p.pubsub.rpc_queue import RpcQueue

from p2p.repairs.connections import RepairedConnection
from p2p.repairs.yamux import RepairedStream, RepairedYamux

REPAIRED_VERSION: Final = "0.8.1"
"""Every repair was written and tested against this version alone."""

OUTBOUND_MESSAGES: Final = 1024
"""The library drops silently at 32, which four busy topics fill within a heartbeat."""

OUTBOUND_BYTES: Final = 8 * 1024 * 1024
"""Gossip waiting for a peer that does not read; what has no room is dropped and offered again."""

MAX_RPC_BYTES: Final = 1024 * 1024
"""A gossip RPC: several messages of 256 KiB, never the 4 MiB another node might try."""


class WrongLibrary(RuntimeError):
    """The installed py-libp2p is not the one these repairs are for."""


def apply() -> None:
    """Replace the attributes; applying twice changes nothing.

    Raises WrongLibrary.
    """
    if libp2p.__version__ != REPAIRED_VERSION:
        raise WrongLibrary(
            f"wanted libp2p {REPAIRED_VERSION}, got {libp2p.__version__}: install our lock"
        )
    for module, name, replacement in (
        # It makes a Yamux by that name, whatever class the upgrader was given.
        (libp2p.stream_muxer.muxer_multistream, "Yamux", RepairedYamux),
        (libp2p.stream_muxer.yamux.yamux, "YamuxStream", RepairedStream),
        (libp2p.network.connection.swarm_connection, "SwarmConn", RepairedConnection),
        (libp2p.stream_muxer.yamux.yamux, "read_exactly", read_exactly),
        (libp2p.io.msgio, "read_exactly", read_exactly),
        (libp2p.utils.varint, "read_exactly", read_exactly),
        (libp2p.transport.tcp.tcp, "_open_reuseport_listeners", open_listeners),
        (libp2p.pubsub.pubsub, "env_to_send_in_RPC", no_peer_record),
        (libp2p.pubsub.gossipsub, "env_to_send_in_RPC", no_peer_record),
        (libp2p.pubsub.pubsub, "RpcQueue", LongRpcQueue),
    ):
        assert hasattr(module, name), f"{module.__name__} has no {name}"
        setattr(module, name, replacement)
    # It formats every frame it sees, whether or not anyone listens.
    for name in ("libp2p", "libp2p.network.auto_connector"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


async def read_exactly(reader: Reader, n: int, retry_count: int = 0) -> bytes:  # noqa: ARG001
    """Read `n` bytes, however many reads that takes; the library gives up after 100.

    Goes when libp2p's loop ends at the end of the stream instead of at a count.
    """
    buffer = bytearray()
    while len(buffer) < n:
        part = await reader.read(n - len(buffer))
        if not part:
            raise IncompleteReadError(
                f"wanted {n} bytes, got {len(buffer)}",
                expected_bytes=n,
                received_bytes=len(buffer),
            )
        buffer += part
    return bytes(buffer)


async def open_listeners(host: str | None, port: int) -> list[trio.SocketListener]:
    """Listen without SO_REUSEPORT, which let two nodes share a port and take turns with its peers.

    Goes when libp2p makes port sharing a choice.
    """
    return list(await trio.open_tcp_listeners(port, host=host))


def no_peer_record(host: IHost) -> tuple[bytes, bool]:  # noqa: ARG001
    """Attach no signed peer record: making and checking one cost more than the message it rode on.

    Goes when libp2p attaches records on connecting alone.
    """
    return b"", False


class LongRpcQueue(RpcQueue):
    """An outbound queue that does not drop at 32 messages, and is bounded in bytes.

    Goes when the queue's length, in messages and bytes, is an argument of Pubsub.
    """

    def __init__(self) -> None:
        """Make the queue with our bounds."""
        super().__init__(OUTBOUND_MESSAGES, MAX_RPC_BYTES)
        self.size_bytes = 0

    def push(self, rpc: RPC, priority: bool = False) -> bool:
        """Queue an RPC; False when there is no room for it."""
        size = rpc.ByteSize()
        if self.size_bytes + size > OUTBOUND_BYTES or not super().push(rpc, priority):
            return False
        self.size_bytes += size
        return True

    async def pop(self) -> RPC | None:
        """Wait for the next RPC; None when the queue is closed."""
        rpc = await super().pop()
        if rpc is not None:
            self.size_bytes -= rpc.ByteSize()
        return rpc
