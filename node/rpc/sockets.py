"""Reading and writing sockets with no more than the system calls: most writes fit at once."""

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


async def receive(stream: trio.SocketStream, most: int) -> bytes:
    """Wait for bytes and return them; none when the other side has ended.

    Raises trio.BrokenResourceError.
    """
    while True:
        descriptor = stream.socket.fileno()
        await trio.lowlevel.wait_readable(descriptor)
        try:
            return os.read(descriptor, most)
        except BlockingIOError:
            continue
        except OSError as error:
            raise trio.BrokenResourceError(str(error)) from error
