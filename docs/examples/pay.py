"""Pay somebody, and see what it did and cost.

python docs/examples/pay.py [URL]
"""

import sys

from cli.sdk import Balance, DispatchError, Keypair, connect


def main(url: str) -> None:
    """Pay Bob 1.5 AGPU from Alice's account."""
    alice = Keypair.from_uri("//Alice")
    with connect(url) as client:
        receipt = client.balances.transfer(
            alice, "//Bob", Balance.parse("1.5AGPU"), wait="finalized"
        )
        print(f"paid in block {receipt.block_number}, for a fee of {receipt.fee}")
        print(f"Bob has {client.balances.of('//Bob').free:,}")

        try:
            client.balances.transfer(alice, "//Bob", Balance.parse("5000000000AGPU"))
        except DispatchError as error:
            print(f"too much: {error.pallet}.{error.name}: {error.docs}")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["ws://127.0.0.1:9944"])
