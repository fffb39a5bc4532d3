"""Set AMAX aside, propose something, and vote for it.

What votes must have been set aside long before: seven eras, so that nobody buys a decision.

python docs/examples/vote.py [URL]
"""

import sys

from cli.sdk import Balance, Keypair, SyncClient, connect
from runtime.pallets.conviction_voting import Conviction
from runtime.pallets.system import System

SEASON_ERAS = 7


def main(url: str) -> None:
    """Have Alice propose a remark and vote for it, with thrice the weight for a longer lock."""
    alice, stake = Keypair.from_uri("//Alice"), Balance.parse("1000AMAX")
    with connect(url) as client:
        receipt = client.gov.season(alice, stake)
        blocks = SEASON_ERAS * client.core.config.era_blocks
        wait_for(client, receipt.block_number + blocks)

        call = client.call(System.remark, b"this chain was voted on")
        proposed = client.gov.propose(alice, call, "root")
        client.gov.deposit(alice, proposed.number)
        client.gov.vote(alice, proposed.number, "aye", stake, Conviction.LOCKED3X)

        found = client.gov.of(proposed.number)
        assert found.standing is not None, "it is not over yet"
        print(f"referendum {found.number} is {found.phase}, until block {found.until}")
        print(f"approval {found.standing.approval:.0%}, support {found.standing.support:.2%}")


def wait_for(client: SyncClient, number: int) -> None:
    """Wait until a block is final."""
    with client.finalized() as heads:
        for head in heads:
            if head.number >= number:
                return


if __name__ == "__main__":
    main(*sys.argv[1:] or ["ws://127.0.0.1:9944"])
