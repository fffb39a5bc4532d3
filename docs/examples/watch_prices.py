"""Watch what compute costs, block by final block, also over restarts of the node.

python docs/examples/watch_prices.py [URL [CHANGES]]
"""

import sys
from itertools import islice

from cli.sdk import connect


def main(url: str, changes: str = "10") -> None:
    """Print the price of a CU in the default market, each time that it changes."""
    with connect(url) as client, client.prices.watch() as prices:
        for price in islice(prices, int(changes)):
            print(f"block {price.block.number}: {price.per_cu} per CU")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["ws://127.0.0.1:9944"])
