"""A seeded world: four nodes, bad weather for a while, then good weather; watched all the time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
import trio._core._run as trio_run
from trio.testing import MockClock

from consensus.equivocation import Equivocation
from consensus.finality.justification import decoded
from consensus.finality.tally import VoterSet
from consensus.protocols import Finalized
from consensus.slots import Authority
from tests.consensus.support import KEYS, Key
from tests.simulation.ledger import Ledger, Lie, Life
from tests.simulation.network import Delivery, SimNetwork
from tests.simulation.node import Refusal, SimNode
from tests.simulation.toy import ToyLedger

START_MS = 1_800_000_000_000
CALM_SECONDS = 60
"""Good weather at the end: far more than the two rounds finality may take to resume."""

LIAR = 3
"""The node that lies, if one does."""


@dataclass(frozen=True)
class Scenario:
    """What goes wrong, beyond what the seed draws."""

    storm_seconds: int = 120
    loss: float = 0.15
    max_delay_seconds: float = 0.8
    partitions: int = 1
    restarts: int = 2
    twins: int = 0
    """Extra nodes that run with the key of node 3: what it says twice is an equivocation."""
    observers: int = 0
    lie: Lie = Lie.NONE
    """What node 3 does to the others."""
    halves_seconds: int = 0
    """How long, up to the calm, two nodes cannot hear the other two: nobody can finalize."""


@dataclass
class Outcome:
    """What the checkers saw."""

    final: dict[int, bytes] = field(default_factory=dict)
    """The one finalized chain: hash by height."""
    heights: dict[int, int] = field(default_factory=dict)
    """The finalized height of each node; it never falls."""
    equivocations: list[Equivocation] = field(default_factory=list)
    bad_messages: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    told: Sequence[str] = ()
    """What the ledger found in the final chain."""
    heights_at_calm: dict[int, int] = field(default_factory=dict)
    calm_since: float = 0.0
    round_at_calm: int = 0
    """The furthest GRANDPA round of any node then."""
    steps: list[tuple[float, int, int]] = field(default_factory=list)
    """(time, GRANDPA round, height) of every step of finality on any node."""
    trace: list[Delivery] = field(default_factory=list)

    def on_finalized(self, node: int, event: Finalized) -> None:
        for block in event.pruned.finalized:
            wanted = self.final.setdefault(block.number, block.hash)
            assert wanted == block.hash, f"two final blocks at {block.number}, node {node}"
            before = self.final.get(block.number - 1, block.parent_hash)
            assert block.parent_hash == before, f"a finalized block was reverted at {node}"
        assert event.node.number > self.heights.get(node, 0), f"finality fell at node {node}"
        self.heights[node] = event.node.number
        round_number = decoded(event.justification).round
        self.steps.append((trio.current_time(), round_number, event.node.number))

    def on_equivocation(self, node: int, proof: Equivocation) -> None:
        self.equivocations.append(proof)

    def on_bad_message(self, node: int, what: str) -> None:
        self.bad_messages.append(f"node {node}: {what}")

    def on_refused(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)


class World:
    """Runs the nodes through a scenario."""

    def __init__(self, seed: int, scenario: Scenario, ledger: Ledger) -> None:
        self.rng = random.Random(seed)
        self.scenario, self.ledger = scenario, ledger
        self.outcome = Outcome()
        self.keys: list[Key | None] = [*KEYS, *[KEYS[3]] * scenario.twins]
        self.keys += [None] * scenario.observers
        self.disks: list[Any] = [ledger.make_disk() for _ in self.keys]
        self.skews_ms = [self.rng.randint(-200, 200) for _ in self.keys]
        self.voters = VoterSet(0, tuple((key.public, 1) for key in KEYS))
        self.authorities = tuple(Authority(key.public, 1) for key in KEYS)
        self.lives: dict[int, trio.CancelScope] = {}
        self.nodes: dict[int, SimNode] = {}

    async def run(self) -> Outcome:
        async with trio.open_nursery() as nursery:
            self.network = SimNetwork(self.rng, nursery)
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
            await trio.sleep(CALM_SECONDS)
            nursery.cancel_scope.cancel()
        self.outcome.trace = self.network.trace
        self.outcome.told = self.ledger.check(self.outcome.final, self.disks)
        return self.outcome

    async def _live(self, index: int) -> None:
        def now_ms() -> int:
            return START_MS + self.skews_ms[index] + round(trio.current_time() * 1000)

        def publish(kind: str, payload: bytes) -> None:
            self.network.publish(index, kind, payload)

        is_liar = index == LIAR and self.scenario.lie is not Lie.NONE
        lie = self.scenario.lie if is_liar else Lie.NONE
        is_provider = index == (LIAR if self.scenario.lie is Lie.FALSE_RECEIPT else 0)
        rng = random.Random(self.rng.getrandbits(64))
        life = Life(index, self.authorities, rng, now_ms, publish, is_provider, lie)
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
    seed: int, scenario: Scenario | None = None, ledger: Callable[[], Ledger] = ToyLedger
) -> Outcome:
    """Run one world; raise what a checker raises."""
    world = World(seed, scenario or Scenario(), ledger())
    with seeded_scheduler(seed):
        return trio.run(world.run, clock=MockClock(autojump_threshold=0))


def check(outcome: Outcome, nodes: int) -> None:
    """Check what must hold at the end of every scenario."""
    assert (outcome.bad_messages, outcome.refusals) == ([], [])
    for node in range(nodes):
        before, now = outcome.heights_at_calm.get(node, 0), outcome.heights.get(node, 0)
        assert now > before, f"node {node} finalized nothing after the storm: {now}"
        assert now >= max(outcome.heights.values()) - 3, f"node {node} is left behind at {now}"
