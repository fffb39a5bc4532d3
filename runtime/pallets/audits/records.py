"""What the chain keeps of an audit, what it needs from the rest, and the constants of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, Protocol

from runtime.compute.audit import Verdict
from runtime.compute.job import JobSpec
from runtime.compute.receipt import Commitment
from runtime.frame.earnings import Rule
from runtime.frame.offence import Exposure, Identification, Kind
from runtime.primitives.fixed import Perbill
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U32,
    U64,
    AccountId,
    Balance,
    BlockNumber,
    PublicKey,
)
from runtime.terms import Checking

MAX_AUDITORS = 64
"""As many as there are validators at most."""
MAX_OPEN = 512
"""Audits under way: sixteen segments a block, half of them audited, for a minute of blocks each
six seconds long. A segment that is drawn beyond that is paid on its sample alone."""
WISHES_UNTIL = MAX_OPEN * 3 // 4
"""Audits under way from which on clients' wishes for more are not heard: they cost nothing, and
what the chain asks for by itself must have room."""
MAX_KEPT = 1024
"""Closed audits whose signers can still be called to account."""


class Phase(Enum):
    """Where an audit is on its way. Indices are append-only."""

    PENDING = 0
    """The segment is verified; whether it is audited is drawn two blocks later."""
    COMMITTING = 1
    """Drawn auditors check, and commit to what they find."""
    REVEALING = 2
    """They show their verdicts, and that they had read what they judged."""
    CLOSED = 3
    """Decided; who signed a good verdict can still be called to account."""


class Outcome(Enum):
    """How an audit was decided. Indices are append-only."""

    GOOD = 0
    BAD = 1
    MISSING = 2
    """Nobody could be served the contents: the provider has not proven its work."""
    UNDECIDED = 3
    """Too few auditors spoke, or none of the verdicts has a majority: the segment is paid."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """A validator of a session, as audits see it."""

    account: AccountId
    key: PublicKey
    """Its audit key, ed25519."""
    exposure: Exposure
    """What it had at stake when the session began."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A drawn auditor that has committed to a finding."""

    auditor: AccountId
    exposure: Exposure
    """What it had at stake when its session began: a wrong verdict is paid out of this."""
    sealed: H256
    vrf_output: Annotated[bytes, Bounded(64)]
    verdict: Verdict | None
    """None until it is revealed."""
    is_silent: bool
    """It let the time to reveal pass, and is heard no more in this audit."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A verified segment, and who says what of it."""

    spec: JobSpec
    commitment: Commitment
    phase: Phase
    until: BlockNumber
    """The last block of the phase."""
    seed: H256
    """The randomness of the block that drew it: what auditors prove with their VRF."""
    session: U32
    """Whose validators are drawn."""
    size: U32
    """Validators drawn in expectation."""
    draws: U32
    """How often a committee was drawn."""
    shown_from: BlockNumber
    """The block whose randomness says which leaves readings show."""
    seats: Annotated[tuple[Seat, ...], Bounded(MAX_AUDITORS)]

    @property
    def heard(self) -> tuple[Seat, ...]:
        """Seats whose verdict is known."""
        return tuple(seat for seat in self.seats if seat.verdict is not None)

    @property
    def awaited(self) -> tuple[Seat, ...]:
        """Seats that have still to reveal."""
        return tuple(seat for seat in self.seats if seat.verdict is None and not seat.is_silent)

    def seat_of(self, auditor: AccountId) -> Seat | None:
        """Return the seat of an auditor."""
        return next((seat for seat in self.seats if seat.auditor == auditor), None)


WRONG_VERDICT: Kind = b"audit:wrong     "
"""A verdict that the majority disproved: half a percent."""
SIGNED_BAD: Kind = b"audit:signed-bad"
"""A good verdict on a bad segment, in its own audit: ten percent."""
DISPROVED: Kind = b"audit:disproved "
"""A good verdict on a segment that was proven bad after its audit: five percent."""
SILENT: Kind = b"audit:silent    "
"""A finding that was committed to and never shown: half a percent, or the losing side would
rather say nothing."""

