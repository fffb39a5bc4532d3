"""Become a provider: register with a bond, and read the record back.

The node that computes is started with `starminer run --provider`; docs/tutorials/provider.md goes
all the way. This is the part that is a transaction.

python docs/examples/become_provider.py [URL]
"""

import sys

from cli.sdk import Balance, Keypair, connect
from runtime.compute.job import Market
from runtime.pallets.providers import EnergySource, ProviderInfo


def main(url: str) -> None:
    """Register Ferdie as a provider, in region 2."""
    owner = Keypair.from_uri("//Ferdie")
    node = Keypair.from_uri("//Ferdie//node")
    info = ProviderInfo(
        node_key=node.account,
        market=Market(tier=1, region=2),
        memory_mib=16_384,
        rating=100,
        hardware=b"one old GPU",
        energy=EnergySource.GRID,
    )
    with connect(url) as client:
        receipt = client.providers.register(owner, info, Balance.parse("1000AGPU"))
        record = client.providers.of(owner)
        assert record is not None, "it was registered in that block"
        print(f"provider {client.address(owner)} since block {receipt.block_number}")
        print(f"its bond: {Balance(record.bond)}")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["ws://127.0.0.1:9944"])
