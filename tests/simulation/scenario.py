"""What goes wrong in a world, beyond what its seed draws."""

from __future__ import annotations

import random
from dataclasses import dataclass

from runtime.compute.job import PERBILL
from runtime.terms import DEFAULTS
from tests.simulation.ledger import Genesis, Lie

VALIDATORS = (4, 4, 5, 6, 7, 8, 10, 16)
"""How many there may be: four of them are the hardest to keep going, sixteen the most at once."""

MAX_NODES = 19
"""Sixteen validators and their twins."""

EPOCH_SLOTS = (4, 6, 10)
MAX_STAKE = 3
MAX_LIARS = 3
CHEATS = 0.2
"""In what part of the worlds the provider cheats."""


@dataclass(frozen=True)
class Scenario:
    """What goes wrong."""

    storm_seconds: int = 120
    calm_seconds: int = 60
    """Good weather at the end: far more than the two rounds finality may take to resume."""
    stakes: tuple[int, ...] = (1, 1, 1, 1)
    """Of the validators, in order; the last of them are the liars."""
    lies: tuple[Lie, ...] = ()
    """What the last validators do, one each."""
    observers: int = 0
    loss: float = 0.15
    max_delay_seconds: float = 0.8
    partitions: int = 1
    restarts: int = 2
    lost_disks: int = 0
    """Validators that lose their disks at the same time, and begin again with their keys alone."""
    lost_at: tuple[float, float] = (0.1, 0.6)
    """Between which parts of the storm they lose them."""
    skew_ms: int = 200
    """By how much a clock may be wrong, early or late."""
    halves_seconds: int = 0
    """How long, up to the calm, one half cannot hear the other: nobody can finalize."""
    epoch_slots: int = 10
    era_blocks: int = 100
    rotations: int = 0
    """How many times some validator sets new keys."""
    leavers: int = 0
    """How many honest validators retire and come back."""
    has_cheat: bool = False
    """Whether the provider gets one element of each product wrong."""
    audit_rate: int = DEFAULTS.audits.least_rate
    """What part of the segments the client wants to be audited, in parts per billion."""
    has_faults: bool = False
    """Whether faults are made on purpose: see `ledger.Sometimes`."""

    def __post_init__(self) -> None:
        staying = [stake for node, stake in enumerate(self.stakes) if node not in self.leaving]
        lying = sum(self.stakes[node] for node in self.liars)
        if 3 * lying >= sum(staying):
            raise ValueError(f"wanted liars with less than a third of {sum(staying)}, got {lying}")

    @property
    def validators(self) -> int:
        return len(self.stakes)

    @property
    def liars(self) -> range:
        """The validators that lie."""
        return range(self.validators - len(self.lies), self.validators)

    @property
    def leaving(self) -> range:
        """The validators that retire for a while: the honest ones before the liars."""
        return range(self.liars.start - self.leavers, self.liars.start)

    @property
    def twins(self) -> dict[int, int]:
        """The second nodes of validators that run twice, and whose twins they are."""
        doubled = [liar for liar, lie in zip(self.liars, self.lies, strict=True) if lie is Lie.TWIN]
        return dict(enumerate(doubled, start=self.validators))

    @property
    def nodes(self) -> int:
        return self.validators + len(self.twins) + self.observers

    @property
    def honest(self) -> list[int]:
        """The nodes that must agree and go on."""
        return [node for node in range(self.nodes) if not self.is_byzantine(node)]

    @property
    def genesis(self) -> Genesis:
        return Genesis(self.stakes, self.epoch_slots, self.era_blocks)

    def is_byzantine(self, node: int) -> bool:
        """Return whether a node has the keys of a liar."""
        return node in self.liars or node in self.twins

    def lie_of(self, node: int) -> Lie | None:
        """Return what a node does wrong on purpose."""
        return self.lies[node - self.liars.start] if node in self.liars else None


def drawn(seed: int) -> Scenario:
    """Draw the weather, the validators and the faults of a world from its seed."""
    rng = random.Random(f"scenario {seed}")
    has_cheat = random.Random(f"cheat {seed}").random() < CHEATS
    while True:
        try:
            return _drawn(rng, has_cheat)
        except ValueError:
            continue  # the liars drew too much stake


def _drawn(rng: random.Random, has_cheat: bool) -> Scenario:
    validators = rng.choice(VALIDATORS)
    lies = tuple(rng.choices(list(Lie), k=rng.randint(0, MAX_LIARS)))
    is_equal = rng.random() < 0.5
    stakes = tuple(1 if is_equal else rng.randint(1, MAX_STAKE) for _ in range(validators))
    return Scenario(
        storm_seconds=rng.randint(40, 120),
        calm_seconds=40,
        stakes=stakes,
        lies=lies,
        observers=rng.choice((0, 0, 1, 2)) if validators <= MAX_NODES - 5 else 0,
        loss=rng.choice((0.0, 0.05, 0.15, 0.3)),
        max_delay_seconds=rng.choice((0.1, 0.4, 0.8, 1.5)),
        partitions=rng.randint(0, 2),
        restarts=rng.randint(0, validators),
        skew_ms=rng.choice((0, 200, 200, 1000)),
        epoch_slots=rng.choice(EPOCH_SLOTS),
        rotations=rng.choice((0, 1, 3, validators)),
        leavers=rng.choice((0, 0, 1, 2)),
        has_cheat=has_cheat,
        audit_rate=PERBILL if has_cheat else DEFAULTS.audits.least_rate,
        has_faults=rng.random() < 0.5,
    )
