"""What a change of epoch costs with 4,096 providers in 64 markets, hook by hook.

    ./run bench epoch [PROVIDERS]

The whole runtime runs on the real block execution over a state without a trie (`FlatChain`), so a
block is its hooks: a plain one, one that ends a pricing period, and one in which an epoch begins
and another is closed. Then all of them claim that epoch. Wanted of an epoch change: 0.5 s of one
core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from runtime.compute.job import Market
from runtime.compute.receipt import MAX_BATCHES_PER_BLOCK, Receipts
from runtime.compute.shares import Share, ShareBatch
from runtime.frame import Root
from runtime.genesis_state import GenesisConfig
from runtime.pallets.pricing import TierInfo
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info
from tests.support.bench import account
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import FlatChain

PROVIDERS, MARKETS = 4096, 64
WANTED_SECONDS = 0.5
EPOCH_SLOTS = 200
"""Enough for everybody's shares, a hundred in a block, and a few periods."""
REGISTERED_PER_BLOCK = CLAIMED_PER_BLOCK = 256
CONFIDENTIAL = 3
"""The tier that asks for an attestation, which a referendum can change."""
BOND = 200 * UNIT


def main(providers: int) -> None:
    """Fill the markets, and print what blocks cost."""
    people = [account(10_000 + place) for place in range(providers)]
    chain = FlatChain(genesis(people))
    open_to_all = chain.call("Pricing", "set_tier", CONFIDENTIAL, TierInfo(0, 0, 0))
    chain.dispatch(open_to_all, Root())
    for place, who in enumerate(people):
        described = info(who, market=Market(place % MARKETS // 16, place % 16))
        failure = chain.sign(who, chain.call("Providers", "register_provider", described, BOND))
        assert failure is None, failure
        if place % REGISTERED_PER_BLOCK == REGISTERED_PER_BLOCK - 1:
            chain.close(is_checked=False)
    print(f"{providers} providers in {len(chain.runtime.pricing.open_markets)} markets")
    epoch = prove(chain, people)
    measure(chain)
    claim(chain, people, epoch)


def prove(chain: FlatChain, people: list[bytes]) -> int:
    """Let everybody prove a share in the epoch under way; return which it is."""
    epoch = chain.runtime.babe.current_epoch()
    for start in range(0, len(people), MAX_BATCHES_PER_BLOCK):
        batch = tuple(
            ShareBatch(epoch, who, (Share(1, 0, 0),))
            for who in people[start : start + MAX_BATCHES_PER_BLOCK]
        )
        chain.inherent(chain.call("Receipts", "submit", Receipts(batch, ())))
        chain.close(is_checked=False)
    assert chain.runtime.babe.current_epoch() == epoch, "the shares fit into one epoch"
    return epoch


def measure(chain: FlatChain) -> None:
    """Time the blocks of two epochs by what happens in them."""
    spent: dict[str, list[float]] = {}
    period = chain.runtime.pricing.config.period_blocks
    for _ in range(2 * EPOCH_SLOTS + 2):
        epoch = chain.runtime.babe.current_epoch()
        seconds = cpu_seconds(lambda: chain.close(is_checked=False))
        kind = "plain block"
        if chain.number % period == 0:
            kind = "end of a pricing period"
        if chain.runtime.babe.current_epoch() != epoch:
            kind = "change of epoch"
        spent.setdefault(kind, []).append(seconds)
    for kind, found in spent.items():
        print(f"{kind:24} {max(found) * 1e3:7.1f} ms at most, of {len(found)}")
    print(f"wanted of a change of epoch: {WANTED_SECONDS * 1e3:.0f} ms")


def claim(chain: FlatChain, people: list[bytes], epoch: int) -> None:
    """Let everybody have an epoch paid."""

    def all_of_them() -> None:
        for place, who in enumerate(people):
            failure = chain.sign(who, chain.call("Emission", "payout_provider", who, epoch))
            assert failure is None, failure
            if place % CLAIMED_PER_BLOCK == CLAIMED_PER_BLOCK - 1:
                chain.close(is_checked=False)

    seconds = cpu_seconds(all_of_them)
    print(f"claims of an epoch       {seconds / len(people) * 1e6:7.0f} µs each, with their blocks")


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def genesis(people: list[bytes]) -> GenesisConfig:
    """Endow the providers; one account authors."""
    author = pair(1).public
    return GenesisConfig(
        chain=replace(CHAIN, epoch_slots=EPOCH_SLOTS, era_blocks=10 * EPOCH_SLOTS),
        agpu=((author, UNIT), *((who, 2 * BOND) for who in people)),
        amax=((author, UNIT),),
        validators=(author,),
        babe_authorities=((author, 1),),
        grandpa_authorities=((author, 1),),
        randomness=bytes(32),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PROVIDERS)
