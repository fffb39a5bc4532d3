"""A file of blocks that was begun: what of it holds is kept, and what it lacks is written.

It may have been left by a kill, a full disk or a loss of power, and the chain may have gone on or
gone another way since. What is final does not change, so the last block in it that carries a proof
of finality and is the chain's vouches for all before it. What stands behind that block, and at
least what may not have reached the disk, is compared with the database byte for byte.
"""

from __future__ import annotations

import os
from array import array
from typing import BinaryIO

from node.block_file import (
    HEAD_BYTES,
    LENGTH_BYTES,
    BadBlockFile,
    Contents,
    Heard,
    framed_block,
    read_contents,
)
from node.chain import Chain
from p2p.messages import MAX_RESPONSE_BYTES, decode_block
from p2p.schema import MessageError

SYNCED_EVERY_BYTES = 16 << 20
"""Written between two waits for the disk: a fraction of a second of work, and of checking again."""
UNSURE_BYTES = 2 * SYNCED_EVERY_BYTES
"""What a loss of power may have taken from the end of a file: the last blocks overstep by one."""

ADVICE = "delete it, or name another file"


def keep_agreed(chain: Chain, wanted: Contents, part: BinaryIO) -> int:
    """Cut a part to the blocks that a whole file would have too; return how many they are.

    It stands behind them afterwards, and its first bytes say what is wanted. A part with more
    blocks than are wanted keeps those that are.

    Raises: BadBlockFile if it is of another chain, or begins with another block.
    """
    kept, end = 0, HEAD_BYTES
    if part.seek(0, os.SEEK_END) >= HEAD_BYTES:
        _check_head(wanted, part)
        ends = _ends(part, wanted.count)
        kept = _agreed(chain, wanted.first, part, ends)
        end = ends[kept]
    part.truncate(end)
    part.seek(0)
    part.write(wanted.encoded())
    part.seek(end)
    return kept


def write_rest(chain: Chain, wanted: Contents, kept: int, part: BinaryIO, heard: Heard) -> None:
    """Write the blocks behind those that were kept; `heard` gets how many there are so far.

    Raises: BadBlockFile if one of them is not here.
    """
    unsynced = 0
    for done in range(kept, wanted.count):
        unsynced += part.write(framed_block(chain, wanted.first + done))
        if unsynced >= SYNCED_EVERY_BYTES:
            sync(part)
            unsynced = 0
        heard(done + 1)
    sync(part)


def sync(part: BinaryIO) -> None:
    """Wait until the disk has what was written."""
    part.flush()
    os.fsync(part.fileno())


def _check_head(wanted: Contents, part: BinaryIO) -> None:
    part.seek(0)
    found = read_contents(part)
    if found.genesis_hash != wanted.genesis_hash:
        raise BadBlockFile(
            f"the blocks are of another chain: wanted genesis 0x{wanted.genesis_hash.hex()}, "
            f"got 0x{found.genesis_hash.hex()}; {ADVICE}"
        )
    if found.first != wanted.first:
        raise BadBlockFile(
            f"wanted blocks from {wanted.first} on, got blocks from {found.first} on; {ADVICE}"
        )


def _ends(part: BinaryIO, most: int) -> array[int]:
    """Return where the head ends and where each whole block does, up to what was cut short."""
    size, end = part.seek(0, os.SEEK_END), HEAD_BYTES
    ends = array("Q", [end])
    while len(ends) <= most and end + LENGTH_BYTES <= size:
        part.seek(end)
        length = int.from_bytes(part.read(LENGTH_BYTES), "little")
        end += LENGTH_BYTES + length
        if not 0 < length <= MAX_RESPONSE_BYTES or end > size:
            break
        ends.append(end)
    return ends


def _agreed(chain: Chain, first: int, part: BinaryIO, ends: array[int]) -> int:
    """Return how many blocks from the first one on are the chain's, as they stand there."""
    kept = _vouched(chain, first, part, ends)
    while kept + 1 < len(ends) and _is_here(chain, first + kept, _frame(part, ends, kept)):
        kept += 1
    return kept


def _vouched(chain: Chain, first: int, part: BinaryIO, ends: array[int]) -> int:
    """Return how many blocks surely reached the disk and are, by the last of them, final."""
    for index in reversed(range(len(ends) - 1)):
        if ends[-1] - ends[index + 1] < UNSURE_BYTES:
            continue
        frame = _frame(part, ends, index)
        if _is_justified(frame) and _is_here(chain, first + index, frame):
            return index + 1
    return 0


def _frame(part: BinaryIO, ends: array[int], index: int) -> bytes:
    part.seek(ends[index])
    return part.read(ends[index + 1] - ends[index])


def _is_justified(frame: bytes) -> bool:
    try:
        return decode_block(frame[LENGTH_BYTES:]).justification is not None
    except MessageError:
        return False


def _is_here(chain: Chain, number: int, frame: bytes) -> bool:
    """Say whether a block is the chain's, down to the last byte."""
    if number > chain.best.number:
        return False
    return framed_block(chain, number) == frame
