"""What trio hands a service that is started with `nursery.start`."""

from typing import Protocol, TypeVar

T = TypeVar("T", contravariant=True)


class Started(Protocol[T]):
    """`trio.TaskStatus`, named here because the stubs that libp2p installs for trio lack it."""

    def started(self, value: T, /) -> None:
        """Let the starter go on."""
        ...
