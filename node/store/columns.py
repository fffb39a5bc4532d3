"""The key prefixes of the database, all in one place.

A letter names the column; the rest of the key follows. Numbers in keys are big-endian, so that the
order of the keys is the order of the numbers. A letter that was used is never given another
meaning.
"""

from __future__ import annotations

HEADER = b"h"
"""block hash → header, SCALE."""

BODY = b"b"
"""block hash → extrinsics, a msgpack list of opaque bytes."""

PROOFS = b"p"
"""block hash → proofs of the openings in the block, a msgpack list; absent where there are none."""

JUSTIFICATION = b"j"
"""block hash → finality proof, SCALE as the voter made it."""

CANONICAL = b"c"
"""block number → hash of that block on the best chain."""

OPEN = b"o"
"""block number ‖ block hash → parent hash, for the blocks above the last finalized one."""

WEIGHT = b"w"
"""block hash → what fork choice knows about the block, opaque bytes of consensus."""

NODE = b"n"
"""hash → trie node, or a value that layout V1 stores by its hash."""

COUNT = b"r"
"""node hash → how often it counts, u64, where that is not once; in pruned databases only."""

STATE_CHANGE = b"s"
"""block hash ‖ + or - ‖ part → hashes of the nodes that the block added to the state or removed."""

DROPPED = b"d"
"""block hash ‖ + or - → nothing: those nodes are to be taken away."""

EXTRINSIC = b"x"
"""extrinsic hash ‖ block number → nothing: says where to look."""

AUX = b"a"
"""name → a record of another service, such as the finality voter."""

EXPLORER = b"e"
"""kind ‖ … → what the explorer's index notes; all of it can be made anew from blocks and states."""

GENESIS_KEY = b"m" + b"genesis"
"""→ hash of block 0."""

BEST_KEY = b"m" + b"best"
"""→ hash of the best block."""

FINALIZED_KEY = b"m" + b"finalized"
"""→ hash of the last finalized block."""

PRUNING_KEY = b"m" + b"pruning"
"""→ `archive`, or of how many final blocks the state is kept, in digits."""

OLDEST_STATE_KEY = b"m" + b"oldest state"
"""→ number of the oldest block whose state is kept; in databases that are pruned or jumped."""

BODIES_KEY = b"m" + b"bodies"
"""→ `archive`, `archive-canonical`, or of how many final blocks the body is kept, in digits."""

OLDEST_BODY_KEY = b"m" + b"oldest body"
"""→ number of the oldest block whose body was not removed; where some were."""

RESTORING_KEY = b"m" + b"restoring"
"""→ how far a snapshot is restored, as `node.snapshot` has it; in databases that are not whole."""

NUMBER_BYTES = 4
"""Block numbers are u32."""


def number_key(number: int) -> bytes:
    """Return a block number as it stands in keys."""
    return number.to_bytes(NUMBER_BYTES, "big")
