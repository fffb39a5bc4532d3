"""Reports of two blocks in a slot and of two votes in a round: who is punished, who is refused."""

from dataclasses import replace

import pytest

from runtime.frame import BadOrigin, NoOrigin, Signed
from runtime.frame.offence import Equivocation, Exposure
from runtime.frame.unsigned import NotAdmitted, Why
from runtime.pallets import babe, grandpa, offences
from runtime.pallets.session import ValidatorDisabled
from runtime.pallets.staking import (
    SlashReported,
)
from runtime.pallets.voter_list import Rebagged, ScoreUpdated, bag_of
from runtime.primitives.equivocation import proves_two_blocks, proves_two_votes
from runtime.primitives.finality import Precommit, Prevote
from runtime.primitives.fixed import Perbill
from runtime.primitives.membership import BABE_KEY, GRANDPA_KEY
from runtime.primitives.scale import encode
from runtime.primitives.types import U64, Slot
from tests.pallets.offence_world import (
    AUTHOR,
    BOND,
    EPOCH_SLOTS,
    STAKE,
    STRANGER,
    VALIDATORS,
    OffenceWorld,
    sealed_header,
    votes,
)
from tests.support.bench import account

ONE_OF_SEVEN = Perbill(9 * 10**9 // 49)
TWO_OF_SEVEN = Perbill(36 * 10**9 // 49)


@pytest.fixture
def world() -> OffenceWorld:
    return OffenceWorld()


def offence(k: int, n: int) -> Perbill:
    made = Equivocation(b"x" * 16, b"", 0, n, (account(1), Exposure(1, 1)))
    return made.slash_fraction(k)


def test_an_offence_costs_the_square_of_three_times_the_offenders_share() -> None:
    assert offence(1, 64) == Perbill(9 * 10**9 // 64**2)
    assert (offence(1, 3), offence(2, 4), offence(1, 1)) == (Perbill(10**9),) * 3
    assert offence(1, 30) == Perbill(10**7)


def test_two_blocks_in_a_slot_are_an_offence_of_their_author(world: OffenceWorld) -> None:
    world.report(2)
    offender, slot = world.accounts[2], encode(world.slot, Slot)
    left = world.staking.stakers.vote_weight(offender)
    assert world.happened() == [
        Rebagged(offender, bag_of(STAKE), bag_of(left)),
        ScoreUpdated(offender, left),
        SlashReported(offender, ONE_OF_SEVEN.parts, 0),
        ValidatorDisabled(offender),
        offences.Offence(b"babe:equivocatio", slot),
    ]
    ((_, kept),) = world.offences.reports.items()
    assert kept.offender == (offender, Exposure(BOND, BOND))
    assert kept.reporters == (AUTHOR,)


@pytest.mark.parametrize("stage", [Prevote, Precommit])
def test_two_votes_in_a_round_are_an_offence_of_their_voter(
    world: OffenceWorld, stage: type
) -> None:
    proof, owner = world.votes_by(3, stage), world.owner(GRANDPA_KEY, 3)
    world.call(world.grandpa.report_equivocation, Signed(STRANGER), proof, owner)
    slot = encode((0, 5), tuple[U64, U64])
    assert world.happened()[-1] == offences.Offence(b"grandpa:equivoca", slot)
    ((_, kept),) = world.offences.reports.items()
    assert (kept.offender[0], kept.reporters) == (world.accounts[3], (STRANGER,))


def test_an_offender_earns_nothing_by_reporting_itself(world: OffenceWorld) -> None:
    proof, owner = world.blocks_by(2), world.owner(BABE_KEY, 2)
    world.call(world.babe.report_equivocation, Signed(world.accounts[2]), proof, owner)
    ((_, kept),) = world.offences.reports.items()
    assert kept.reporters == ()


def test_who_offends_at_the_same_time_makes_it_dearer_for_all(world: OffenceWorld) -> None:
    world.report(2)
    world.report(5)
    again = [one for one in world.happened() if isinstance(one, SlashReported)]
    assert again[1:] == [
        SlashReported(world.accounts[2], TWO_OF_SEVEN.parts, 0),
        SlashReported(world.accounts[5], TWO_OF_SEVEN.parts, 0),
    ]
    assert world.stake(2) == world.stake(5) < STAKE // 3 < world.stake(1)


def test_offences_in_other_slots_are_counted_apart(world: OffenceWorld) -> None:
    world.report(2)
    world.report(5, world.slot + 1)
    fractions = {one.fraction for one in world.happened() if isinstance(one, SlashReported)}
    assert fractions == {ONE_OF_SEVEN.parts}


# ------------------------------------------------------------------------------- refusals: blocks


def test_one_block_twice_is_no_offence(world: OffenceWorld) -> None:
    proof = world.blocks_by(2)
    same = replace(proof, second_header=proof.first_header)
    with world.refuses(babe.Error.INVALID_EQUIVOCATION_PROOF):
        world.call(world.babe.report_equivocation, Signed(STRANGER), same, world.owner(BABE_KEY, 2))


def test_headers_of_other_slots_places_or_authors_are_no_offence(world: OffenceWorld) -> None:
    good = world.blocks_by(2)
    slot = good.slot
    later = sealed_header(2, slot + 1, b"other")
    elsewhere = sealed_header(2, slot, b"other", place=3)
    foreign = sealed_header(3, slot, b"other", place=2)
    unsealed = good.second_header.unsealed
    bare = replace(good.second_header, digest=())
    for bad in (later, elsewhere, foreign, unsealed, bare):
        assert not proves_two_blocks(replace(good, second_header=bad))
        assert not proves_two_blocks(replace(good, first_header=bad))
        with world.refuses(babe.Error.INVALID_EQUIVOCATION_PROOF):
            proof = replace(good, second_header=bad)
            owner = world.owner(BABE_KEY, 2)
            world.call(world.babe.report_equivocation, Signed(STRANGER), proof, owner)
    assert not proves_two_blocks(replace(good, slot=slot + 1))
    assert proves_two_blocks(good)


def test_a_slot_before_the_chain_is_none(world: OffenceWorld) -> None:
    with world.refuses(babe.Error.INVALID_EQUIVOCATION_PROOF):
        world.report(2, slot=99)


def test_only_the_owner_of_the_key_in_the_session_of_the_slot_is_punished(
    world: OffenceWorld,
) -> None:
    proof, owner = world.blocks_by(2), world.owner(BABE_KEY, 2)
    wrong = (
        world.owner(BABE_KEY, 3),
        world.owner(GRANDPA_KEY, 2),
        replace(owner, session=1),
        replace(owner, validator_count=VALIDATORS - 1),
        replace(owner, trie_nodes=owner.trie_nodes[1:]),
        replace(owner, trie_nodes=(*owner.trie_nodes[:-1], b"\x00")),
        replace(owner, trie_nodes=()),
    )
    for bad in wrong:
        with world.refuses(babe.Error.INVALID_KEY_OWNERSHIP_PROOF):
            world.call(world.babe.report_equivocation, Signed(STRANGER), proof, bad)
    with world.refuses(babe.Error.INVALID_KEY_OWNERSHIP_PROOF):
        later = world.blocks_by(2, world.slot + EPOCH_SLOTS)
        world.call(world.babe.report_equivocation, Signed(STRANGER), later, owner)


def test_an_offence_is_reported_once(world: OffenceWorld) -> None:
    world.report(2)
    with world.refuses(babe.Error.DUPLICATE_OFFENCE_REPORT):
        world.report(2)
    world.report_votes(3)
    with world.refuses(grandpa.Error.DUPLICATE_OFFENCE_REPORT):
        world.report_votes(3)


def test_calls_are_made_by_who_may(world: OffenceWorld) -> None:
    blocks = world.blocks_by(2), world.owner(BABE_KEY, 2)
    double = world.votes_by(2), world.owner(GRANDPA_KEY, 2)
    for pallet, given in ((world.babe, blocks), (world.grandpa, double)):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(pallet.report_equivocation, NoOrigin(), *given)
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(pallet.report_equivocation_unsigned, Signed(STRANGER), *given)


# -------------------------------------------------------------------------------- refusals: votes


def test_votes_for_one_block_or_of_other_rounds_sets_and_voters_are_no_offence(
    world: OffenceWorld,
) -> None:
    good, owner = world.votes_by(2), world.owner(GRANDPA_KEY, 2)
    double, other = good.equivocation, votes(3, Prevote, 5, 0).equivocation
    wrong = (
        replace(good, equivocation=replace(double, second=double.first)),
        replace(good, equivocation=replace(double, second=other.second)),
        replace(good, equivocation=replace(double, round_number=6)),
        replace(votes(2, Prevote, 5, 1), set_id=0),
    )
    for bad in wrong:
        assert not proves_two_votes(bad)
        with world.refuses(grandpa.Error.INVALID_EQUIVOCATION_PROOF):
            world.call(world.grandpa.report_equivocation, Signed(STRANGER), bad, owner)
    with world.refuses(grandpa.Error.INVALID_EQUIVOCATION_PROOF):
        unknown = votes(2, Prevote, 5, 1)
        world.call(world.grandpa.report_equivocation, Signed(STRANGER), unknown, owner)
    with world.refuses(grandpa.Error.INVALID_KEY_OWNERSHIP_PROOF):
        stolen = world.owner(GRANDPA_KEY, 3)
        world.call(world.grandpa.report_equivocation, Signed(STRANGER), good, stolen)
    assert proves_two_votes(good)


def test_votes_count_in_any_session_of_their_set_and_in_no_other(world: OffenceWorld) -> None:
    first = world.owner(GRANDPA_KEY, 2)
    world.report(4)
    world.epoch()
    second = world.owner(GRANDPA_KEY, 2)
    assert (first.session, second.session, world.grandpa.current_set_id) == (0, 1, 1)
    for proof, owner in ((votes(2, Prevote, 5, 0), second), (votes(2, Prevote, 5, 1), first)):
        with world.refuses(grandpa.Error.INVALID_EQUIVOCATION_PROOF):
            world.call(world.grandpa.report_equivocation, Signed(STRANGER), proof, owner)
    late = votes(2, Prevote, 5, 0)
    world.call(world.grandpa.report_equivocation, Signed(STRANGER), late, first)
    assert [kept.offender[0] for _, kept in world.offences.reports.items()].count(
        world.accounts[2]
    ) == 1


def test_one_double_vote_is_one_offence_whichever_session_of_the_set_is_shown(
    world: OffenceWorld,
) -> None:
    proof, owner = world.votes_by(2), world.owner(GRANDPA_KEY, 2)
    world.epoch()
    assert world.grandpa.current_set_id == 0
    world.call(world.grandpa.report_equivocation, Signed(STRANGER), proof, owner)
    with world.refuses(grandpa.Error.DUPLICATE_OFFENCE_REPORT):
        again = world.owner(GRANDPA_KEY, 2)
        world.call(world.grandpa.report_equivocation, Signed(STRANGER), proof, again)


# -------------------------------------------------------------------------------------- unsigned


def test_a_report_that_holds_is_admitted_once(world: OffenceWorld) -> None:
    blocks = world.blocks_by(2), world.owner(BABE_KEY, 2)
    double = world.votes_by(2), world.owner(GRANDPA_KEY, 2)
    name = "report_equivocation_unsigned"
    tags = {world.babe.validate_unsigned(name, blocks).provides}
    tags |= {world.grandpa.validate_unsigned(name, double).provides}
    assert len(tags) == 2
    world.report(2)
    world.report_votes(2)
    for pallet, given in ((world.babe, blocks), (world.grandpa, double)):
        with pytest.raises(NotAdmitted) as refused:
            pallet.validate_unsigned(name, given)
        assert refused.value.why is Why.STALE


def test_what_proves_nothing_is_not_admitted(world: OffenceWorld) -> None:
    name = "report_equivocation_unsigned"
    forged = replace(world.blocks_by(2), slot=world.slot + 1)
    with pytest.raises(NotAdmitted) as refused:
        world.babe.validate_unsigned(name, (forged, world.owner(BABE_KEY, 2)))
    assert refused.value.why is Why.BAD_PROOF
    stolen = world.owner(GRANDPA_KEY, 3)
    with pytest.raises(NotAdmitted) as refused:
        world.grandpa.validate_unsigned(name, (world.votes_by(2), stolen))
    assert refused.value.why is Why.BAD_PROOF


def test_no_other_call_is_admitted_unsigned(world: OffenceWorld) -> None:
    given = world.blocks_by(2), world.owner(BABE_KEY, 2)
    for pallet in (world.babe, world.grandpa, world.money):
        with pytest.raises(NotAdmitted) as refused:
            pallet.validate_unsigned("report_equivocation", given)
        assert refused.value.why is Why.NOT_ALLOWED
