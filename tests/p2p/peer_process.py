"""A node in a process of its own, to be killed: `python -m tests.p2p.peer_process BOOTNODE`."""

import sys

import trio

from p2p.host import open_network
from tests.p2p.support import Node, config


async def main(bootnode: str) -> None:
    async with open_network(config(2, bootnode), Node().services()):
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, sys.argv[1])
