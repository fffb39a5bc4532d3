"""A device process that does one thing wrong, named by its first argument."""

import os
import signal
import sys

from consensus.compute.device import Search
from consensus.compute.device_main import claim_pipes, limit_address_space, serve
from runtime.compute.classes import BadInput, Result, Work
from runtime.compute.shares import Share


class UnrulyDevice:
    """Wrong when it works; searches find nothing."""

    name = "unruly"
    memory_bytes = 1 << 20

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def run(self, work: Work, content: bytes) -> Result:
        """Do the wrong thing."""
        match self.fault:
            case "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hangs":
                signal.pause()
            case "prints":
                sys.stdout.write("a library says hello\n")
                os.write(1, b"and so does its driver\n")
            case "cannot take the input":
                raise BadInput("wanted a scene, got a product")
            case "runs out of memory":
                raise MemoryError
            case "takes more than its limit":
                limit_address_space(self.memory_bytes)
                bytearray(4 << 30)
            case "errs":
                right = work.run(content).output
                return Result(bytes([right[0] ^ 1]) + right[1:])
            case "answers with garbage":
                os.write(int(os.environ["REPLIES"]), b"\xff\xff\xff\xffgarbage")
        return work.run(content)

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Find nothing."""
        return ()


if __name__ == "__main__":
    requests, replies = claim_pipes()
    os.environ["REPLIES"] = str(replies.fileno())
    serve(UnrulyDevice(sys.argv[1]), "a test", requests, replies)
