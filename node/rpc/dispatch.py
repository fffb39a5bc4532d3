"""From the bytes of a message to the bytes of its answer; knows nothing of sockets."""

from collections.abc import Iterable, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import msgspec

from node.rpc.caller import Caller, Later, Peer
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.jsonrpc import BadCall, Batch, Call, Entry, failure, success, too_big
from node.rpc.limits import Limits
from node.rpc.observer import Observer, Outcome
from node.rpc.registry import Mark, Method, Registry
from node.rpc.runtime_api import RuntimeCallRefused
from node.rpc.subscriptions import Subscriptions
from node.rpc.values import encode_json
from node.store.blocks import UnknownBlock
from runtime.primitives.record import record
from runtime.state.trie import MissingNode


@record
class Answer:
    """What to send, and what to start once it is queued."""

    reply: bytes | None
    later: tuple[Later, ...] = ()

    def start_what_follows(self) -> None:
        """Start it: the reply is queued."""
        for what in self.later:
            what.start()


class Dispatcher:
    """Answers messages with the methods of one registry."""

    def __init__(self, registry: Registry, limits: Limits, observer: Observer) -> None:
        self._registry = registry
        self._limits = limits
        self._observer = observer
        self._entry = Entry(limits)

    async def answer(self, body: bytes | str, peer: Peer) -> Answer:
        """Answer one message of a connection.

        Never raises for anything that a client sends.
        """
        message = self._entry.read(body)
        if isinstance(message, Batch):
            return await self._answer_batch(message, peer)
        return await self._answer_one(message, peer)

    async def _answer_batch(self, batch: Batch, peer: Peer) -> Answer:
        answers = [await self._answer_one(call, peer) for call in batch.calls]
        replies = [answer.reply for answer in answers if answer.reply is not None]
        if not replies:
            return Answer(None)
        later = tuple(what for answer in answers for what in answer.later)
        reply = b"[" + b",".join(replies) + b"]"
        if len(reply) > self._limits.response_bytes:
            _give_up(later)
            return Answer(failure(None, too_big("Batch response", self._limits.response_bytes)))
        return Answer(reply, later)

    async def _answer_one(self, call: Call | BadCall, peer: Peer) -> Answer:
        if isinstance(call, BadCall):
            return Answer(failure(call.id, call.error))
        caller = Caller(peer)
        try:
            result = await self._result_of(call, caller)
        except RpcError as refusal:
            _give_up(caller.later)
            return Answer(failure(call.id, refusal) if call.wants_reply else None)
        if not call.wants_reply:
            _give_up(caller.later)
            return Answer(None)
        reply = success(call.id, result)
        if len(reply) > self._limits.response_bytes:
            _give_up(caller.later)
            return Answer(failure(call.id, too_big("Response", self._limits.response_bytes)))
        return Answer(reply, tuple(caller.later))

    async def _result_of(self, call: Call, caller: Caller) -> object:
        if not await caller.peer.rate.admit():
            raise self._limited(caller.peer, call.method)
        closer = self._registry.closer(call.method)
        if closer is not None:
            return _unsubscribe(call, closer, caller.session)
        method = self._registry.find(call.method)
        arguments = method.arguments(call.params)
        if method.takes_caller:
            arguments = [caller, *arguments]
        if not method.notification:
            return await self._run(method, arguments, caller.peer)
        session = caller.session
        if session is None:
            raise RpcError(
                Code.METHOD_NOT_FOUND, "Subscriptions need a WebSocket connection", method.name
            )
        session.require_room()
        feed = await self._run(method, arguments, caller.peer)
        subscription_id = session.add(feed, method.notification)
        start, give_up = session.start, session.remove
        caller.after_reply(partial(start, subscription_id), partial(give_up, subscription_id))
        return subscription_id

    def _limited(self, peer: Peer, name: str) -> RpcError:
        """Count a call above the connection's rate, and return its refusal."""
        name = name if name in self._registry else "unknown"
        self._observer.call_started(peer.protocol, name)
        outcome = Outcome(0.0, ok=False, is_rate_limited=True)
        self._observer.call_finished(peer.protocol, name, outcome)
        return RpcError(
            Code.TOO_MANY_CALLS,
            "RPC rate limit exceeded",
            f"Exceeded max limit of {self._limits.calls_per_minute} calls a minute",
        )

    async def _run(self, method: Method, arguments: list[Any], peer: Peer) -> Any:
        self._observer.call_started(peer.protocol, method.name)
        began = perf_counter()
        ok = False
        try:
            found = method.function(*arguments)
            result = await found if method.is_async else found
            if not method.notification:
                result = msgspec.Raw(encode_json(result))
            ok = True
        except RpcError:
            raise
        except UnknownBlock as error:
            raise RpcError(Code.CLIENT, f"Client error: UnknownBlock: {error}") from None
        except MissingNode:
            reason = "State already discarded"
            raise RpcError(Code.CLIENT, f"Client error: UnknownBlock: {reason}") from None
        except RuntimeCallRefused as error:
            raise RpcError(Code.CLIENT, f"Client error: Execution failed: {error}") from None
        except Exception as error:
            # The top of every call: a bug in one method is reported, and costs its caller an
            # error rather than everybody their node.
            self._observer.bug(method.name, error)
            raise RpcError(Code.INTERNAL, "Internal error", type(error).__name__) from error
        finally:
            outcome = Outcome(perf_counter() - began, ok)
            self._observer.call_finished(peer.protocol, method.name, outcome)
        return result


def _unsubscribe(call: Call, closer: Mark, session: Subscriptions | None) -> bool | None:
    given: Sequence[object] = (
        list(call.params.values()) if isinstance(call.params, dict) else call.params
    )
    if not given or not isinstance(given[0], str):
        raise invalid_params("wanted the id of a subscription")
    was_there = session is not None and session.remove(given[0])
    return None if closer.ends_silently else was_there


def _give_up(later: Iterable[Later]) -> None:
    for what in later:
        what.give_up()
