"""What the checkers of a world saw, and what must hold at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import trio

from consensus.equivocation import BlockEquivocation, Equivocation
from consensus.finality.justification import decoded
from consensus.finality.vote import Message, VoteMessage
from consensus.protocols import Finalized
from consensus.verification import slot_of
from runtime.primitives.block import Block
from tests.simulation.network import Delivery
from tests.simulation.node import Refusal
from tests.simulation.scenario import Scenario

MAX_LAG_BLOCKS = 3
"""How far apart the finalized heights of live nodes may be at the end."""


@dataclass(frozen=True)
class Complaint:
    """A message that a node judged to be bad."""

    node: int
    source: int
    what: str


@dataclass
class Outcome:
    """What the checkers saw."""

    seed: int
    scenario: Scenario
    final: dict[int, bytes] = field(default_factory=dict)
    """The one finalized chain: hash by height."""
    heights: dict[int, int] = field(default_factory=dict)
    """The finalized height of each node; it never falls."""
    votes: dict[tuple[bytes, int, int, type[Message]], Message] = field(default_factory=dict)
    """What each key voted first in each stage of a round of a set."""
    two_voters: set[bytes] = field(default_factory=set)
    """Keys that voted twice in a stage, heard by all or by nobody."""
    lost_at: dict[int, float] = field(default_factory=dict)
    """When a node lost its disk."""
    voted_at: dict[bytes, float] = field(default_factory=dict)
    """When a key last cast a vote that it had not cast before."""
    authored_at: list[float] = field(default_factory=list)
    slots: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """The block that each node made in each slot."""
    equivocations: list[Equivocation] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
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
    liars_keys: set[bytes] = field(default_factory=set)
    """Every key that a liar had."""

    def on_vote(self, vote: VoteMessage) -> None:
        signed = vote.message
        stage = (signed.id, vote.set_id, vote.round, type(signed.message))
        if stage not in self.votes:
            self.voted_at[signed.id] = trio.current_time()
        if self.votes.setdefault(stage, signed.message) != signed.message:
            self.two_voters.add(signed.id)

    def on_authored(self, node: int, block: Block) -> None:
        self.authored_at.append(trio.current_time())
        slot, made = slot_of(block.header), block.header.hash
        assert self.slots.setdefault((node, slot), made) == made, f"{node} has two in slot {slot}"

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

    def on_bad_message(self, node: int, source: int, what: str) -> None:
        self.complaints.append(Complaint(node, source, what))

    def on_refused(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)


def check(outcome: Outcome) -> None:
    """Check what must hold at the end of a scenario in which finality can go on."""
    check_words(outcome)
    for node, height in stragglers(outcome).items():
        raise AssertionError(f"node {node} is left behind at {height}, or finalized nothing more")


def check_words(outcome: Outcome) -> None:
    """Check what honest nodes said: it must hold in every scenario."""
    scenario = outcome.scenario
    for judged in (*outcome.complaints, *outcome.refusals):
        is_lie = scenario.is_byzantine(judged.source) or scenario.is_byzantine(judged.node)
        assert is_lie, f"an honest word was refused: {judged}"
    offenders = {offender_of(proof) for proof in outcome.equivocations}
    assert outcome.two_voters <= outcome.liars_keys, "an honest node voted twice"
    assert offenders <= outcome.liars_keys, "an honest node said two things"


def stragglers(outcome: Outcome) -> dict[int, int]:
    """Return the honest nodes that finalized nothing since the storm or are far behind others."""
    highest = max(outcome.heights.values(), default=0)
    heights = {node: outcome.heights.get(node, 0) for node in outcome.scenario.honest}
    return {
        node: now
        for node, now in heights.items()
        if now <= outcome.heights_at_calm.get(node, 0) or now < highest - MAX_LAG_BLOCKS
    }


def offender_of(proof: Equivocation) -> bytes:
    """Return the key that said two things."""
    return proof.offender if isinstance(proof, BlockEquivocation) else proof.equivocation.identity
