"""What goes wrong in a world, beyond what its seed draws; and what must hold all the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import trio

from consensus.equivocation import BlockEquivocation, Equivocation
from consensus.errors import BadBlock, BadReceipts, KnownBad, WrongStateRoot
from consensus.finality.justification import decoded
from consensus.protocols import Finalized
from tests.consensus.support import KEYS
from tests.simulation.ledger import Lie
from tests.simulation.network import Delivery
from tests.simulation.node import Refusal

LIAR = 3
"""The node that lies or has a twin, if one does: at most one of four may be Byzantine."""

REFUSED_FOR: dict[Lie, set[type[BadBlock]]] = {
    Lie.NONE: set(),
    Lie.WRONG_STATE_ROOT: {WrongStateRoot, KnownBad},
    Lie.FALSE_RECEIPT: {BadReceipts, KnownBad},
}

MAX_LAG_BLOCKS = 3
"""How far apart the finalized heights of live nodes may be at the end."""


@dataclass(frozen=True)
class Scenario:
    """What goes wrong."""

    storm_seconds: int = 120
    calm_seconds: int = 60
    """Good weather at the end: far more than the two rounds finality may take to resume."""
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
    has_faults: bool = False
    """Whether faults are made on purpose: see `ledger.Sometimes`."""

    @property
    def has_byzantine(self) -> bool:
        return self.twins > 0 or self.lie is not Lie.NONE

    @property
    def honest(self) -> list[int]:
        """The nodes that must agree and go on."""
        nodes = range(len(KEYS) + self.twins + self.observers)
        twins = range(len(KEYS), len(KEYS) + self.twins)
        return [
            node
            for node in nodes
            if node not in twins and not (node == LIAR and self.has_byzantine)
        ]


def drawn(seed: int) -> Scenario:
    """Draw the weather and the faults of a world from its seed."""
    rng = random.Random(f"scenario {seed}")
    byzantine = rng.choice(("", "", "twin", Lie.WRONG_STATE_ROOT, Lie.FALSE_RECEIPT))
    return Scenario(
        storm_seconds=rng.randint(40, 120),
        calm_seconds=40,
        loss=rng.choice((0.0, 0.05, 0.15, 0.3)),
        max_delay_seconds=rng.choice((0.1, 0.4, 0.8, 1.5)),
        partitions=rng.randint(0, 2),
        restarts=rng.randint(0, 4),
        twins=int(byzantine == "twin"),
        observers=rng.choice((0, 0, 1)),
        lie=byzantine if isinstance(byzantine, Lie) else Lie.NONE,
        has_faults=rng.random() < 0.5,
    )


@dataclass
class Outcome:
    """What the checkers saw."""

    seed: int
    scenario: Scenario
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


def check(outcome: Outcome) -> None:
    """Check what must hold at the end of every scenario."""
    scenario = outcome.scenario
    if scenario.lie is not Lie.FALSE_RECEIPT:
        assert outcome.bad_messages == [], f"honest words refused: {outcome.bad_messages[:3]}"
    check_refusals(outcome)
    offenders = {offender_of(proof) for proof in outcome.equivocations}
    allowed = {KEYS[LIAR].public} if scenario.has_byzantine else set()
    assert offenders <= allowed, "an honest node said two things"
    for node in scenario.honest:
        before, now = outcome.heights_at_calm.get(node, 0), outcome.heights.get(node, 0)
        assert now > before, f"node {node} finalized nothing after the storm: {now}"
        highest = max(outcome.heights.values())
        assert now >= highest - MAX_LAG_BLOCKS, f"node {node} is left behind at {now}"


def check_refusals(outcome: Outcome) -> None:
    """Check that bad blocks came from the liar alone, and were refused for its lie."""
    expected = REFUSED_FOR[outcome.scenario.lie]
    others = [
        refusal
        for refusal in outcome.refusals
        if refusal.error not in expected or refusal.source != LIAR
    ]
    assert others == [], f"honest blocks refused: {others[:3]}"


def offender_of(proof: Equivocation) -> bytes:
    """Return the key that said two things."""
    return proof.offender if isinstance(proof, BlockEquivocation) else proof.votes.id
