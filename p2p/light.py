"""What a node asks that did not execute every block: headers with their proofs, and states."""

from dataclasses import dataclass
from typing import ClassVar, Final

MAX_HEADERS_PER_RESPONSE: Final = 512
"""Some 250 kB of headers, and 30 ms to check them."""

HEADERS_BYTES: Final = 1024 * 1024
"""Of headers and proofs in one answer, at least one header."""


MAX_STATE_ROOTS: Final = 16
"""Subtrees in one question: it stays under `MAX_REQUEST_BYTES`."""

MAX_STATE_ITEMS: Final = 4096
"""Nodes and values in one answer: 100 ms to read, and as long to write."""

STATE_BYTES: Final = 1024 * 1024
"""Of nodes in one answer, at least one node."""


@dataclass(frozen=True, slots=True)
class HeaderData:
    """A header as it travels, and the proof that this very block is final, if there is one."""

    header: bytes
    justification: bytes | None = None


@dataclass(frozen=True, slots=True)
class HeadersRequest:
    """Headers of the best chain from a height up."""

    kind: ClassVar[int] = 7
    first: int
    max_count: int


@dataclass(frozen=True, slots=True)
class HeadersResponse:
    """The headers asked for, ascending; fewer at the end of the chain or of the byte budget."""

    kind: ClassVar[int] = 6
    headers: tuple[HeaderData, ...]


@dataclass(frozen=True, slots=True)
class StateRequest:
    """The nodes below some nodes of a state, which their hashes name."""

    kind: ClassVar[int] = 8
    roots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StateResponse:
    """Nodes in the order of a walk (`runtime.state.subtree`); none when the first is missing."""

    kind: ClassVar[int] = 7
    items: tuple[bytes, ...]
