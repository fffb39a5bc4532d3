"""What pallets say of offences: who offended, when, how gravely; who hears of it.

A pallet that can prove an offence (Babe, Grandpa) reports it to Offences, which keeps count of who
offended at the same time and tells the handler (the validators' bonds) how much that costs. Each
sees the next as a `Protocol` of this module, so none imports another.
Source: `sp_staking::offence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from runtime.frame.dispatch import Weight
from runtime.primitives.fixed import Perbill
from runtime.primitives.membership import MembershipProof
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import U32, AccountId, Balance, CompactBalance

Kind = Annotated[bytes, Fixed(16)]
"""What rule was broken, as sixteen letters."""

OpaqueTimeSlot = bytes
"""When: offences of one kind in one time slot count together. Its bytes depend on the kind."""

MAX_OFFENDERS = 64
"""As many as there are validators at most."""

MAX_EDGES = 512 * 16
"""Stakes behind validators of one era: each of 512 voters stands behind 16 of them at most."""


def divided(slashes: int) -> Weight:
    """Return what it costs to divide slashes of an era among those who stand behind.

    Pages of 32 are read; what each owes is reckoned, and kept.
    """
    pages = min(16 * slashes, MAX_EDGES // 32 + slashes)
    return Weight(reads=pages, compute=3_000 * min(512 * slashes, MAX_EDGES))


REPORT = Weight(
    reads=18 * MAX_OFFENDERS + 24, writes=14 * MAX_OFFENDERS + 24, compute=2_000_000
) + divided(MAX_OFFENDERS)
"""A report of an equivocation: the proofs, two signatures, and what each who did it now owes
and weighs."""

MAX_REPORTERS = 1
"""Who reported first is paid; a later report of the same is refused."""


@dataclass(frozen=True, slots=True)
class IndividualExposure:
    """What a nominator has at stake behind a validator."""

    type_path: ClassVar[str] = "sp_staking::IndividualExposure"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("AccountId", AccountId),
        ("Balance", Balance),
    )
    who: AccountId
    value: CompactBalance


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a validator had at stake when a session began; offences in it are paid out of this."""

    type_path: ClassVar[str] = "sp_staking::Exposure"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("AccountId", AccountId),
        ("Balance", Balance),
    )
    total: CompactBalance
    own: CompactBalance
    others: tuple[IndividualExposure, ...] = ()
    """None until there are nominators."""


Identification = tuple[AccountId, Exposure]
"""A validator, as it was in a session."""


@dataclass(frozen=True, slots=True)
class OffenceDetails:
    """An offender, and who reported it."""

    type_path: ClassVar[str] = "sp_staking::offence::OffenceDetails"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("Reporter", AccountId),
        ("Offender", Identification),
    )
    offender: Identification
    reporters: Annotated[tuple[AccountId, ...], Bounded(MAX_REPORTERS)]


class ProvenOffence(Protocol):
    """A broken rule, proven."""

    @property
    def kind(self) -> Kind:
        """Which rule."""
        ...

    @property
    def time_slot(self) -> OpaqueTimeSlot:
        """When."""
        ...

    @property
    def session_index(self) -> U32:
        """In which session."""
        ...

    @property
    def offender(self) -> Identification:
        """By whom."""
        ...

    @property
    def disables(self) -> bool:
        """Whether who did it may not author any more in this era."""
        ...

    def slash_fraction(self, offenders: int) -> Perbill:
        """Return what it costs each of `offenders` who did it in the same time slot."""
        ...


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Saying two things where one may be said; cheap alone, ruinous together.

    One validator may be a mistaken operator with two machines; a third of all together could
    revert what is final. With k offenders of n validators each loses min((3k/n)², 1).
    Source: design page "Economy", section 5.10.
    """

    disables: ClassVar[bool] = True
    kind: Kind
    time_slot: OpaqueTimeSlot
    session_index: U32
    validators: int
    """How many there were in the session."""
    offender: Identification

    def slash_fraction(self, offenders: int) -> Perbill:
        """Return min((3k/n)², 1), rounded down."""
        return Perbill.from_ratio((3 * offenders) ** 2, self.validators**2)


class OffenceReports(Protocol):
    """Where offences are reported."""

    def report_offence(self, reporter: AccountId | None, offence: ProvenOffence) -> bool:
        """Take a report; return whether it is the first of this offence."""
        ...

    def is_known_offence(self, offence: ProvenOffence) -> bool:
        """Return whether the offence was reported before."""
        ...


class OffenceHandler(Protocol):
    """What makes offenders pay."""

    def on_offence(
        self,
        offenders: tuple[OffenceDetails, ...],
        fraction: Perbill,
        session: U32,
        *,
        disables: bool = True,
    ) -> None:
        """Hear of all who offended at one time; those heard of before may now owe more."""
        ...

    def oldest_session(self) -> U32:
        """Return the first session whose offences are still punished."""
        ...


class KeyOwners(Protocol):
    """Who owned which key in which session."""

    def check_proof(self, kind: bytes, key: bytes, proof: MembershipProof) -> Identification | None:
        """Return the owner of a key of a kind, or None if the proof does not show one."""
        ...
