"""A device that lies: each cell of its products is wrong by one, and it finds no shares.

It speaks the protocol of a device process, so that a provider's node runs it in place of its own.
"""

from __future__ import annotations

import sys

import numpy as np

from consensus.compute.device_main import claim_pipes, receive, send
from consensus.compute.device_wire import Message
from runtime.compute.reference import exact_product
from runtime.compute.shares import Share
from runtime.primitives.scale import encode


def main(memory_bytes: int) -> None:
    """Answer until the pipe ends."""
    requests, replies = claim_pipes()
    greeting = {"name": "dishonest", "memory_bytes": memory_bytes, "gpu_off": "it only pretends"}
    send(replies, Message("done", greeting))
    while (request := receive(requests)) is not None:
        send(replies, answered(request))


def answered(request: Message) -> Message:
    """Return a wrong product, or no shares."""
    if request.kind != "matmul":
        return Message("done", {"shares": encode((), tuple[Share, ...])})
    a, b = request.tensors
    return Message("done", tensors=(exact_product(a, np.ascontiguousarray(b.T)) + 1,))


if __name__ == "__main__":
    main(int(sys.argv[2]))
