"""The operations of one follow subscription: body, call and storage, each with its own events."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

import trio

from node.rpc.errors import Code, RpcError

MAX_OPERATIONS = 64
"""At once, each storage item counting as one; the specification promises 16, wallets ask dozens."""

Work = Callable[["Operation"], Awaitable[None]]


@dataclass(slots=True, eq=False)
class Operation:
    """One operation under way."""

    id: str
    weight: int
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    continued: trio.Event | None = None
    """Set by the client while the operation waits for it."""

    async def wait_for_continue(self) -> None:
        """Wait until the client wants more."""
        event = self.continued = trio.Event()
        try:
            await event.wait()
        finally:
            self.continued = None


class Operations:
    """Invariant: the weights of all operations under way are `MAX_OPERATIONS` at most."""

    def __init__(self) -> None:
        self._running: dict[str, Operation] = {}
        self._numbers = count(1)

    @property
    def free(self) -> int:
        """How much more may begin now."""
        return MAX_OPERATIONS - sum(operation.weight for operation in self._running.values())

    def begin(self, weight: int) -> Operation:
        """Enter an operation; the caller has looked whether there is room."""
        assert weight <= self.free, "the caller has looked"
        operation = Operation(str(next(self._numbers)), weight)
        self._running[operation.id] = operation
        return operation

    async def run(self, operation: Operation, work: Work) -> None:
        """Do the work of an operation, then forget it."""
        try:
            with operation.scope:
                await work(operation)
        finally:
            self.forget(operation)

    def forget(self, operation: Operation) -> None:
        """Make room again; a second time does nothing."""
        self._running.pop(operation.id, None)

    def stop(self, operation_id: str) -> None:
        """Interrupt an operation, if it still runs."""
        operation = self._running.get(operation_id)
        if operation is not None:
            operation.scope.cancel()

    def stop_all(self) -> None:
        """Interrupt them all."""
        for operation_id in tuple(self._running):
            self.stop(operation_id)

    def go_on(self, operation_id: str) -> None:
        """Let an operation that waits for the client continue; raises RpcError."""
        operation = self._running.get(operation_id)
        if operation is None or operation.continued is None:
            raise RpcError(
                Code.NOT_WAITING,
                "Wait for continue event was not generated for the subscription",
            )
        operation.continued.set()
        operation.continued = None
