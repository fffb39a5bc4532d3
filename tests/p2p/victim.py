"""A node under attack in a process of its own: `python -m tests.p2p.victim`.

Prints its address, then serves. Its consumers are slow, as a busy node's are.
"""

import sys

import trio

from p2p.gossip import Topic, Verdict
from p2p.host import Services, open_network
from p2p.messages import CHUNK_BYTES, MAX_CHUNKS_PER_RESPONSE
from tests.p2p.support import Node, config

SLOW_SECONDS = 0.05


class Victim(Node):
    """Has every chunk of every blob, and takes its time over what it is sent."""

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        return (bytes(CHUNK_BYTES),) * min(count, MAX_CHUNKS_PER_RESPONSE)


async def slowly(peer: str, payload: object) -> None:
    await trio.sleep(SLOW_SECONDS)


async def main() -> None:
    topics = {"blocks": Topic(lambda peer, payload: Verdict.ACCEPT, slowly)}
    node = Victim()
    services = Services(node.status, node, topics, slowly)
    async with open_network(config(1), services) as network:
        sys.stdout.write(network.addresses[0] + "\n")
        sys.stdout.flush()
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main)
