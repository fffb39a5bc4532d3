"""Blocks in a file: for a backup, for a machine without a network, and for whoever audits a chain.

The file says of which chain its blocks are, and how many: a file that was cut short is found out
before anything of it is believed to be whole. Blocks stand in it as they travel between peers, each
behind its length, with their proofs and, where there is one, the proof that they are final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from node.chain import Chain
from node.net.responder import block_data
from p2p.messages import MAX_RESPONSE_BYTES, BlockData, decode_block, encode_block
from p2p.schema import MessageError

MAGIC = b"starminer blocks 1\n"
HASH_BYTES, NUMBER_BYTES, LENGTH_BYTES = 32, 4, 4

Heard = Callable[[int], None]
"""Hears how many blocks are done."""


class BadBlockFile(Exception):
    """A file that does not hold the blocks that it should."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says of itself."""

    genesis_hash: bytes
    first: int
    count: int

    @property
    def last(self) -> int:
        """The number of the last block."""
        return self.first + self.count - 1

    def encoded(self) -> bytes:
        """Return the first bytes of the file."""
        numbers = (number.to_bytes(NUMBER_BYTES, "little") for number in (self.first, self.count))
        return MAGIC + self.genesis_hash + b"".join(numbers)


HEAD_BYTES = len(MAGIC) + HASH_BYTES + 2 * NUMBER_BYTES
"""What stands before the blocks: as long in every file."""


def write_blocks(chain: Chain, contents: Contents, out: BinaryIO, heard: Heard) -> None:
    """Write canonical blocks; `heard` gets how many there are so far.

    Raises: BadBlockFile if one of them is not here.
    """
    out.write(contents.encoded())
    for done in range(contents.count):
        out.write(framed_block(chain, contents.first + done))
        heard(done + 1)


def framed_block(chain: Chain, number: int) -> bytes:
    """Return the canonical block of a number as it stands in a file, behind its length.

    Raises: BadBlockFile if it is not here.
    """
    block_hash = chain.hash_at(number)
    data = None if block_hash is None else block_data(chain, block_hash)
    if data is None:
        raise BadBlockFile(chain.blocks.bodies.why_missing(number))
    raw = encode_block(data)
    return len(raw).to_bytes(LENGTH_BYTES, "little") + raw


def read_contents(source: BinaryIO) -> Contents:
    """Read the beginning of a file.

    Raises: BadBlockFile.
    """
    if (found := source.read(len(MAGIC))) != MAGIC:
        raise BadBlockFile(f"wanted a file that begins with {MAGIC!r}, got {found!r}")
    genesis_hash = _exactly(source, HASH_BYTES, "the hash of the genesis block")
    first = int.from_bytes(_exactly(source, NUMBER_BYTES, "the first number"), "little")
    count = int.from_bytes(_exactly(source, NUMBER_BYTES, "the count of blocks"), "little")
    return Contents(genesis_hash, first, count)


def read_blocks(source: BinaryIO, contents: Contents) -> Iterator[BlockData]:
    """Read the blocks that follow, one after the other.

    Raises: BadBlockFile.
    """
    for number in range(contents.first, contents.first + contents.count):
        what = f"block {number}"
        length = int.from_bytes(_exactly(source, LENGTH_BYTES, what), "little")
        if length > MAX_RESPONSE_BYTES:
            raise BadBlockFile(f"{what}: wanted at most {MAX_RESPONSE_BYTES} bytes, got {length}")
        try:
            yield decode_block(_exactly(source, length, what))
        except MessageError as error:
            raise BadBlockFile(f"{what}: {error}") from error
    if source.read(1):
        raise BadBlockFile(f"wanted the end of the file after {contents.count} blocks, got more")


def _exactly(source: BinaryIO, count: int, what: str) -> bytes:
    """Read so many bytes, or say what was cut off."""
    found = source.read(count)
    if len(found) != count:
        raise BadBlockFile(
            f"{what}: wanted {count} bytes, got {len(found)}: the file was cut short"
        )
    return found
