"""A device process that does one thing wrong, named by its first argument."""

import os
import signal
import sys

import numpy as np

from consensus.compute.device import Search
from consensus.compute.device_main import claim_pipes, serve
from runtime.compute.reference import Int8s, Int32s, exact_product
from runtime.compute.shares import Share


class UnrulyDevice:
    """Wrong when multiplying; searches find nothing."""

    name = "unruly"
    memory_bytes = 1 << 20

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def matmul(self, a: Int8s, b: Int8s) -> Int32s:
        """Do the wrong thing."""
        match self.fault:
            case "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hangs":
                signal.pause()
            case "prints":
                sys.stdout.write("a library says hello\n")
                os.write(1, b"and so does its driver\n")
            case "runs out of memory":
                raise MemoryError
            case "errs":
                wrong = exact_product(a, np.ascontiguousarray(b.T))
                wrong[0, 0] += 1
                return wrong
            case "answers with garbage":
                os.write(int(os.environ["REPLIES"]), b"\xff\xff\xff\xffgarbage")
        return exact_product(a, np.ascontiguousarray(b.T))

    def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Find nothing."""
        return ()


if __name__ == "__main__":
    requests, replies = claim_pipes()
    os.environ["REPLIES"] = str(replies.fileno())
    serve(UnrulyDevice(sys.argv[1]), "a test", requests, replies)
