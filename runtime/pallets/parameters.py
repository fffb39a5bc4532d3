"""Parameters: the numbers of the economy, which referenda move within bounds, by small steps.

Every row of the registry can be set by the track that owns it, or by root: within its bounds, by a
step at most, once in so many eras, and only if all that must hold between parameters still does.
A change is in force from its event on; what is fixed for a time follows with the next of it: κ with
the epoch, prices with the period, bonds with the era, and a job keeps what it was given out at.
Source: design page "Economy", sections 5.20 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from runtime.frame import (
    Context,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    ensure,
    event,
    invariant,
)
from runtime.frame.dispatch import DispatchError, Governed
from runtime.primitives.types import U32, Balance, BlockNumber
from runtime.terms import (
    DEFAULTS,
    Absorbing,
    Bonding,
    Checking,
    Curve,
    Distributing,
    Haircuts,
    Locking,
    Queueing,
    Referring,
    Reporting,
    Rules,
    SpendWindows,
    SplitRates,
    Terms,
    Trading,
    TransactionFees,
    Validating,
    relations,
)
from runtime.terms.parameter import Parameter, ParameterValue
from runtime.terms.registry import GROUPS, ROWS, Owner, Row, Step

SETTING = Weight(reads=len(GROUPS) + 2, writes=2, compute=100_000)
"""All groups are compared with each other; the issuance, and when the parameter was changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """When a parameter was last set."""

    era: U32
    block: BlockNumber


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter as it stands, for those who ask."""

    key: Parameter
    path: bytes
    """Its group and its name in the group's record, in ASCII."""
    unit: bytes
    value: ParameterValue
    default: ParameterValue
    least: ParameterValue
    most: ParameterValue
    step: Step
    cooldown_eras: U32
    owner: Owner
    change: Change | None
    """When it was last set, if ever."""
    free_from: U32
    """The first era in which it can be set."""


@event
class ParameterSet:
    """A referendum set a parameter."""

    key: Parameter
    old: ParameterValue
    new: ParameterValue


class Error(PalletError):
    """Why Parameters refused a call."""

    OUT_OF_BOUNDS = 0, "The value is outside of what the parameter may be."
    STEP_TOO_LARGE = 1, "The parameter moves by a smaller step at most, or only down."
    COOLING_DOWN = 2, "The parameter was changed not long enough ago."
    NOT_THIS_TRACK = 3, "Referenda of another track decide on this parameter."
    RELATION_BROKEN = 4, "With this value parameters would contradict each other."
    BELOW_ISSUANCE = 5, "More AGPU is issued than this cap."


class Issued(Protocol):
    """The token whose cap is a parameter."""

    @property
    def total_issuance(self) -> Balance:
        """All that exists."""
        ...


