"""A chain on which everything happens that moves money, and what its blocks say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from runtime.books.books import Books, terms_of
from runtime.books.flows import Snapshot, snapshot_of
from runtime.books.ledger import Holding, holdings_of
from runtime.executive import Executed
from runtime.frame import GovernanceOrigin
from runtime.frame.fungibles import NATIVE, WithId
from runtime.frame.origins import CustomOrigin
from runtime.frame.pallet import Record
from runtime.frame.polls import FinishedPoll
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.treasury import Native
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT, AccountId
from tests.node.backend_support import MemoryNode
from tests.support.chain import CHAIN, MemoryChain

ERA = 10
BENEFICIARY = b"\x07" * 32
SMALL = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)


@dataclass(frozen=True)
class Told:
    """A block: what it says happened, and what the state after it says."""

    number: int
    records: tuple[Record, ...]
    sums: Snapshot
    agpu: dict[AccountId, Holding]
    amax: dict[AccountId, Holding]


class EconomyNode(MemoryNode):
    """Remembers every block; the first account authors, the second buys, the third provides."""

    def __init__(self, treasury: int = 10_000 * UNIT) -> None:
        chain = replace(CHAIN, era_blocks=ERA)
        made = MemoryChain(6, 20_000 * UNIT, amax=100_000 * UNIT, treasury=treasury, chain=chain)
        super().__init__(made)
        self.story: list[Told] = []
        self.genesis = self._told(())

    def grow(self, *extrinsics: bytes) -> Executed:
        executed = super().grow(*extrinsics)
        self.story.append(self._told(executed.events))
        return executed

    def _told(self, records: tuple[Record, ...]) -> Told:
        runtime = self.runtime()
        agpu, amax = holdings_of(runtime.balances), holdings_of(runtime.amax)
        return Told(self.number, records, snapshot_of(runtime), agpu, amax)

    def books(self) -> Books:
        """Open books on block 0."""
        terms = terms_of(self.maker.genesis_config.chain)
        return Books(terms, self.genesis.agpu, self.genesis.amax)

    def send(self, who: int, pallet: str, name: str, *arguments: Any, tip: int = 0) -> None:
        """Send a call with a tip, in a block of its own."""
        by = self.maker.pairs[who]
        nonce = self.runtime().system.nonce(by.public)
        self.grow(self.maker.sign(by, self.maker.call(pallet, name, *arguments), nonce, tip=tip))

    def until(self, number: int) -> None:
        self.pass_blocks(number - self.number)

    def deal_with_oneself(self) -> None:
        """Let the provider order from itself, and be paid out of its own escrow."""
        client, self.client = self.client, self.provider
        try:
            job = self.direct()
            self.finish(job)
        finally:
            self.client = client

    def direct(self) -> int:
        """Order a job of the provider, and wait until it is assigned."""
        self.act(self.client, "Jobs", "submit_job", self.order(), self.provider.public, 0)
        self.grow()
        following: int = self.runtime().jobs.next_job_id
        return following - 1

    def spend(self, amount: int) -> None:
        """Let AMAX decide on a spend of the treasury, and have it paid."""
        voters: Sequence[Pair] = self.maker.pairs[3:]
        for one in voters:
            self.act(one, "ConvictionVoting", "season", 90_000 * UNIT)
        self.pass_blocks(7 * ERA)
        call = self.maker.call("Treasury", "spend", Native(), amount, Id(BENEFICIARY), None)
        proposer = self.maker.pairs[3]
        self.act(proposer, "Referenda", "submit", SMALL, Inline(call), After(0))
        self.act(proposer, "Referenda", "place_decision_deposit", 0)
        vote = Standard(Vote(True, Conviction.LOCKED1X), 90_000 * UNIT)
        for one in voters:
            self.act(one, "ConvictionVoting", "vote", 0, vote)
        while not isinstance(self.runtime().referenda.poll(0), FinishedPoll):
            self.grow()
        while self.runtime().treasury.spends.get(0) is None:
            self.grow()
        self.act(proposer, "Treasury", "payout", 0)

    def trade(self) -> None:
        """Issue an asset, pool it with AGPU, and swap some."""
        who, one, pair = self.maker.pairs[3], Id(self.maker.pairs[3].public), (NATIVE, WithId(1))
        self.act(who, "Assets", "create", 1, one, 1)
        self.act(who, "Assets", "mint", 1, one, 10**9)
        self.act(who, "AssetConversion", "create_pool", *pair)
        amounts = (100 * UNIT, 10**8, 0, 0)
        self.act(who, "AssetConversion", "add_liquidity", *pair, *amounts, who.public)
        swap = (pair, UNIT, 1, who.public, True)
        self.act(who, "AssetConversion", "swap_exact_tokens_for_tokens", *swap)


@cache
def told_all() -> EconomyNode:
    """Return a chain with jobs of all fates, slashes, capacity, fees, burns, a spend and a swap.

    It is made once: leave it as it is.
    """
    node = EconomyNode()
    node.register()
    epoch = node.runtime().babe.current_epoch()
    node.include(batches=(node.batch(12),))
    node.send(2, "Providers", "heartbeat", bytes(32), 0, tip=UNIT // 100)  # its fee comes back
    node.completed()
    node.deal_with_oneself()
    node.send(1, "Balances", "transfer_keep_alive", Id(BENEFICIARY), UNIT, tip=UNIT // 10)
    node.send(1, "Balances", "burn", UNIT, True)
    node.send(4, "Balances", "transfer_keep_alive", Id(b"\x08" * 32), UNIT)
    node.send(0, "Balances", "transfer_keep_alive", Id(BENEFICIARY), 10**9 * UNIT)  # refused
    job = node.submitted()
    node.act(node.client, "Jobs", "cancel_job", job)
    job = node.assigned()
    node.act(node.client, "Jobs", "cancel_job", job)
    node.assigned()  # nobody starts it: the provider pays for that
    node.committed()  # nobody opens it
    node.spend(5 * UNIT)
    while node.runtime().emission.next_to_close <= epoch:
        node.grow()
    node.act(node.client, "Emission", "payout_provider", node.provider.public, epoch)
    given = VestingInfo(100 * UNIT, UNIT // 10, node.number)
    giver, receiver = node.maker.pairs[5], Id(node.provider.public)
    node.act(giver, "AmaxVesting", "vested_transfer", receiver, given)
    node.trade()
    return node
