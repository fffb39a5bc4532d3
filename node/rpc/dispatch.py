"""From the bytes of a message to the bytes of its answer; knows nothing of sockets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec
import trio

from node.rpc.caller import Caller, Later
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.jsonrpc import BadCall, Batch, Call, Entry, failure, success, too_big
from node.rpc.limits import Limits
from node.rpc.registry import Mark, Method, Registry
from node.rpc.runtime_api import RuntimeCallRefused
from node.rpc.subscriptions import Subscriptions
from node.rpc.values import encode_json
from node.store.blocks import UnknownBlock
from runtime.state.trie import MissingNode


class Observer(Protocol):
    """Who hears what the server does: metrics and log."""

    def call_started(self, method: str) -> None:
        """Count a call of a method that exists."""
        ...

    def call_finished(self, method: str, seconds: float, *, ok: bool) -> None:
        """Count an answer."""
        ...

    def session_opened(self, kind: str) -> None:
        """Count a connection: "http" or "ws"."""
        ...

    def session_closed(self, kind: str, reason: str) -> None:
        """Count the end of a connection."""
        ...

    def bug(self, where: str, error: Exception) -> None:
        """Report an exception that no client can be blamed for."""
        ...


@dataclass(frozen=True, slots=True)
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

    async def answer(self, body: bytes | str, session: Subscriptions | None = None) -> Answer:
        """Answer one message; over HTTP there is no session to hold subscriptions.

        Never raises for anything that a client sends.
        """
        message = self._entry.read(body)
        if isinstance(message, Batch):
            return await self._answer_batch(message, session)
        return await self._answer_one(message, session)

    async def _answer_batch(self, batch: Batch, session: Subscriptions | None) -> Answer:
        answers = [await self._answer_one(call, session) for call in batch.calls]
        replies = [answer.reply for answer in answers if answer.reply is not None]
        if not replies:
            return Answer(None)
        later = tuple(what for answer in answers for what in answer.later)
        reply = b"[" + b",".join(replies) + b"]"
        if len(reply) > self._limits.response_bytes:
            _give_up(later)
            return Answer(failure(None, too_big("Batch response", self._limits.response_bytes)))
        return Answer(reply, later)

    async def _answer_one(self, call: Call | BadCall, session: Subscriptions | None) -> Answer:
        if isinstance(call, BadCall):
            return Answer(failure(call.id, call.error))
        caller = Caller(session)
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
        closer = self._registry.closer(call.method)
        if closer is not None:
            return _unsubscribe(call, closer, caller.session)
        method = self._registry.find(call.method)
        arguments = method.arguments(call.params)
        if method.takes_caller:
            arguments = [caller, *arguments]
        if not method.notification:
            return await self._run(method, arguments)
        session = caller.session
        if session is None:
            raise RpcError(
                Code.METHOD_NOT_FOUND, "Subscriptions need a WebSocket connection", method.name
            )
        session.require_room()
        subscription_id = session.add(await self._run(method, arguments), method.notification)
        start, give_up = session.start, session.remove
        caller.after_reply(partial(start, subscription_id), partial(give_up, subscription_id))
        return subscription_id

    async def _run(self, method: Method, arguments: list[Any]) -> Any:
        self._observer.call_started(method.name)
        began = trio.current_time()
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
            self._observer.call_finished(method.name, trio.current_time() - began, ok=ok)
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
