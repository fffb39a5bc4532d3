"""A device that lies: each byte of its results is wrong by a bit, and it finds no shares.

It speaks the protocol of a device process, so that a provider's node runs it in place of its own.
"""

from __future__ import annotations

import sys

import numpy as np

from consensus.compute.device_main import claim_pipes, receive, send
from consensus.compute.device_wire import Message
from runtime.compute.job import JobClass
from runtime.compute.registry import work_of
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
    """Return a wrong result, or no shares."""
    if request.kind != "run":
        return Message("done", {"shares": encode((), tuple[Share, ...])})
    work = work_of(JobClass(request.values["job_class"]), request.values["params"])
    result = work.run(request.contents[0])
    wrong = bytes(np.frombuffer(result.output, np.uint8) ^ 1)
    return Message("done", contents=(wrong, result.auxiliary))


if __name__ == "__main__":
    main(int(sys.argv[2]))
