"""A device that skips a tenth of the leaves of a product, or gets one element wrong.

It finds no shares.

Only the known job that shows whether a device works is done right, as a cheat would see to.
It speaks the protocol of a device process, so that a provider's node runs it in place of its own.
"""

from __future__ import annotations

import sys

import numpy as np

from consensus.compute.device_main import claim_pipes, receive, send
from consensus.compute.device_wire import Message
from consensus.compute.executor import PROBE
from runtime.compute.classes import leaf_count
from runtime.compute.job import JobClass
from runtime.compute.matmul import MatmulParams
from runtime.compute.registry import work_of
from runtime.compute.shares import Share
from runtime.compute.tiles import BAND_ROWS
from runtime.primitives.scale import encode

SKIPPED = 9
"""One leaf in so many is not computed."""
MANY_LEAVES = 1 << 15
"""Of a large product: a sample of 32 misses one of so many."""


def main(lie: str, memory_bytes: int) -> None:
    """Answer until the pipe ends."""
    requests, replies = claim_pipes()
    greeting = {"name": "dishonest", "memory_bytes": memory_bytes, "gpu_off": "it only pretends"}
    send(replies, Message("done", greeting))
    while (request := receive(requests)) is not None:
        send(replies, answered(lie, request))


def answered(lie: str, request: Message) -> Message:
    """Return a result that is wrong, or no shares."""
    if request.kind != "run":
        return Message("done", {"shares": encode((), tuple[Share, ...])})
    work = work_of(JobClass(request.values["job_class"]), request.values["params"])
    result = work.run(request.contents[0])
    if work == PROBE:
        return Message("done", contents=(result.output, result.auxiliary))
    assert isinstance(work, MatmulParams)
    lies = {"a tenth": skipped, "one element": flipped, "one element of many": rarely}
    wrong = lies[lie](work, result.output)
    return Message("done", contents=(wrong, result.auxiliary))


def skipped(work: MatmulParams, output: bytes) -> bytes:
    """Leave every ninth tile of a product at zero, as if it had not been computed."""
    cells = np.frombuffer(output, "<i4").reshape(work.rows, work.columns).copy()
    across = -(-work.columns // BAND_ROWS)
    for leaf in range(0, leaf_count(work), SKIPPED):
        row, column = (BAND_ROWS * place for place in divmod(leaf, across))
        cells[row : row + BAND_ROWS, column : column + BAND_ROWS] = 0
    return cells.tobytes()


def flipped(work: MatmulParams, output: bytes) -> bytes:
    """Get the last element of a product wrong by one."""
    cells = np.frombuffer(output, "<i4").copy()
    cells[work.rows * work.columns - 1] += 1
    return cells.tobytes()


def rarely(work: MatmulParams, output: bytes) -> bytes:
    """Get the last element of a large product wrong, and small products right."""
    return flipped(work, output) if leaf_count(work) >= MANY_LEAVES else output


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[3]))
