"""Attestations: who may attest what, how long it holds, and who names auditors."""

import pytest

from runtime.compute.energy import EnergySource
from runtime.frame import BadOrigin, GovernanceOrigin, Governed, Root, Signed, ensure_root_or
from runtime.pallets.attestations import (
    ATTESTED_ERAS,
    MAX_AUDITORS,
    AttestationClaimed,
    Attestations,
    AttestationSet,
    AuditorSet,
    CarbonIntensitySet,
    Error,
)
from tests.support.bench import Bench, account

ALICE, BOB, CAROL = (account(seed) for seed in range(1, 4))
ERA = 30
PROOF = bytes([5]) * 32
REGISTRY = GovernanceOrigin.REGISTRY


class Office(Bench):
    """Bob is an auditor of machines up to level 3."""

    def __init__(self) -> None:
        super().__init__()
        registry = ensure_root_or(REGISTRY)
        self.pallet = self.add(Attestations(self.context, registry, ERA, index=70))
        self.call(self.pallet.set_auditor, Root(), BOB, 3)
        self.context.events.clear()


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_claim_is_announced_to_an_auditor_who_may_attest_it(office: Office) -> None:
    office.call(office.pallet.claim_attestation, Signed(ALICE), 3, BOB, PROOF)
    assert office.happened() == [AttestationClaimed(ALICE, 3, BOB, PROOF)]
    assert office.pallet.level(ALICE) == 0
    for level, auditor in ((4, BOB), (0, BOB), (1, CAROL)):
        with office.refuses(Error.NOT_AUDITOR):
            office.call(office.pallet.claim_attestation, Signed(ALICE), level, auditor, PROOF)


def test_an_auditor_attests_up_to_the_level_of_the_office(office: Office) -> None:
    office.call(office.pallet.attest, Signed(BOB), ALICE, 3, PROOF)
    assert office.pallet.level(ALICE) == 3
    assert office.happened() == [AttestationSet(ALICE, 3, BOB)]
    for who, level in ((BOB, 4), (BOB, 0), (ALICE, 1)):
        with office.refuses(Error.NOT_AUDITOR):
            office.call(office.pallet.attest, Signed(who), ALICE, level, PROOF)


def test_an_attestation_ends_after_180_eras(office: Office) -> None:
    office.call(office.pallet.attest, Signed(BOB), ALICE, 2, PROOF)
    office.context.number = ATTESTED_ERAS * ERA - 1
    assert office.pallet.level(ALICE) == 2
    office.context.number += 1
    assert office.pallet.level(ALICE) == 0


def test_only_who_attested_revokes(office: Office) -> None:
    office.call(office.pallet.set_auditor, Root(), CAROL, 3)
    office.call(office.pallet.attest, Signed(BOB), ALICE, 2, PROOF)
    for who, of in ((CAROL, ALICE), (BOB, CAROL)):
        with office.refuses(Error.NOTHING_ATTESTED):
            office.call(office.pallet.revoke_attestation, Signed(who), of)
    office.call(office.pallet.revoke_attestation, Signed(BOB), ALICE)
    assert office.pallet.level(ALICE) == 0
    assert office.happened()[-1] == AttestationSet(ALICE, 0, BOB)


def test_what_was_attested_ends_with_the_office(office: Office) -> None:
    office.call(office.pallet.attest, Signed(BOB), ALICE, 3, PROOF)
    office.call(office.pallet.set_auditor, Root(), BOB, 2)
    assert office.pallet.level(ALICE) == 0
    office.call(office.pallet.set_auditor, Root(), BOB, 3)
    assert office.pallet.level(ALICE) == 3
    office.call(office.pallet.set_auditor, Root(), BOB, 0)
    assert (office.pallet.level(ALICE), office.pallet.auditor_count) == (0, 0)
    assert office.happened()[-1] == AuditorSet(BOB, 0)


def test_the_registry_names_auditors_and_nobody_else(office: Office) -> None:
    name = office.pallet.set_auditor
    office.call(name, Governed(REGISTRY), CAROL, 4)
    for origin in (Signed(ALICE), Governed(GovernanceOrigin.ECONOMIC_PARAMS)):
        with office.refuses(BadOrigin.BAD_ORIGIN):
            office.call(name, origin, ALICE, 1)
    with office.refuses(Error.NO_SUCH_LEVEL):
        office.call(name, Root(), ALICE, 5)


def test_auditors_are_bounded_and_an_office_that_ends_makes_room(office: Office) -> None:
    for seed in range(100, 99 + MAX_AUDITORS):
        office.call(office.pallet.set_auditor, Root(), account(seed), 1)
    with office.refuses(Error.TOO_MANY_AUDITORS):
        office.call(office.pallet.set_auditor, Root(), ALICE, 1)
    office.call(office.pallet.set_auditor, Root(), BOB, 1)
    office.call(office.pallet.set_auditor, Root(), BOB, 0)
    office.call(office.pallet.set_auditor, Root(), ALICE, 1)
    assert office.pallet.auditor_count == MAX_AUDITORS


def test_the_registry_writes_down_what_energy_emits(office: Office) -> None:
    assert office.pallet.intensity(2, EnergySource.GRID) is None
    write = office.pallet.set_carbon_intensity
    office.call(write, Root(), 2, EnergySource.GRID, 380)
    assert office.pallet.intensity(2, EnergySource.GRID) == 380
    assert office.happened() == [CarbonIntensitySet(2, EnergySource.GRID, 380)]
    with office.refuses(BadOrigin.BAD_ORIGIN):
        office.call(write, Signed(BOB), 2, EnergySource.GRID, 1)
