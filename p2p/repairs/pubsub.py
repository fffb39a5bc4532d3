"""Pubsub and GossipSub for messages that carry their own signatures, from strangers.

StrictNoSign (libp2p pubsub specification): no author, sequence number, signature or key on the
wire, and the message id is a hash of topic and payload.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import trio
from libp2p.abc import IHost, INetStream
from libp2p.io.exceptions import IOException
from libp2p.network.connection.exceptions import RawConnError
from libp2p.network.stream.exceptions import StreamEOF, StreamError
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.mcache import CacheEntry, MessageCache
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from p2p.repairs.attributes import MAX_RPC_BYTES

MAX_SUBSCRIPTIONS_PER_RPC: Final = 64
"""Three topics of ours, and room for a later version's."""

CACHED_BYTES: Final = 32 * 1024 * 1024
"""Messages kept for IWANT: a few seconds of the largest blocks; beyond it, one is not offered."""

READ_BYTES: Final = 65_536
MAX_VARINT_BYTES: Final = 4
RESET_SECONDS: Final = 1.0

Spend = Callable[[str, int], Awaitable[None]]
"""(peer, bytes): waits until the peer's budget has room for what it sent."""

Deliver = Callable[[str, str, bytes], bool]
"""(peer, topic, payload) -> forward it; decides and never raises."""


class Seen(Protocol):
    """Remembers message ids for a while, within a bound."""

    def has(self, key: bytes) -> bool:
        """Say whether the id is remembered."""
        ...

    def add(self, key: bytes) -> bool:
        """Remember the id; True when it is new."""
        ...


logger = logging.getLogger(__name__)


class BadFrame(ValueError):
    """A pubsub stream that is not a sequence of bounded RPCs."""


class NoSignPubsub(Pubsub):
    """Pubsub that hands each message to one synchronous function and forwards what that accepts.

    Repairs: any malformed RPC ends the process; a task per message, without bound; async
    validators that deliver twice; raising validators that end the process; `strict_signing=False`
    that still sends authors and lets a forged one suppress a victim's message; subscription queues
    that drop at 32; a seen-cache with a thread and no bound. Goes when libp2p contains its read
    loop and has a StrictNoSign policy.
    """

    def __init__(
        self, host: IHost, router: "ContentGossipSub", deliver: Deliver, seen: Seen, spend: Spend
    ) -> None:
        """Attach to a host that has not connected to anyone yet: later peers only are noticed."""
        super().__init__(
            host,
            router,
            strict_signing=False,
            msg_id_constructor=content_id,
            max_inbound_rpc_size=MAX_RPC_BYTES,
            max_subscriptions_per_rpc=MAX_SUBSCRIPTIONS_PER_RPC,
        )
        self._deliver = deliver
        self._spend = spend
        # The library's own cache has a thread, a lock and no bound.
        self.seen_messages.stop()
        self.seen_messages = seen  # type: ignore[assignment]  # has and add are all it calls

    async def publish(self, topic_id: str | list[str], data: bytes) -> None:
        """Send `data` to the mesh, whether or not it was sent before."""
        topics = [topic_id] if isinstance(topic_id, str) else topic_id
        message = rpc_pb2.Message(data=data, topicIDs=topics)
        self._mark_msg_seen(message)
        await self.router.publish(self.my_id, message)

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Deliver a peer's message and forward it if the consumer says so."""
        is_signed = msg.from_id or msg.seqno or msg.signature or msg.key
        if is_signed or len(msg.topicIDs) != 1 or self._is_msg_seen(msg):
            return
        if self._deliver(str(msg_forwarder), msg.topicIDs[0], msg.data):
            self._mark_msg_seen(msg)
            await self.router.publish(msg_forwarder, msg)

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Read one peer's RPCs until its stream ends; a bad one ends that stream alone."""
        peer = stream.muxed_conn.peer_id
        try:
            await self._read_rpcs(peer, stream)
        except (StreamError, IOException, RawConnError, OSError):
            return
        except Exception as error:  # top of a peer's task: whatever a stranger sent
            logger.info("gossip peer %s reset: %r", peer, error)
            with trio.move_on_after(RESET_SECONDS) as scope:
                scope.shield = True
                await stream.reset()
            self._handle_dead_peer(peer)

    async def _read_rpcs(self, peer: ID, stream: INetStream) -> None:
        buffer = bytearray()
        while self.manager.is_running:
            while (frame := take_frame(buffer, self.max_inbound_rpc_size)) is None:
                part = await stream.read(READ_BYTES)
                if not part:
                    raise StreamEOF("peer closed its gossip stream")
                buffer += part
            await self._spend(str(peer), len(frame))
            rpc = rpc_pb2.RPC()
            rpc.ParseFromString(frame)
            # Not a record we check: addresses come from our own book.
            rpc.ClearField("senderRecord")
            await self._handle_rpc(peer, rpc)

    async def _handle_rpc(self, peer: ID, rpc: rpc_pb2.RPC) -> None:
        for message in rpc.publish:
            if self._is_subscribed_to_msg(message):
                await self.push_msg(peer, message)
        if len(rpc.subscriptions) > self.max_subscriptions_per_rpc:
            raise BadFrame(f"{len(rpc.subscriptions)} subscriptions in one RPC")
        for subscription in rpc.subscriptions:
            self.handle_subscription(peer, subscription)
        if rpc.HasField("control"):
            await self.router.handle_rpc(rpc, peer)