FRACTIONS = {
    WRONG_VERDICT: Perbill.from_ratio(5, 1000),
    SIGNED_BAD: Perbill.from_percent(10),
    DISPROVED: Perbill.from_percent(5),
    SILENT: Perbill.from_ratio(5, 1000),
}
"""Of what the auditor has at stake. Source: design page "Economy", section 5.10."""


@dataclass(frozen=True, slots=True)
class AuditOffence:
    """What an auditor did wrong in one audit; each pays for itself, however many did it."""

    disables: ClassVar[bool] = True
    kind: Kind
    commitment: Commitment
    session_index: U32
    offender: Identification

    @property
    def time_slot(self) -> bytes:
        """Name the segment."""
        place = (self.commitment.job, self.commitment.segment, self.commitment.provider)
        return encode(place, tuple[U64, U32, AccountId])

    def slash_fraction(self, offenders: int) -> Perbill:  # noqa: ARG002
        """Return what it costs: to be wrong is no conspiracy."""
        return FRACTIONS[self.kind]


class Segments(Protocol):
    """Which segments wait for an opening: what receipts see, passed on to jobs."""

    def opening(self, job: int, segment: int) -> tuple[JobSpec, Commitment, H256] | None:
        """Return the order, the commitment and the randomness of a segment that waits."""
        ...

    def verify(self, job: int, segment: int, proof_hash: H256) -> int:
        """Mark a segment as verified; return its micro-CU."""
        ...


class Verdicts(Protocol):
    """What jobs do with what auditors say."""

    def hold(self, number: int, place: int) -> None:
        """Let one more verdict be awaited before a verified segment is paid."""

    def give(self, number: int, place: int, provider: AccountId) -> None:
        """Let one fewer verdict be awaited."""

    def convict(
        self, number: int, place: int, provider: AccountId, finder: AccountId | None
    ) -> Balance:
        """Punish a proven cheat; return what the provider lost."""
        ...

    def has_failed(self, number: int, place: int, provider: AccountId) -> bool:
        """Say whether a segment of a provider is known to be bad."""
        ...


class Randomness(Protocol):
    """Chance that no author can choose."""

    def of_block(self, number: BlockNumber) -> H256 | None:
        """Return the randomness of a recent block."""
        ...


class Newcomers(Protocol):
    """Which providers have no past yet."""

    def is_new(self, who: AccountId) -> bool:
        """Say whether a provider registered not long ago."""
        ...


class Validators(Protocol):
    """Who validates in the session under way."""

    def session(self) -> U32:
        """Return its number."""
        ...

    def owners_of(self, kind: bytes) -> tuple[tuple[Identification, bytes], ...]:
        """Return the validators, each with its key of a kind."""
        ...


class Rewards(Protocol):
    """Where it is written down who judged right, and what was paid for it."""

    def was_right(self, who: AccountId, points: int) -> None:
        """Hear that an account judged a segment right."""

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Hear that a rule paid an account."""


class EraPoints(Protocol):
    """Where points are counted by which validators divide what their pot received in an era."""

    def reward_by_ids(self, earned: tuple[tuple[AccountId, U32], ...]) -> None:
        """Add points of the era under way."""


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def audits(self) -> Checking:
        """How often work is computed again."""
        ...


class NoRewards:
    """Nothing is written down: for audits without behavioural mining."""

    def was_right(self, who: AccountId, points: int) -> None:
        """Keep nothing."""

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Keep nothing."""


UNREWARDED = NoRewards()


@dataclass(frozen=True, slots=True)
class Ports:
    """What audits need from pallets that stand above them."""

    segments: Segments
    verdicts: Verdicts
    randomness: Randomness
    newcomers: Newcomers
    validators: Validators
    era_points: EraPoints
    terms: Terms
    rewards: Rewards = UNREWARDED


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    pot: AccountId
    """The validators' part of every fee: finders are paid through it."""
    existential_deposit: Balance
    commit_blocks: BlockNumber = 30
    """To fetch 64 MiB and compute them again: three minutes."""
    reveal_blocks: BlockNumber = 12
    """As long as an opening has."""
    max_picoseconds: int = 14 * 10**10
    """What audits may use of a block by themselves: enough to close one with all validators."""
    kept_blocks: BlockNumber = 600
    """An hour in which a dispute can follow an audit."""
