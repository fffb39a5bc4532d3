"""Writing to a socket without waiting: most writes fit, and need no more than the system call."""

import os

import trio


def send_now(stream: trio.SocketStream, data: bytes) -> int:
    """Give a socket what it has room for and return how much that was.

    A broken socket takes nothing; whoever then waits for it to take more hears what is wrong.
    """
    try:
        return os.write(stream.socket.fileno(), data)
    except OSError:
        return 0