class ContentGossipSub(GossipSub):
    """GossipSub that caches messages under the ids it gossips.

    Repairs: custom ids ignored by the message cache, so that IWANT resends everything; equivocation
    checks on author and sequence number, which nobody sends; a copy and a split of each RPC per
    peer; delivery times kept for ever. Goes when the cache takes the id function of its Pubsub.
    """

    def __init__(self) -> None:
        """Make a meshsub 1.1 router with a heartbeat of a second and the built-in defences off.

        Their spam protection drops what we publish ourselves, and adaptive gossip turns the
        heartbeat into 30 s.
        """
        super().__init__(
            ["/meshsub/1.1.0"],  # type: ignore[list-item]  # TProtocol is a NewType of str
            6,
            4,
            12,
            heartbeat_interval=1,
            adaptive_gossip_enabled=False,
            spam_protection_enabled=False,
            eclipse_protection_enabled=False,
        )
        self.mcache = ContentCache(self.mcache.window_size, self.mcache.history_size)

    def send_rpc(self, peer_id: ID, rpc: rpc_pb2.RPC, priority: bool = False) -> None:
        """Queue an RPC that fits and has nothing to piggyback as it is."""
        queue = self.pubsub.peer_queues.get(peer_id) if self.pubsub else None
        if queue is None:
            return
        if peer_id in self._pending_control or rpc.ByteSize() > queue.max_message_size:
            super().send_rpc(peer_id, rpc, priority)
        elif not queue.push(rpc, priority=priority):
            self._handle_dropped_rpc(peer_id, rpc, "queue_full")

    async def _emit_control_msgs(
        self,
        peers_to_graft: dict[ID, list[str]],
        peers_to_prune: dict[ID, list[str]],
        peers_to_gossip: dict[ID, dict[str, list[bytes]]],
    ) -> None:
        # One peer at a time: the library lets the first peers' topics leak into the later ones'
        # GRAFT.
        for peer in dict.fromkeys((*peers_to_graft, *peers_to_prune, *peers_to_gossip)):
            await super()._emit_control_msgs(
                {peer: peers_to_graft[peer]} if peer in peers_to_graft else {},
                {peer: peers_to_prune[peer]} if peer in peers_to_prune else {},
                {peer: peers_to_gossip[peer]} if peer in peers_to_gossip else {},
            )

    def _check_equivocation(self, msg: rpc_pb2.Message) -> bool:  # noqa: ARG002
        return True

    def _periodic_security_cleanup(self) -> None:
        super()._periodic_security_cleanup()
        self.recent_message_deliveries.clear()


class ContentCache(MessageCache):
    """The message cache under content ids, bounded in bytes.

    Invariant: `size_bytes` counts the payloads in `msgs`.
    """

    size_bytes = 0

    def put(self, msg: rpc_pb2.Message) -> None:
        """Remember a message for IWANT, if there is room."""
        id = content_id(msg)
        if id not in self.msgs and self.size_bytes + len(msg.data) <= CACHED_BYTES:
            self.msgs[id] = msg
            self.size_bytes += len(msg.data)
            self.history[0].append(CacheEntry(id, msg.topicIDs))

    def shift(self) -> None:
        """Forget the oldest heartbeat's messages."""
        super().shift()
        self.size_bytes = sum(len(message.data) for message in self.msgs.values())


def content_id(message: rpc_pb2.Message) -> bytes:
    """Hash topic and payload: the id of a message without an author."""
    topic = message.topicIDs[0].encode() if message.topicIDs else b""
    return hashlib.blake2b(message.data, digest_size=20, key=topic[:64]).digest()


def take_frame(buffer: bytearray, limit: int) -> bytes | None:
    """Cut the first varint-prefixed frame off `buffer`; None when it is not all there.

    Raises BadFrame on a length above `limit`.
    """
    length = 0
    for position, byte in enumerate(buffer[:MAX_VARINT_BYTES]):
        length |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            break
    else:
        if len(buffer) >= MAX_VARINT_BYTES:
            raise BadFrame(f"wanted a length of at most {MAX_VARINT_BYTES} bytes")
        return None
    if length > limit:
        raise BadFrame(f"wanted an RPC of at most {limit} bytes, got {length}")
    end = position + 1 + length
    if len(buffer) < end:
        return None
    frame = bytes(buffer[position + 1 : end])
    del buffer[:end]
    return frame
