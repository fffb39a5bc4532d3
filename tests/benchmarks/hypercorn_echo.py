"""A bare Hypercorn on trio that answers every POST the same: what the RPC server is compared with.

Hypercorn is no dependency of ours: run it with an interpreter that has `hypercorn[trio]`.
"""

import sys

import hypercorn.trio  # type: ignore[import-not-found]
import trio
from hypercorn.config import Config  # type: ignore[import-not-found]

REPLY = b'{"id":1,"result":{"peers":3,"isSyncing":false,"shouldHavePeers":true},"jsonrpc":"2.0"}'


async def echo(scope, receive, send) -> None:
    """Read the body, then send the reply."""
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(REPLY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": REPLY})


async def main() -> None:
    """Serve until killed."""
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.errorlog = None
    config.keep_alive_max_requests = 10**9
    config.keep_alive_timeout = 600
    await hypercorn.trio.serve(echo, config)


if __name__ == "__main__":
    trio.run(main)
