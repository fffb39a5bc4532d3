"""A seeded world: nodes, bad weather for a while, then good weather; watched all the time."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import trio
from trio.testing import MockClock

from tests.simulation.byzantine import Flood, Heard, TwoVotes, Undeterred, Withholding
from tests.simulation.ledger import Ledger, Lie, Life, Sometimes
from tests.simulation.network import SimNetwork, Wire, ignore, say_at_once
from tests.simulation.node import SimNode
from tests.simulation.outcome import Outcome, check, stragglers
from tests.simulation.real import account_of
from tests.simulation.scenario import Scenario, drawn
from tests.simulation.seeded import checks_once, seeded_scheduler
from tests.simulation.sessions import Keyring, Steward, drawn_plans, genesis_pair
from tests.simulation.toy import ToyLedger

START_MS = 1_800_000_000_000

PATIENCE_SECONDS = 20
"""After the calm, for nodes that are behind: one in two hundred worlds has one after 40 s."""


class World:
    """Runs the nodes through a scenario."""

    def __init__(self, seed: int, scenario: Scenario, ledger: Ledger) -> None:
        self.rng = random.Random(seed)
        self.scenario, self.ledger = scenario, ledger
        self.outcome = Outcome(seed, scenario)
        self.sometimes = Sometimes(self.rng) if scenario.has_faults else lambda _: False
        self.keyrings = self._drawn_keyrings()
        self.stewards = self._drawn_stewards()
        self.disks: list[Any] = [ledger.make_disk() for _ in self.keyrings]
        skew = scenario.skew_ms
        self.skews_ms = [self.rng.randint(-skew, skew) for _ in self.keyrings]
        self.lives: dict[int, trio.CancelScope] = {}
        self.nodes: dict[int, SimNode] = {}

    def _drawn_keyrings(self) -> list[Keyring]:
        """Make the keys of each node; a twin shares those of its validator."""
        scenario, rng = self.scenario, random.Random(self.rng.getrandbits(64))
        rings = [Keyring(rng, genesis_pair(node)) for node in range(scenario.validators)]
        rings += [rings[liar] for liar in scenario.twins.values()]
        return rings + [Keyring(rng, None) for _ in range(scenario.observers)]

    def _drawn_stewards(self) -> dict[int, Steward]:
        scenario = self.scenario
        plans = drawn_plans(
            self.rng,
            scenario.validators,
            scenario.leaving,
            scenario.rotations,
            scenario.storm_seconds,
        )
        return {
            node: Steward(account_of(node), self.keyrings[node], plan)
            for node, plan in enumerate(plans)
        }

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            self.network = SimNetwork(self.rng, self.sometimes)
            self.network.loss = self.scenario.loss
            self.network.delay_seconds = (0.01, self.scenario.max_delay_seconds)
            nursery.start_soon(self.network.run)
            for index in range(self.scenario.nodes):
                nursery.start_soon(self._live, index)
            async with trio.open_nursery() as storm:
                for _ in range(self.scenario.partitions):
                    storm.start_soon(self._partition)
                for _ in range(self.scenario.restarts):
                    storm.start_soon(self._restart, nursery)
                if self.scenario.lost_disks:
                    storm.start_soon(self._lose_disks, nursery)
                storm.start_soon(self._halve)
            self.network.heal()
            self.outcome.calm_since = trio.current_time()
            self.outcome.round_at_calm = max(node.voter.round for node in self.nodes.values())
            self.network.loss = 0.02
            self.outcome.heights_at_calm = dict(self.outcome.heights)
            await trio.sleep(self.scenario.calm_seconds)
            with trio.move_on_after(PATIENCE_SECONDS):
                while stragglers(self.outcome):
                    await trio.sleep(1)
            nursery.cancel_scope.cancel()
        self.outcome.liars_keys = {
            key for liar in self.scenario.liars for key in self.keyrings[liar].publics
        }
        self.outcome.trace = self.network.trace
        self.outcome.told = self.ledger.check(self.outcome.final, self.disks)

    async def _live(self, index: int) -> None:
        """Run one life of a node."""

        def now_ms() -> int:
            return START_MS + self.skews_ms[index] + round(trio.current_time() * 1000)

        scenario, lie = self.scenario, self.scenario.lie_of(index)
        rng, heard = random.Random(self.rng.getrandbits(64)), Heard()
        hold = Withholding(rng) if lie is Lie.WITHHOLD else say_at_once
        overhear = heard if lie is Lie.FLOOD else ignore
        wire = Wire(index, self.network, hold, overhear)
        is_provider = lie is Lie.FALSE_RECEIPT or (
            index == 0 and Lie.FALSE_RECEIPT not in scenario.lies
        )
        life = Life(
            index=index,
            rng=rng,
            now_ms=now_ms,
            publish=wire.publish,
            pass_on=wire.pass_on,
            is_provider=is_provider,
            lie=lie,
            sometimes=self.sometimes,
            own_keys=lambda: self.keyrings[index].publics,
            audit_keys=self.keyrings[index].audits,
            steward=self.stewards.get(index),
            has_cheat=scenario.has_cheat,
            audit_rate=scenario.audit_rate,
        )
        chain = self.ledger.make_chain(self.disks[index], life)
        node = SimNode(
            index=index,
            keys=self.keyrings[index],
            chain=chain,
            wire=wire,
            checkers=self.outcome,
            now_ms=now_ms,
            peers_final=partial(self._peers_final, index),
            lie=lie,
        )
        self.nodes[index] = node
        with trio.CancelScope() as self.lives[index]:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(node.run)
                if lie is Lie.TWO_VOTES:
                    nursery.start_soon(TwoVotes(node, rng).run)
                if lie is Lie.TWO_BLOCKS:
                    nursery.start_soon(Undeterred(node).run)
                if lie is Lie.FLOOD:
                    nursery.start_soon(Flood(node, heard, rng).run)

    def _peers_final(self, index: int) -> tuple[int, ...]:
        """Return what the peers of a node would tell it in a handshake."""
        peers = self.network.peers_of(index)
        return tuple(self.nodes[peer].queue.tree.root.number for peer in peers)

    async def _halve(self) -> None:
        await trio.sleep(self.scenario.storm_seconds - self.scenario.halves_seconds)
        if self.scenario.halves_seconds > 0:
            self.network.split(frozenset(range(self.scenario.validators // 2)))
        await trio.sleep(self.scenario.halves_seconds)

    async def _partition(self) -> None:
        await trio.sleep(self.rng.uniform(0, self.scenario.storm_seconds / 2))
        nodes = list(range(self.scenario.nodes))
        self.rng.shuffle(nodes)
        cut = self.rng.randint(1, len(nodes) - 1)
        self.network.split(frozenset(nodes[:cut]))
        await trio.sleep(self.rng.uniform(10, self.scenario.storm_seconds / 2))
        self.network.heal()

    async def _restart(self, nursery: trio.Nursery) -> None:
        await trio.sleep(self.rng.uniform(5, self.scenario.storm_seconds / 2))
        index = self.rng.randrange(self.scenario.nodes)
        if index not in self.lives:
            return
        self.lives.pop(index).cancel()
        await trio.sleep(self.rng.uniform(0.1, self.scenario.storm_seconds / 2))
        if self.rng.random() < 0.5:
            self.disks[index].lose_power(self.rng)
        nursery.start_soon(self._live, index)

    async def _lose_disks(self, nursery: trio.Nursery) -> None:
        """Take the disks of some honest validators, which begin again soon after."""
        scenario = self.scenario
        await trio.sleep(scenario.storm_seconds * self.rng.uniform(*scenario.lost_at))
        honest = [node for node in range(scenario.validators) if node not in scenario.liars]
        for index in self.rng.sample(honest, scenario.lost_disks):
            self.disks[index] = self.ledger.make_disk()
            self.outcome.heights.pop(index, None)
            self.outcome.lost_at[index] = trio.current_time()
            if index in self.lives:
                self.lives.pop(index).cancel()
                nursery.start_soon(self._begin_again, index, self.rng.uniform(0.1, 10))

    async def _begin_again(self, index: int, after_seconds: float) -> None:
        await trio.sleep(after_seconds)
        await self._live(index)


def simulate(
    seed: int,
    scenario: Scenario | None = None,
    ledger: type[Ledger] = ToyLedger,
    judge: Callable[[Outcome], None] = check,
) -> Outcome:
    """Run one world and judge it; raise what a checker raises, with the seed."""
    scenario = scenario or Scenario()
    try:
        world = World(seed, scenario, ledger(scenario.genesis))
        with seeded_scheduler(seed), checks_once():
            trio.run(world.run, clock=MockClock(autojump_threshold=0))
        judge(world.outcome)
    except BaseException as error:
        error.add_note(f"SEED {seed} FAILED with {ledger.__name__} and {scenario}")
        if scenario == drawn(seed):
            error.add_note(f"again: python -m tests.simulation.run --seed {seed} --weather drawn")
        raise
    return world.outcome