class Parameters(Pallet):
    """The numbers of the economy, which referenda move within bounds, by small steps."""

    events = (ParameterSet,)
    errors = Error

    emission: Value[Curve] = Value(default=DEFAULTS.emission)
    """What is minted."""
    pricing: Value[Rules] = Value(default=DEFAULTS.pricing)
    """How prices move."""
    fees: Value[SplitRates] = Value(default=DEFAULTS.fees)
    """Where the fee of a job goes."""
    queue: Value[Queueing] = Value(default=DEFAULTS.queue)
    """How jobs and providers meet."""
    bonds: Value[Bonding] = Value(default=DEFAULTS.bonds)
    """What providers put at stake."""
    transactions: Value[TransactionFees] = Value(default=DEFAULTS.transactions)
    """Where the fees of transactions go."""
    vaults: Value[Locking] = Value(default=DEFAULTS.vaults)
    """What vaults ask of a stake."""
    oracle: Value[Reporting] = Value(default=DEFAULTS.oracle)
    """When reports make a value."""
    referral: Value[Referring] = Value(default=DEFAULTS.referral)
    """What referrers have."""
    treasury: Value[SpendWindows] = Value(default=DEFAULTS.treasury)
    """What the treasury may spend in 28 eras."""
    audits: Value[Checking] = Value(default=DEFAULTS.audits)
    """How often work is computed again."""
    exchange: Value[Trading] = Value(default=DEFAULTS.exchange)
    """What swaps in pools cost."""
    distribution: Value[Distributing] = Value(default=DEFAULTS.distribution)
    """How AMAX is created."""
    stability: Value[Absorbing] = Value(default=DEFAULTS.stability)
    """When the treasury burns, buys and keeps."""
    rwa: Value[Haircuts] = Value(default=DEFAULTS.rwa)
    """What is taken off the value of tokenised assets."""
    staking: Value[Validating] = Value(default=DEFAULTS.staking)
    """What validators and nominators have at stake at least."""
    changes: Map[Parameter, Change] = Map()
    """When each parameter was last set; one that never was has its default."""

    def __init__(
        self,
        context: Context,
        issued: Issued,
        owners: dict[Owner, EnsureOrigin[None]],
        era_blocks: BlockNumber,
        *,
        index: int,
        name: str = "Parameters",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.issued, self.owners, self.era_blocks = issued, owners, era_blocks

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=SETTING)
    def set_parameter(self, origin: Origin, key: Parameter, value: ParameterValue) -> None:
        """Set a parameter. A referendum of the track that owns it, or of root, only.

        Within its bounds, by one step at most, once in so many eras: the registry says which. To
        set what is there already renews it. Of several in a batch, first make room, then use it.
        """
        row = ROWS[key]
        self._ensure_owner(origin, row.owner)
        old, era = self.get(key), self.era()
        ensure(row.least <= value <= row.most, Error.OUT_OF_BOUNDS)
        ensure(row.step.allows(old, value), Error.STEP_TOO_LARGE)
        ensure(era >= self._free_from(key, row), Error.COOLING_DOWN)
        record = row.changed(getattr(self, row.group), value)
        candidate = replace(self.terms(), **{row.group: record})
        ensure(relations.hold(candidate), Error.RELATION_BROKEN)
        is_issued = key is not Parameter.CAP or value >= self.issued.total_issuance
        ensure(is_issued, Error.BELOW_ISSUANCE)
        setattr(self, row.group, record)
        self.changes[key] = Change(era, self.context.number)
        self.deposit(ParameterSet(key, old, value))

    # ----------------------------------------------------------------- what other pallets may ask

    def get(self, key: Parameter) -> int:
        """Return the value of a parameter."""
        return ROWS[key].of(self)

    def renewed(self, key: Parameter) -> int:
        """Return the era in which a parameter was last set; 0 if it never was."""
        change = self.changes.get(key)
        return 0 if change is None else change.era

    def terms(self) -> Terms:
        """Return all parameters as they are now."""
        return Terms(**{group: getattr(self, group) for group in GROUPS})

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.era_blocks

    def views(self) -> tuple[ParameterView, ...]:
        """Return all parameters, in the order of the registry."""
        return tuple(
            ParameterView(
                key=key,
                path=row.path.encode(),
                unit=row.unit.encode(),
                value=self.get(key),
                default=row.of(DEFAULTS),
                least=row.least,
                most=row.most,
                step=row.step,
                cooldown_eras=row.cooldown_eras,
                owner=row.owner,
                change=self.changes.get(key),
                free_from=self._free_from(key, row),
            )
            for key, row in ROWS.items()
        )

    # ------------------------------------------------------------------------------------ helpers

    def _ensure_owner(self, origin: Origin, owner: Owner) -> None:
        """Let the owning track and root pass, and tell other tracks whose the parameter is."""
        try:
            self.owners[owner](origin)
        except DispatchError as error:
            is_track = isinstance(origin, Governed)
            raise DispatchError(Error.NOT_THIS_TRACK) if is_track else error from None

    def _free_from(self, key: Parameter, row: Row) -> int:
        """Return the first era in which a parameter can be set."""
        change = self.changes.get(key)
        return 0 if change is None else change.era + row.cooldown_eras

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def values_are_within_bounds(self) -> bool:
        """Each parameter is within its own bounds."""
        return all(row.least <= row.of(self) <= row.most for row in ROWS.values())

    @invariant
    def relations_hold(self) -> bool:
        """No parameters contradict each other."""
        return relations.hold(self.terms())

    @invariant
    def what_differs_was_set(self) -> bool:
        """Whatever is not as the chain began was set by a referendum."""
        return all(
            row.of(self) == row.of(DEFAULTS) or key in self.changes for key, row in ROWS.items()
        )
