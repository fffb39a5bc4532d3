"""Attestations: what auditors say of machines, who is an auditor, and what energy emits.

An account asks for a level and names the hash of its evidence; the auditor looks at it outside the
chain and attests, which the signature of that call proves. An attestation ends by itself, when it
is revoked, or with the auditor's office. It is of an account, so that a provider has it before it
registers in a tier that asks for it. Source: design page "Economy", sections 5.3 and 5.4.
"""

from __future__ import annotations

from runtime.compute.energy import EnergySource
from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.pallets.attestations.records import (
    Attestation,
    AttestationClaimed,
    AttestationSet,
    AuditorSet,
    CarbonIntensitySet,
    Error,
)
from runtime.primitives.types import H256, U8, U32, AccountId, BlockNumber

MAX_AUDITORS = 64
"""Whoever chooses hardware by its attestation must be able to know them."""
MAX_LEVEL = 4
"""The highest level that a tier can ask for."""
ATTESTED_ERAS = 180
"""Half a year: machines change hands and places."""

ASKED = Weight(reads=1)
"""The level of an auditor is read."""
ATTESTED = Weight(reads=2, writes=1)
"""The level of an auditor and what is attested are read, and the latter is written."""
APPOINTED = Weight(reads=2, writes=2)
"""The level of an auditor and the count of all are read and written."""


class Attestations(Pallet):
    """What auditors say of machines, who is an auditor, and what energy emits."""

    events = (AttestationClaimed, AttestationSet, AuditorSet, CarbonIntensitySet)
    errors = Error

    auditors: Map[AccountId, U8] = Map(default=0)
    """The highest level that each auditor may attest."""
    auditor_count: Value[U32] = Value(default=0)
    """How many auditors there are."""
    attested: Map[AccountId, Attestation] = Map()
    """What is attested of an account's machine; it counts while its auditor may attest as much."""
    carbon: DoubleMap[U8, EnergySource, U32] = DoubleMap()
    """Grams of CO2 equivalent per kilowatt-hour, by region and energy source, where known."""

    def __init__(
        self,
        context: Context,
        registry: EnsureOrigin[None],
        era_blocks: BlockNumber,
        *,
        index: int,
        name: str = "Attestations",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.registry, self.era_blocks = registry, era_blocks

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=ASKED)
    def claim_attestation(self, origin: Origin, level: U8, auditor: AccountId, proof: H256) -> None:
        """Ask an auditor to attest a level of the signer's machine, by the hash of its evidence."""
        who = ensure_signed(origin)
        self._ensure_may(auditor, level)
        self.deposit(AttestationClaimed(who, level, auditor, proof))

    @call(1, weight=ATTESTED)
    def attest(self, origin: Origin, who: AccountId, level: U8, proof: H256) -> None:
        """Attest a level of an account's machine for 180 eras. Auditors only, up to their level.

        It takes the place of what was attested before, by whomever.
        """
        auditor = ensure_signed(origin)
        self._ensure_may(auditor, level)
        self.attested[who] = Attestation(level, auditor, proof, self._era() + ATTESTED_ERAS)
        self.deposit(AttestationSet(who, level, auditor))

    @call(2, weight=ATTESTED)
    def revoke_attestation(self, origin: Origin, who: AccountId) -> None:
        """Take back what the signer attested: a tier that asks for it has no more jobs for it."""
        auditor = ensure_signed(origin)
        held = require(self.attested.get(who), Error.NOTHING_ATTESTED)
        ensure(held.auditor == auditor, Error.NOTHING_ATTESTED)
        del self.attested[who]
        self.deposit(AttestationSet(who, 0, auditor))

    @call(3, weight=APPOINTED)
    def set_auditor(self, origin: Origin, auditor: AccountId, level: U8) -> None:
        """Let an account attest up to a level; 0 ends that. A referendum on the registry only."""
        self.registry(origin)
        ensure(level <= MAX_LEVEL, Error.NO_SUCH_LEVEL)
        was = self.auditors[auditor]
        is_new, is_end = level > 0 and not was, was > 0 and not level
        ensure(not is_new or self.auditor_count < MAX_AUDITORS, Error.TOO_MANY_AUDITORS)
        self.auditor_count += is_new - is_end
        self.auditors[auditor] = level
        self.deposit(AuditorSet(auditor, level))

    @call(4, weight=Weight(writes=1))
    def set_carbon_intensity(
        self, origin: Origin, region: U8, energy: EnergySource, grams_per_kwh: U32
    ) -> None:
        """Write down what a kilowatt-hour emits. A referendum on the registry only."""
        self.registry(origin)
        self.carbon[region, energy] = grams_per_kwh
        self.deposit(CarbonIntensitySet(region, energy, grams_per_kwh))

    @constant
    def max_auditors(self) -> U32:
        """Return how many auditors there may be."""
        return MAX_AUDITORS

    @constant
    def attested_eras(self) -> U32:
        """Return for how many eras an attestation holds."""
        return ATTESTED_ERAS

    # ----------------------------------------------------------------- what other pallets may ask

    def level(self, who: AccountId) -> int:
        """Return what is attested of an account and still in force; 0 for nothing."""
        held = self.attested.get(who)
        if held is None or held.until <= self._era():
            return 0
        return held.level if held.level <= self.auditors[held.auditor] else 0

    def intensity(self, region: int, energy: EnergySource) -> int | None:
        """Return the grams of CO2 equivalent of a kilowatt-hour, or None if nobody knows."""
        return self.carbon.get((region, energy))

    def _era(self) -> int:
        return self.context.number // self.era_blocks

    def _ensure_may(self, auditor: AccountId, level: int) -> None:
        ensure(0 < level <= self.auditors[auditor], Error.NOT_AUDITOR)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def auditors_are_counted(self) -> bool:
        """There are as many auditors as are counted, none above the highest level."""
        levels = [level for _, level in self.auditors.items()]
        is_counted = len(levels) == self.auditor_count <= MAX_AUDITORS
        return is_counted and all(0 < level <= MAX_LEVEL for level in levels)
