"""Whatever clients send to the new methods, they get an answer, and the node keeps little of it."""

from typing import Any

import msgspec
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from node.rpc.api import RpcConfig, RpcService
from node.rpc.caller import Peer
from node.rpc.chain_head.follow import Follow
from node.rpc.chain_head.namespace import MAX_FOLLOWS
from node.rpc.dispatch import Dispatcher
from node.rpc.limits import Limits
from node.rpc.rate import RateLimit
from node.rpc.subscriptions import Subscriptions
from node.rpc.values import to_hex
from tests.rpc.support import Notes, growing_node

LIMITS = Limits(subscriptions=8, response_bytes=1 << 20)

HASHES = [to_hex(made.hash) for made in growing_node(3).blocks]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from([*HASHES, "0x", "0x00", "1", "value", "descendantsValues", "started"]),
    st.binary(max_size=40).map(to_hex),
)
ITEMS = st.fixed_dictionaries(
    {
        "key": st.one_of(st.binary(max_size=4).map(to_hex), SCALARS),
        "type": st.sampled_from(
            ["value", "hash", "closestDescendantMerkleValue", "descendantsValues", "nothing"]
        ),
    },
    optional={
        "paginationStartKey": SCALARS,
        "returnType": st.sampled_from(["value", "hash", "both"]),
    },
)
JSON = st.recursive(
    st.one_of(SCALARS, ITEMS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *(
            f"chainHead_v1_{name}"
            for name in (
                "follow", "unfollow", "header", "body", "call", "storage",
                "continue", "stopOperation", "unpin",
            )
        ),
        *(
            f"archive_v1_{name}"
            for name in (
                "body", "call", "hashByHeight", "header", "storage", "storageDiff", "stopStorage",
            )
        ),
        "transaction_v1_broadcast", "transaction_v1_stop",
        "transactionWatch_v1_submitAndWatch", "transactionWatch_v1_unwatch",
        "childstate_getStorage", "childstate_getKeysPaged", "state_getChildReadProof",
        "state_getReadProof", "system_dryRun",
    ]
)  # fmt: skip
MOVES = st.one_of(
    st.tuples(NAMES, st.lists(JSON, max_size=5)),
    st.tuples(NAMES, st.lists(JSON, max_size=5)),
    st.tuples(NAMES, st.lists(JSON, max_size=5)),
    st.sampled_from(
        [
            ("chainHead_v1_follow", [True]),
            ("chainHead_v1_follow", [False]),
            ("grow", []),
            ("finalize", []),
        ]
    ),
)


class Reader:
    """A client that reads everything at once."""

    def push(self, frame: bytes) -> None:
        assert frame

    async def drained(self) -> None:
        await trio.lowlevel.checkpoint()


class Fuzzed:
    """One connection to a node whose chain grows."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.node = growing_node(3)
        self.notes = Notes()
        config = RpcConfig(limits=LIMITS)
        service = RpcService(self.node.backend(), config, self.notes, lambda: b"")
        for feed in service.feeds:
            nursery.start_soon(feed.run)
        self.session = Subscriptions(Reader(), nursery, LIMITS.subscriptions)
        self.dispatcher = Dispatcher(service.registry, LIMITS, self.notes)
        self.peer = Peer("ws", RateLimit(None), self.session)
        self.following = ""

    async def do(self, name: str, params: list[Any]) -> None:
        if name == "grow":
            self.node.grow()
        elif name == "finalize" and self.node.chain.best != self.node.chain.finalized:
            self.node.finalize(self.node.blocks[-1])
        elif name not in ("grow", "finalize"):
            await self.call(name, params)
        await wait_all_tasks_blocked()

    async def call(self, name: str, params: list[Any]) -> None:
        if name.startswith("chainHead_v1_") and name != "chainHead_v1_follow" and self.following:
            params = [self.following, *params[1:]]
        message = {"jsonrpc": "2.0", "id": 7, "method": name, "params": params}
        answer = await self.dispatcher.answer(msgspec.json.encode(message), self.peer)
        assert answer.reply is not None
        reply = msgspec.json.decode(answer.reply)
        assert reply["id"] == 7
        assert ("result" in reply) != ("error" in reply)
        answer.start_what_follows()
        if name == "chainHead_v1_follow" and "result" in reply:
            self.following = reply["result"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=1, max_size=25))
def test_every_call_is_answered_and_what_a_connection_holds_is_bounded(moves):
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            fuzzed = Fuzzed(nursery)
            for name, params in moves:
                await fuzzed.do(name, params)
                sources = list(fuzzed.session.sources())
                assert len(sources) <= LIMITS.subscriptions
                assert sum(isinstance(source, Follow) for source in sources) <= MAX_FOLLOWS
            assert [(where, repr(error)) for where, error in fuzzed.notes.bugs] == []
            fuzzed.session.remove_all()
            nursery.cancel_scope.cancel()

    trio.run(main, clock=MockClock(autojump_threshold=10))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.lists(JSON, max_size=4), NAMES)
def test_over_http_every_call_of_the_new_methods_is_answered(noise, params, name):
    async def main() -> None:
        notes = Notes()
        service = RpcService(growing_node(1).backend(), RpcConfig(), notes, lambda: b"")
        dispatcher = Dispatcher(service.registry, LIMITS, notes)
        peer = Peer("http", RateLimit(None))
        call = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}
        for body in (noise, msgspec.json.encode(call), msgspec.json.encode([call, call])):
            answer = await dispatcher.answer(body, peer)
            assert answer.reply is not None
            assert len(answer.reply) <= LIMITS.response_bytes
            assert answer.later == ()
        assert [repr(error) for _, error in notes.bugs] == []

    trio.run(main)
