"""The methods of chainHead_v1: following the head, and asking about the blocks that it reports."""

from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from node.rpc.backend import HeaderReader, StatePins
from node.rpc.caller import Caller
from node.rpc.chain_head.follow import Follow
from node.rpc.chain_head.operations import Operation, Work
from node.rpc.chain_head.tracker import HeadTracker
from node.rpc.chain_head.work import BlockWork
from node.rpc.errors import Code, RpcError
from node.rpc.registry import method, subscription
from node.rpc.storage_query import StorageItem, check_items
from node.rpc.subscriptions import Stream
from node.rpc.values import Hash, Hashes, Hex, to_hex
from runtime.primitives.block import Header
from runtime.primitives.scale import encode

MAX_FOLLOWS = 2
"""Of one connection: one with the runtime and one without, as the specification promises."""


class StartedJson(msgspec.Struct, frozen=True, rename="camel", tag_field="result", tag="started"):
    """An operation has begun; the client asks again for what was discarded."""

    operation_id: str
    discarded_items: int | UnsetType = UNSET
    """For storage: how many items at the back found no room."""


class LimitReachedJson(msgspec.Struct, frozen=True, tag_field="result", tag="limitReached"):
    """The operation cannot begin now, or the subscription has ended."""


OperationJson = StartedJson | LimitReachedJson


class ChainHeadNamespace:
    """Following the head of the chain.

    Pinned blocks stay readable: headers are never deleted, pins hold states back from pruning, and
    bodies of abandoned forks are kept in memory.
    """

    def __init__(
        self, tracker: HeadTracker, chain: HeaderReader, pins: StatePins, work: BlockWork
    ) -> None:
        self._tracker = tracker
        self._chain = chain
        self._pins = pins
        self._work = work

    @subscription(
        "chainHead_v1_follow",
        notification="chainHead_v1_followEvent",
        unsubscribe=("chainHead_v1_unfollow",),
        ends_silently=True,
    )
    def follow(self, caller: Caller, with_runtime: bool) -> Stream[msgspec.Raw]:
        """Send new, best, finalized and pruned blocks, and pin each until it is unpinned."""
        session = caller.connection("chainHead_v1_follow")
        following = sum(isinstance(source, Follow) for source in session.sources())
        if following >= MAX_FOLLOWS:
            raise RpcError(Code.FOLLOW_LIMIT, "Maximum number of chainHead_follow has been reached")
        source = Follow(self._tracker, self._pins, with_runtime=with_runtime)
        return Stream(source, _as_it_is, is_paced=True)

    @method("chainHead_v1_header")
    def header(self, caller: Caller, follow_subscription: str, hash: Hash) -> str | None:
        """Return the SCALE header of a pinned block; null when the subscription has ended."""
        follow = _follow_of(caller, follow_subscription)
        if follow is None:
            return None
        follow.require_pinned(hash)
        header = self._chain.header(hash)
        assert header is not None, "headers are never deleted"
        return to_hex(encode(header, Header))

    @method("chainHead_v1_body")
    def body(self, caller: Caller, follow_subscription: str, hash: Hash) -> OperationJson:
        """Begin to fetch the extrinsics of a pinned block."""
        follow = _follow_of(caller, follow_subscription)
        if follow is None:
            return LimitReachedJson()
        follow.require_pinned(hash)
        return self._begin(caller, follow, partial(self._work.body, follow, hash))

    @method("chainHead_v1_call")
    def call(
        self,
        caller: Caller,
        follow_subscription: str,
        hash: Hash,
        function: str,
        call_parameters: Hex,
    ) -> OperationJson:
        """Begin to call a runtime API at a pinned block."""
        follow = _follow_of(caller, follow_subscription)
        if follow is None:
            return LimitReachedJson()
        if not follow.with_runtime:
            raise RpcError(
                Code.FOLLOWS_WITHOUT_RUNTIME,
                "The `chainHead_follow` subscription was started with `withRuntime` set to `false`",
            )
        follow.require_pinned(hash)
        work = partial(self._work.call, follow, hash, function, call_parameters)
        return self._begin(caller, follow, work)

    @method("chainHead_v1_storage")
    def storage(
        self,
        caller: Caller,
        follow_subscription: str,
        hash: Hash,
        items: list[StorageItem],
        child_trie: Hex | None = None,
    ) -> OperationJson:
        """Begin to read storage at a pinned block; the child tries of this chain are all empty."""
        check_items(items)
        follow = _follow_of(caller, follow_subscription)
        if follow is None:
            return LimitReachedJson()
        follow.require_pinned(hash)
        accepted: Sequence[StorageItem] = items[: max(0, follow.operations.free)]
        if items and not accepted:
            return LimitReachedJson()
        discarded = len(items) - len(accepted)
        if child_trie is not None:
            accepted = ()
        work = partial(self._work.storage, follow, hash, accepted)
        return self._begin(caller, follow, work, max(1, len(accepted)), discarded)

    @method("chainHead_v1_continue")
    def go_on(self, caller: Caller, follow_subscription: str, operation_id: str) -> None:
        """Let a storage operation that waits send more."""
        follow = _follow_of(caller, follow_subscription)
        if follow is not None:
            follow.operations.go_on(operation_id)

    @method("chainHead_v1_stopOperation")
    def stop_operation(self, caller: Caller, follow_subscription: str, operation_id: str) -> None:
        """Interrupt an operation; one that has ended already is no error."""
        follow = _follow_of(caller, follow_subscription)
        if follow is not None:
            follow.operations.stop(operation_id)

    @method("chainHead_v1_unpin")
    def unpin(self, caller: Caller, follow_subscription: str, hash_or_hashes: Hashes) -> None:
        """Unpin a block or several: all of them or, with an error, none."""
        follow = _follow_of(caller, follow_subscription)
        if follow is not None:
            follow.unpin(hash_or_hashes.values)

    def _begin(
        self,
        caller: Caller,
        follow: Follow,
        work: Work,
        weight: int = 1,
        discarded: int | UnsetType = UNSET,
    ) -> OperationJson:
        """Start an operation after the answer, if there is room for it."""
        operations = follow.operations
        if operations.free < weight:
            return LimitReachedJson()
        operation: Operation = operations.begin(weight)
        session = caller.connection("chainHead_v1")

        def start() -> None:
            session.run(partial(operations.run, operation, work))

        caller.after_reply(start, partial(operations.forget, operation))
        return StartedJson(operation.id, discarded)


def _follow_of(caller: Caller, subscription_id: str) -> Follow | None:
    """Return a living follow subscription of the calling connection, or None."""
    if caller.session is None:
        return None
    source = caller.session.source(subscription_id)
    return source if isinstance(source, Follow) and source.is_alive else None


def _as_it_is(event: msgspec.Raw) -> object:
    return event
