"""Past sessions and their keys, and what happens to the blocks and the weight of offenders."""

from dataclasses import replace

import pytest

from runtime.frame import Signed
from runtime.frame.offence import Exposure
from runtime.pallets import babe
from runtime.pallets.babe.skipped import MAX_SKIPPED, session_of, with_epoch
from runtime.pallets.session import ValidatorReenabled
from runtime.pallets.staking import BONDING_ERAS, OldSlashingReportDiscarded
from runtime.pallets.staking.records import ActiveEraInfo
from runtime.primitives.block import BABE_ENGINE, GRANDPA_ENGINE, Consensus
from runtime.primitives.finality import scheduled_change
from runtime.primitives.fixed import Perbill
from runtime.primitives.membership import AUDIT_KEY, BABE_KEY
from tests.pallets.offence_world import (
    BOND,
    EPOCH_SLOTS,
    STAKE,
    STRANGER,
    VALIDATORS,
    OffenceWorld,
    keys_of,
    sealed_header,
)
from tests.support.chain import pair

ONE_OF_SEVEN = Perbill(9 * 10**9 // 49)


@pytest.fixture
def world() -> OffenceWorld:
    return OffenceWorld()


def test_a_key_that_was_replaced_is_still_its_owners_in_the_old_session(
    world: OffenceWorld,
) -> None:
    proof, owner = world.blocks_by(2), world.owner(BABE_KEY, 2)
    world.session.next_keys[world.accounts[2]] = keys_of(50)
    for name in keys_of(2).by_kind():
        del world.session.key_owner[name]
    for name in keys_of(50).by_kind():
        world.session.key_owner[name] = world.accounts[2]
    world.epoch()
    world.epoch()
    assert world.historical.prove(BABE_KEY, keys_of(2).babe) is None
    world.call(world.babe.report_equivocation, Signed(STRANGER), proof, owner)
    assert world.stake(2) < STAKE


def test_every_kind_of_key_can_be_proven(world: OffenceWorld) -> None:
    for number in range(VALIDATORS):
        for kind, key in keys_of(number).by_kind():
            proof = world.owner(kind, number)
            found = world.historical.check_proof(kind, key, proof)
            assert found == (world.accounts[number], Exposure(BOND, BOND))
            assert world.historical.check_proof(kind, pair(999).public, proof) is None
    assert world.historical.prove(AUDIT_KEY, keys_of(2).babe) is None


def test_old_sessions_are_forgotten_with_their_reports(world: OffenceWorld) -> None:
    world.report(2)
    proof, owner = world.blocks_by(3, 101), world.owner(BABE_KEY, 3)
    for _ in range(BONDING_ERAS + 4):
        world.era()
    assert world.historical.stored_range is not None
    assert world.historical.stored_range[0] == world.staking.stakers.oldest_session() > 0
    assert dict(world.offences.reports.items()) == {}
    assert dict(world.staking.validator_slash_in_era.items()) == {}
    with world.refuses(babe.Error.INVALID_KEY_OWNERSHIP_PROOF):
        world.call(world.babe.report_equivocation, Signed(STRANGER), proof, owner)


def test_a_report_of_an_era_that_is_over_for_good_punishes_nobody(world: OffenceWorld) -> None:
    details = ()
    world.staking.bonded_eras = ((9, 40),)
    world.staking.stakers.on_offence(details, ONE_OF_SEVEN, 39)
    assert world.happened() == [OldSlashingReportDiscarded(39)]


def test_skipped_epochs_are_counted_out() -> None:
    known = with_epoch(1, 1, ())
    assert known == ()
    known = with_epoch(4, 2, known)
    known = with_epoch(5, 3, known)
    known = with_epoch(9, 4, known)
    assert known == ((4, 2), (9, 4))
    assert [session_of(epoch, known) for epoch in (0, 1, 4, 5, 9, 10)] == [0, 1, 2, 3, 4, 5]
    for gap in range(MAX_SKIPPED + 1):
        known = with_epoch(20 + 2 * gap, 5 + gap, known)
    assert len(known) == MAX_SKIPPED


def test_a_slot_after_skipped_epochs_is_of_the_session_that_it_was(world: OffenceWorld) -> None:
    world.block(slots=4 * EPOCH_SLOTS)
    assert (world.babe.epoch_index, world.session.current_index) == (4, 1)
    world.report(2)
    assert world.stake(2) < STAKE


# ---------------------------------------------------------------------------------- the disabled


def test_the_header_says_who_is_disabled(world: OffenceWorld) -> None:
    world.report(2)
    assert world.logs() == [
        Consensus(BABE_ENGINE, b"\x02" + (2).to_bytes(4, "little")),
        Consensus(GRANDPA_ENGINE, b"\x03" + (2).to_bytes(8, "little")),
    ]
    header = replace(sealed_header(1, 1, b""), digest=tuple(world.context.digest))
    assert scheduled_change(header) is None


def test_the_disabled_cannot_author_until_the_era_ends(world: OffenceWorld) -> None:
    world.report(2)
    assert world.session.disabled() == (2,)
    with pytest.raises(babe.BadAuthor, match="authority 2 is disabled"):
        world.block(author=2)
    world.era()
    assert ValidatorReenabled(world.accounts[2]) in world.happened()
    world.block(author=2)


def test_an_offence_of_an_era_that_is_over_disables_nobody(world: OffenceWorld) -> None:
    proof, owner = world.blocks_by(2), world.owner(BABE_KEY, 2)
    world.era()
    world.call(world.babe.report_equivocation, Signed(STRANGER), proof, owner)
    assert (world.session.disabled(), world.stake(2) < STAKE) == ((), True)


def test_fewer_than_a_third_are_disabled_and_all_are_punished(world: OffenceWorld) -> None:
    for number in (6, 1, 3):
        world.report(number)
    assert world.session.disabled() == (1, 6)
    assert all(world.stake(number) < STAKE for number in (1, 3, 6))


def test_a_lone_validator_goes_on_authoring_without_its_bond() -> None:
    lone = OffenceWorld(validators=1)
    lone.report(0)
    assert (lone.session.disabled(), lone.stake(0)) == ((), 0)
    for _ in range(12):
        lone.epoch()
    assert lone.babe.authorities == ((keys_of(0).babe, 10**9),)


def test_the_disabled_keep_their_state_when_places_change(world: OffenceWorld) -> None:
    world.report(2)
    world.staking.current_era = 10**6
    world.staking.active_era = ActiveEraInfo(10**6)
    del world.session.next_keys[world.accounts[0]]
    for name in keys_of(0).by_kind():
        del world.session.key_owner[name]
    world.epoch(author=1)
    assert world.session.disabled_next() == (1,)
    world.epoch(author=3)
    assert (world.session.validators[1], world.session.disabled()) == (world.accounts[2], (1,))


def test_less_stake_weighs_less_from_the_epoch_after_the_next(world: OffenceWorld) -> None:
    world.report(2)
    world.epoch()
    announced = dict(world.babe.next_authorities)[keys_of(2).babe]
    left = STAKE - ONE_OF_SEVEN.of(BOND) // 10**9 - 1
    assert announced == 10**9 * left // (6 * STAKE + left)
    assert dict(world.grandpa.authorities)[keys_of(2).grandpa] == left
    assert world.grandpa.current_set_id == 1
