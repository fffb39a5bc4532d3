"""The whole runtime with everything that hooks look at filled, in its worst block.

The block ends a pricing period, begins an epoch and an era, and ends a spending period;
64 validators, 64 markets; queues of every pallet have more than a block can do. What is filled is
written, not called: the calls have tests of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from node.metering import MeteredOverlay
from runtime.compute.job import Market
from runtime.constants import LIMITS, TREASURY
from runtime.construct import Runtime
from runtime.frame import Context, Signed, Weight
from runtime.frame.earnings import Rule
from runtime.frame.turns import in_turns
from runtime.genesis_state import GenesisConfig
from runtime.pallets.audits.wakes import MAX_WAKES
from runtime.pallets.disputes.docket import MAX_EARLY
from runtime.pallets.disputes.records import Timer, Window
from runtime.pallets.oracle.records import MAX_FEEDS, MAX_MEMBERS, NEWCOMER, Entry
from runtime.pallets.pricing import TierInfo
from runtime.pallets.session import SessionKeys
from runtime.pallets.staking import Forcing, ToStash, ValidatorPrefs
from runtime.pallets.staking.records import MAX_CANDIDATES, MAX_NOMINATIONS, MAX_VOTERS
from runtime.pallets.treasury.types import MAX_APPROVALS, Proposal
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info, order
from tests.support.bench import account
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import FlatChain, Tune, untuned

VALIDATORS = 64
MARKETS = tuple(Market(tier, region) for tier in range(4) for region in range(16))
EPOCH, ERA, PERIOD = 10, 21, 7
WORST = ERA
"""The block in which a period ends and an epoch and an era begin: 1 + 2 · 10 = 21 = 3 · 7."""
CROWD = tuple(account(30_000 + place) for place in range(VALIDATORS))
"""Whoever earned, voted, reported or is to be paid."""
OPEN_JOBS = 64
"""Of one client."""


class Row(NamedTuple):
    """What a hook of a pallet came to in a block."""

    pallet: str
    can_wait: bool
    declared: Weight
    reads: int
    writes: int


class FullChain(FlatChain):
    """Everything full; the block under way is the worst."""

    def __init__(self, providers_each: int = 1, jobs_each: int = 4) -> None:
        """So many providers and waiting jobs in each market."""
        sellers = [account(40_000 + place) for place in range(len(MARKETS) * providers_each)]
        buyers = [account(90_000 + n) for n in range(-(-len(MARKETS) * jobs_each // OPEN_JOBS))]
        super().__init__(genesis([TREASURY, *sellers, *buyers, *CROWD]), tuned)
        self._sell(sellers)
        while self.number < WORST - 1:
            if self.number == WORST - 3:
                self._buy(buyers, jobs_each)
            self.close(is_checked=False)
        self._fill()
        self.close(is_checked=False)

    def _sell(self, sellers: list[bytes]) -> None:
        market = self.runtime
        market.pricing.tiers[3] = TierInfo(0, 0, 0)
        for place, who in enumerate(sellers):
            described = info(who, market=MARKETS[place % len(MARKETS)])
            market.providers.register_provider(Signed(who), described, 200 * UNIT)

    def _buy(self, buyers: list[bytes], jobs_each: int) -> None:
        """Let jobs wait in every market."""
        for place in range(len(MARKETS) * jobs_each):
            market = MARKETS[place % len(MARKETS)]
            spec = order(self.number, market=market, max_price=2 * UNIT)
            self.runtime.jobs.submit_job(Signed(buyers[place // OPEN_JOBS]), spec, None, 0)

    def _fill(self) -> None:
        runtime, now = self.runtime, self.number
        runtime.mining.active_count[0] = len(CROWD)
        for place, who in enumerate(CROWD):
            runtime.mining.earned(who, Rule.JOB, 1)
            record = runtime.mining.records[runtime.babe.current_epoch(), who]
            runtime.mining.active[0, place] = who
            runtime.mining.records[0, who] = record
        runtime.disputes.early = tuple(range(MAX_EARLY))
        for place in range(4 * MAX_EARLY):
            runtime.disputes.timers[place] = Timer(place, 0)
        runtime.disputes.timer_window = Window(0, 4 * MAX_EARLY)
        runtime.audits.wakes[now] = tuple(range(MAX_WAKES))
        runtime.staking.reward_by_ids(tuple((who, 20) for who in runtime.session.validators))
        for place in range(MAX_APPROVALS):
            who = CROWD[place % len(CROWD)]
            runtime.treasury.proposals[place] = Proposal(who, UNIT, who, 0)
        runtime.treasury.approvals = tuple(range(MAX_APPROVALS))
        runtime.treasury.committed = MAX_APPROVALS * UNIT
        self._fill_oracle()

    def _fill_oracle(self) -> None:
        """Let 21 members have committed on 32 feeds, and shown nothing."""
        oracle, members = self.runtime.oracle, CROWD[:MAX_MEMBERS]
        oracle.active, oracle.feed_ids = members, tuple(range(MAX_FEEDS))
        for who in members:
            oracle.member[who] = NEWCOMER
        for feed in oracle.feed_ids:
            oracle.entries[feed, 0] = tuple(Entry(who, bytes(32), None) for who in members)
        oracle.next_round = 0

    def reading(self) -> tuple[Runtime, MeteredOverlay]:
        """Return the pallets over the state before the block under way, and what counts keys."""
        overlay = MeteredOverlay(self.state)
        context = Context(overlay, self.number, self.head.hash, list(self._digest()))
        return self.rules.make(context), overlay

    def hooks(self, prepare: Tune = untuned) -> list[Row]:
        """Run the hooks of the block under way anew; return what each of them comes to.

        `prepare` may change the state before them.
        """
        runtime, overlay = self.reading()
        prepare(runtime)
        number, rows, used = self.number, list[Row](), 0
        runtime.system.open_block()
        for pallet in runtime.pallets:
            overlay.clear_counts()
            declared = pallet.on_initialize(number)
            rows.append(Row(pallet.name, False, declared, *overlay.counts()))
            used += declared.ref_time
        for pallet in in_turns(runtime.polled, number):
            overlay.clear_counts()
            declared = pallet.on_poll(number, max(LIMITS.hook_picoseconds - used, 0))
            rows.append(Row(pallet.name, True, declared, *overlay.counts()))
            used += declared.ref_time
        return rows


class ElectingChain(FullChain):
    """Everything full, and an election of the largest size is to begin: a referendum forced it."""

    def _fill(self) -> None:
        super()._fill()
        staking, validators = self.runtime.staking, self.runtime.session.validators
        new = [account(60_000 + place) for place in range(MAX_VOTERS)]
        standing = new[: MAX_CANDIDATES - len(validators)]
        named = (*validators, *standing)
        for place, who in enumerate(new):
            self.runtime.balances.mint_into(who, 10_000 * UNIT)
            staking.ledgers.open(who, (2_000 + place) * UNIT, ToStash())
            if who in standing:
                keys = [account(10**6 + 3 * place + kind) for kind in range(3)]
                self.runtime.session._own(who, SessionKeys(*keys))
                staking.roles.stand(who, ValidatorPrefs())
            else:
                first = MAX_NOMINATIONS * place % (len(named) - MAX_NOMINATIONS)
                staking.roles.nominate(who, named[first : first + MAX_NOMINATIONS])
        self.voters = tuple(new)
        staking.eras.force(Forcing.FORCE_NEW)


def genesis(people: list[bytes]) -> GenesisConfig:
    """Return a genesis of 64 validators, and of people who can pay."""
    validators = tuple(pair(place).public for place in range(1, VALIDATORS + 1))
    authorities = tuple((who, 1) for who in validators)
    return GenesisConfig(
        chain=replace(CHAIN, epoch_slots=EPOCH, era_blocks=ERA),
        agpu=(*((who, UNIT) for who in validators), *((who, 1_000 * UNIT) for who in people)),
        amax=((validators[0], UNIT),),
        validators=validators,
        babe_authorities=authorities,
        grandpa_authorities=authorities,
        randomness=bytes(32),
    )


def tuned(runtime: Runtime) -> None:
    """Let a pricing period and a spending period end in the worst block."""
    runtime.pricing.config = replace(runtime.pricing.config, period_blocks=PERIOD)
    runtime.treasury.config = replace(runtime.treasury.config, spend_eras=1)
