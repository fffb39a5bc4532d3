"""A seeded world: four nodes, bad weather for a while, then good weather; watched all the time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trio
import trio._core._run as trio_run
from trio.testing import MockClock

from consensus.finality.tally import VoterSet
from consensus.slots import Authority
from tests.consensus.support import KEYS, Key
from tests.simulation.ledger import Ledger, Lie, Life, Sometimes
from tests.simulation.network import SimNetwork
from tests.simulation.node import SimNode
from tests.simulation.scenario import LIAR, Outcome, Scenario, check
from tests.simulation.toy import ToyLedger

START_MS = 1_800_000_000_000


class World:
    """Runs the nodes through a scenario."""

    def __init__(self, seed: int, scenario: Scenario, ledger: Ledger) -> None:
        self.rng = random.Random(seed)
        self.scenario, self.ledger = scenario, ledger
        self.outcome = Outcome(seed, scenario)
        self.sometimes = Sometimes(self.rng) if scenario.has_faults else lambda _: False
        self.keys: list[Key | None] = [*KEYS, *[KEYS[3]] * scenario.twins]
        self.keys += [None] * scenario.observers
        self.disks: list[Any] = [ledger.make_disk() for _ in self.keys]
        self.skews_ms = [self.rng.randint(-200, 200) for _ in self.keys]
        self.voters = VoterSet(0, tuple((key.public, 1) for key in KEYS))
        self.authorities = tuple(Authority(key.public, 1) for key in KEYS)
        self.lives: dict[int, trio.CancelScope] = {}
        self.nodes: dict[int, SimNode] = {}

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            self.network = SimNetwork(self.rng, nursery, self.sometimes)
            self.network.loss = self.scenario.loss
            self.network.delay_seconds = (0.01, self.scenario.max_delay_seconds)
            for index in range(len(self.keys)):
                nursery.start_soon(self._live, index)
            async with trio.open_nursery() as storm:
                for _ in range(self.scenario.partitions):
                    storm.start_soon(self._partition)
                for _ in range(self.scenario.restarts):
                    storm.start_soon(self._restart, nursery)
                storm.start_soon(self._halve)
            self.network.heal()
            self.outcome.calm_since = trio.current_time()
            self.outcome.round_at_calm = max(node.voter.round for node in self.nodes.values())
            self.network.loss = 0.02
            self.outcome.heights_at_calm = dict(self.outcome.heights)
            await trio.sleep(self.scenario.calm_seconds)
            nursery.cancel_scope.cancel()
        self.outcome.trace = self.network.trace
        self.outcome.told = self.ledger.check(self.outcome.final, self.disks)

    async def _live(self, index: int) -> None:
        def now_ms() -> int:
            return START_MS + self.skews_ms[index] + round(trio.current_time() * 1000)

        def publish(kind: str, payload: bytes) -> None:
            self.network.publish(index, kind, payload)

        is_liar = index == LIAR and self.scenario.lie is not Lie.NONE
        lie = self.scenario.lie if is_liar else Lie.NONE
        is_provider = index == (LIAR if self.scenario.lie is Lie.FALSE_RECEIPT else 0)
        rng = random.Random(self.rng.getrandbits(64))
        life = Life(index, self.authorities, rng, now_ms, publish, is_provider, lie, self.sometimes)
        chain = self.ledger.make_chain(self.disks[index], life)
        key = self.keys[index]
        node = SimNode(index, key, chain, self.voters, self.network, self.outcome, now_ms, lie)
        self.nodes[index] = node
        with trio.CancelScope() as self.lives[index]:
            await node.run()

    async def _halve(self) -> None:
        await trio.sleep(self.scenario.storm_seconds - self.scenario.halves_seconds)
        if self.scenario.halves_seconds > 0:
            self.network.split(frozenset({0, 1}))
        await trio.sleep(self.scenario.halves_seconds)

    async def _partition(self) -> None:
        await trio.sleep(self.rng.uniform(0, self.scenario.storm_seconds / 2))
        nodes = list(range(len(self.keys)))
        self.rng.shuffle(nodes)
        cut = self.rng.randint(1, len(nodes) - 1)
        self.network.split(frozenset(nodes[:cut]))
        await trio.sleep(self.rng.uniform(10, self.scenario.storm_seconds / 2))
        self.network.heal()

    async def _restart(self, nursery: trio.Nursery) -> None:
        await trio.sleep(self.rng.uniform(5, self.scenario.storm_seconds / 2))
        index = self.rng.randrange(len(self.keys))
        if index not in self.lives:
            return
        self.lives.pop(index).cancel()
        await trio.sleep(self.rng.uniform(0.1, self.scenario.storm_seconds / 2))
        if self.rng.random() < 0.5:
            self.disks[index].lose_power(self.rng)
        nursery.start_soon(self._live, index)


@contextmanager
def seeded_scheduler(seed: int) -> Iterator[None]:
    """Make trio's order of tasks depend on the seed alone; its names for that are private."""
    names = {"_ALLOW_DETERMINISTIC_SCHEDULING": True, "_r": random.Random(seed)}
    before = {name: getattr(trio_run, name) for name in names}
    vars(trio_run).update(names)
    try:
        yield
    finally:
        vars(trio_run).update(before)


def simulate(
    seed: int, scenario: Scenario | None = None, ledger: type[Ledger] = ToyLedger
) -> Outcome:
    """Run one world; raise what a checker raises, with the seed."""
    world = World(seed, scenario or Scenario(), ledger())
    try:
        with seeded_scheduler(seed):
            trio.run(world.run, clock=MockClock(autojump_threshold=0))
        check(world.outcome)
    except BaseException as error:
        error.add_note(f"SEED {seed} FAILED with {ledger.__name__} and {world.scenario}")
        raise
    return world.outcome
