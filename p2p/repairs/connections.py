"""A swarm, connections and a host that let go of what is over and contain what goes wrong."""

import logging
from collections import Counter
from typing import Final

import trio
from libp2p.abc import IMuxedConn, IMuxedStream, INetStream
from libp2p.host.basic_host import BasicHost
from libp2p.io.abc import ReadWriteCloser
from libp2p.metrics.swarm import SwarmEvent
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.stream_muxer.yamux.yamux import Yamux
from multiaddr import Multiaddr

MAX_HANDSHAKES_PER_ADDRESS: Final = 64
"""Unfinished handshakes of one IP address; the library lets one address take every inbound slot."""

MAX_STREAMS_PER_CONNECTION: Final = 32
"""Inbound streams of one connection: five protocols, some twice while one stream replaces another.
The library has one limit of 10,000 that blocks everybody; each stream may hold a window."""

RESET_SECONDS: Final = 1.0
"""Telling the peer is a courtesy."""

CLOSE_SECONDS: Final = 3.0
"""A farewell, and what the library sleeps."""

logger = logging.getLogger(__name__)


class Unconnector(AutoConnector):
    """Dials nobody: the library fills half its high watermark from any address it ever heard of.

    Goes when libp2p can be told not to.
    """

    async def maybe_connect(self) -> None:
        """Do nothing; our own loop dials."""


class RepairedSwarm(Swarm):
    """Frees the inbound slot and its task when the connection ends.

    Repairs slots that were held until shutdown: a stock node refuses everybody after its first few
    hundred inbound connections. Goes when `_do_handle_inbound_connection` waits for the connection
    rather than for the swarm, and handshakes are counted per address.
    """

    _handshakes: Counter[str]

    def _init_connection_management(self) -> None:
        super()._init_connection_management()
        self._handshakes = Counter()
        self.auto_connector = Unconnector(self)

    async def new_stream(self, peer_id: ID) -> INetStream:
        """Open a stream to a connected peer.

        Repairs the hidden dial: a retry of the library reconnected peers that had just left or
        been banned. Goes when opening a stream and dialling are two calls.
        """
        if not self.get_connections(peer_id):
            raise SwarmException(f"{peer_id} is not connected")
        return await super().new_stream(peer_id)

    async def add_conn(self, muxed_conn: IMuxedConn, direction: str = "unknown") -> SwarmConn:
        """Register a connection, unless the swarm is closing.

        Repairs sockets that stayed open when a handshake finished during `close`. Goes when the
        library checks this itself.
        """
        if self._closing:
            await muxed_conn.close()
            raise SwarmException("the swarm is closing")
        return await super().add_conn(muxed_conn, direction)

    async def _handle_inbound_connection(
        self, read_write_closer: ReadWriteCloser, maddr: Multiaddr
    ) -> None:
        remote = read_write_closer.get_remote_address()
        ip = remote[0] if remote else ""
        if self._handshakes[ip] >= MAX_HANDSHAKES_PER_ADDRESS:
            await read_write_closer.close()
            return
        await super()._handle_inbound_connection(read_write_closer, maddr)

    async def _do_handle_inbound_connection(
        self,
        read_write_closer: ReadWriteCloser,
        maddr: Multiaddr,
        failure_event: SwarmEvent,  # noqa: ARG002  # for their metrics
    ) -> None:
        remote = read_write_closer.get_remote_address()
        ip = remote[0] if remote else ""
        connection = RawConnection(read_write_closer, False)
        self._handshakes[ip] += 1
        try:
            muxed = await self.upgrade_inbound_raw_conn(connection, maddr)
        except Exception as error:  # top of a task of the library: a stranger's handshake
            logger.debug("inbound connection from %s failed: %r", ip, error)
            await connection.close()
            return
        finally:
            self._handshakes[ip] -= 1
            if not self._handshakes[ip]:
                del self._handshakes[ip]
        assert isinstance(muxed, Yamux), "yamux is the only muxer offered"
        await muxed.event_closed.wait()


class RepairedConnection(SwarmConn):
    """Bounds the inbound streams of one connection, and closes to the end once it began.

    Repairs a socket that stays open when the first to close the connection is cancelled: everybody
    later takes it for closed. Goes when libp2p has a limit per connection and shields the closing.
    """

    _inbound_streams = 0

    async def close(self) -> None:
        """Close the connection, whether or not the caller is cancelled meanwhile."""
        with trio.move_on_after(CLOSE_SECONDS) as scope:
            scope.shield = True
            await super().close()

    async def _handle_muxed_stream(self, muxed_stream: IMuxedStream) -> None:
        if self._inbound_streams >= MAX_STREAMS_PER_CONNECTION:
            await muxed_stream.reset()
            return
        self._inbound_streams += 1
        try:
            await super()._handle_muxed_stream(muxed_stream)
        finally:
            self._inbound_streams -= 1


class RepairedHost(BasicHost):
    """Contains what a stream handler raises: the stream is reset, the host goes on.

    Repairs that one packet on any protocol could end the process. Goes when libp2p does this
    itself.
    """

    async def _swarm_stream_handler(self, net_stream: INetStream) -> None:
        try:
            await super()._swarm_stream_handler(net_stream)
        except* Exception as group:  # top of a task of the library: whatever a stranger sent
            peer = net_stream.muxed_conn.peer_id
            logger.debug(
                "stream %s of %s: %r", net_stream.get_protocol(), peer, group.exceptions[0]
            )
            with trio.move_on_after(RESET_SECONDS) as scope:
                scope.shield = True
                await net_stream.reset()
