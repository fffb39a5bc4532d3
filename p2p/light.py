"""What a node asks that does not execute every block: headers with their finality proofs."""

from dataclasses import dataclass
from typing import ClassVar, Final

MAX_HEADERS_PER_RESPONSE: Final = 512
"""Some 250 kB of headers, and 30 ms to check them."""

HEADERS_BYTES: Final = 1024 * 1024
"""Of headers and proofs in one answer, at least one header."""


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
