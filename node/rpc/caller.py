"""Who calls: the connection behind a call, for methods whose answer depends on it.

A method that names a parameter of type `Caller` gets it from the dispatcher; clients never see it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from node.rpc.errors import Code, RpcError
from node.rpc.observer import Protocol
from node.rpc.rate import RateLimit
from node.rpc.subscriptions import Subscriptions
from runtime.primitives.record import record

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Peer:
    """One connection, as the dispatcher sees it."""

    protocol: Protocol
    rate: RateLimit
    session: Subscriptions | None = None
    """None over HTTP, where nothing outlives the answer."""


@dataclass(frozen=True, slots=True)
class Later:
    """What follows an answer: started once it is queued, given up if it is never sent."""

    start: Callable[[], None]
    give_up: Callable[[], object]


@record
class Caller:
    """One call of one connection."""

    peer: Peer
    later: list[Later] = field(default_factory=list)

    @property
    def session(self) -> Subscriptions | None:
        """What the connection holds; None over HTTP."""
        return self.peer.session

    def connection(self, method: str) -> Subscriptions:
        """Return the session of a method that needs one.

        Raises RpcError over HTTP.
        """
        if self.session is None:
            raise RpcError(
                Code.METHOD_NOT_FOUND, "This method needs a WebSocket connection", method
            )
        return self.session

    def after_reply(self, start: Callable[[], None], give_up: Callable[[], object]) -> None:
        """Have something done once the answer to this call is on its way."""
        self.later.append(Later(start, give_up))
