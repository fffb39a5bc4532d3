"""Guardian: the four things that guardians may do, and how many of them it takes."""

from typing import get_args

import pytest

from runtime.frame import BadOrigin, GovernanceOrigin, Governed, NoOrigin, Root, Signed, TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets import rwa, safe_mode, whitelist
from runtime.pallets.guardian import Action, Brake, Error, FreezeAsset, Veto, WhitelistCall
from runtime.pallets.guardian.records import (
    Approved,
    Executed,
    Postponed,
)
from runtime.pallets.referenda import enactment_name
from runtime.pallets.safe_mode import Entered
from runtime.pallets.scheduler.pallet import SPILL_BLOCKS
from runtime.pallets.scheduler.types import MAX_SCHEDULED_PER_BLOCK
from runtime.pallets.whitelist import CallWhitelisted
from runtime.primitives.hashing import blake2_256
from tests.pallets.governance_world import ANNA, BERT, CARA, ERA, SMALL, Written
from tests.pallets.guardian_world import (
    FIVE,
    ROUND,
    SEVEN,
    TERM,
    GuardianWorld,
    guarded_world,
)
from tests.pallets.rwa_world import GOLD, ONE

HELD = HoldReason.GUARDIAN
HASH = b"\x05" * 32
VETO_BLOCKS = 7 * ERA


@pytest.fixture
def world() -> GuardianWorld:
    made = GuardianWorld()
    made.season(ANNA, BERT, CARA)
    made.context.events.clear()
    return made


@pytest.fixture
def guarded() -> GuardianWorld:
    return guarded_world()


def enacted(world: GuardianWorld, number: int = 1) -> tuple[int, int]:
    """Have a referendum approved; return its number and the block of its call."""
    index = world.submit(number, origin=SMALL, after=3 * ERA)
    world.deposit(index)
    for who in (ANNA, BERT, CARA):
        world.cast(who, index)
    world.pass_all(index)
    when, _ = world.scheduler.lookup[enactment_name(index)]
    return index, when


def test_four_of_seven_whitelist_a_call(guarded: GuardianWorld) -> None:
    action = WhitelistCall(HASH)
    guarded.approve(action, *SEVEN[:3])
    assert HASH not in guarded.whitelist.whitelisted_call
    guarded.approve(action, SEVEN[3])
    assert Approved(action, SEVEN[3], 4) in guarded.happened()
    assert guarded.happened()[-2:] == [CallWhitelisted(HASH), Executed(action)]
    assert guarded.guardian.motions == ()
    guarded.approve(action, *SEVEN[:3])
    with guarded.refuses(whitelist.Error.CALL_ALREADY_WHITELISTED):
        guarded.approve(action, SEVEN[3])


def test_a_whitelisted_call_still_needs_its_referendum(guarded: GuardianWorld) -> None:
    one = guarded.write(7)
    guarded.approve(WhitelistCall(blake2_256(one.encode())), *SEVEN[:4])
    dispatch = guarded.whitelist.dispatch_whitelisted_call_with_preimage
    for who in (SEVEN[0], ANNA):
        with guarded.refuses(BadOrigin.BAD_ORIGIN):
            dispatch(Signed(who), one)
    dispatch(Governed(GovernanceOrigin.WHITELISTED_CALLER), one)
    assert guarded.board.last == 7


def test_req_73_five_of_seven_postpone_the_call_of_a_referendum_once(
    guarded: GuardianWorld,
) -> None:
    index, when = enacted(guarded)
    guarded.approve(Veto(index), *SEVEN[:4])
    assert guarded.scheduler.lookup[enactment_name(index)][0] == when
    guarded.approve(Veto(index), SEVEN[4])
    assert Postponed(index, when + VETO_BLOCKS) in guarded.happened()
    assert guarded.guardian.vetoed[index] == when + VETO_BLOCKS
    with guarded.refuses(Error.ALREADY_VETOED):
        guarded.approve(Veto(index), SEVEN[5])
    assert not [one for one in guarded.until(when + VETO_BLOCKS - 1) if isinstance(one, Written)]
    assert Written(1, SMALL) in guarded.block()
    with guarded.refuses(Error.ALREADY_VETOED):
        guarded.approve(Veto(index), SEVEN[5])


def test_a_veto_moves_on_to_the_next_block_with_room(guarded: GuardianWorld) -> None:
    index, when = enacted(guarded)
    late = when + VETO_BLOCKS
    for number in (late, late + 1):
        for _ in range(MAX_SCHEDULED_PER_BLOCK):
            guarded.scheduler.schedule(Root(), number, None, 0, guarded.write(0))
    guarded.approve(Veto(index), *SEVEN[:5])
    assert guarded.guardian.vetoed[index] == late + 2


def test_a_veto_waits_while_all_agendas_are_full(guarded: GuardianWorld) -> None:
    index, when = enacted(guarded)
    late = when + VETO_BLOCKS
    for number in range(late, late + SPILL_BLOCKS):
        for _ in range(MAX_SCHEDULED_PER_BLOCK):
            guarded.scheduler.schedule(Root(), number, None, 0, guarded.write(0))
    guarded.approve(Veto(index), *SEVEN[:4])
    with guarded.refuses(Error.NO_ROOM):
        guarded.approve(Veto(index), SEVEN[4])
    assert guarded.scheduler.lookup[enactment_name(index)][0] == when


def test_there_is_nothing_to_veto_before_an_approval_or_after_the_call(
    guarded: GuardianWorld,
) -> None:
    with guarded.refuses(Error.NOTHING_TO_VETO):
        guarded.approve(Veto(0), SEVEN[0])
    index, when = enacted(guarded)
    guarded.approve(Veto(index), *SEVEN[:4])
    guarded.until(when)
    with guarded.refuses(Error.NOTHING_TO_VETO):
        guarded.approve(Veto(index), SEVEN[4])


def test_a_postponed_call_keeps_its_tries(guarded: GuardianWorld) -> None:
    index, when = enacted(guarded)
    name = enactment_name(index)
    guarded.call(guarded.scheduler.set_retry_named, Root(), name, 3, 5)
    rule = guarded.scheduler.retries[guarded.scheduler.lookup[name]]
    guarded.approve(Veto(index), *SEVEN[:5])
    placed = guarded.scheduler.lookup[name]
    assert placed[0] == when + VETO_BLOCKS
    assert dict(guarded.scheduler.retries.items()) == {placed: rule}


def test_three_of_seven_enter_safe_mode_for_an_era_and_not_again_at_once(
    guarded: GuardianWorld,
) -> None:
    now = guarded.context.number
    guarded.approve(Brake(), *SEVEN[:3])
    assert Entered(now + ERA) in guarded.happened()
    guarded.until(now + ERA + 1)
    assert guarded.safe_mode.entered_until is None
    with guarded.refuses(Error.BRAKED_LATELY):
        guarded.approve(Brake(), SEVEN[0])
    guarded.until(now + 7 * ERA)
    guarded.approve(Brake(), *SEVEN[:3])
    assert guarded.safe_mode.entered_until == now + 8 * ERA


def test_four_of_seven_stop_a_tokenised_asset_for_seven_eras(guarded: GuardianWorld) -> None:
    guarded.issue()
    guarded.approve(FreezeAsset(GOLD), *SEVEN[:3])
    assert guarded.rwa.value_of(GOLD, ONE) > 0
    guarded.approve(FreezeAsset(GOLD), SEVEN[3])
    over = guarded.context.number + 7 * ERA
    assert guarded.happened()[-2:] == [rwa.RwaFrozen(GOLD, over), Executed(FreezeAsset(GOLD))]
    assert guarded.rwa.value_of(GOLD, ONE) == 0
    with guarded.refuses(TokenError.FROZEN):
        guarded.tokens.transfer(GOLD, ANNA, BERT, 1, keep_alive=False)
    # the first valuation in which its time is over ends it, without anybody's call
    valued = guarded.rwa.config.valuing_block
    ends = over + (valued - over) % ROUND
    assert rwa.RwaThawed(GOLD) not in guarded.until(ends - 1)
    assert rwa.RwaThawed(GOLD) in guarded.block()
    guarded.tokens.transfer(GOLD, ANNA, BERT, 1, keep_alive=False)
    assert guarded.rwa.value_of(GOLD, ONE) > 0


def test_a_freeze_outlives_the_term_of_those_who_began_it_and_still_ends(
    guarded: GuardianWorld,
) -> None:
    guarded.issue()
    guarded.until(2 * TERM - 2)
    guarded.approve(FreezeAsset(GOLD), *SEVEN[:4])
    over = guarded.context.number + 7 * ERA
    guarded.end_term()
    assert guarded.seated == ()
    guarded.until(over + ROUND)
    assert guarded.rwa.value_of(GOLD, ONE) > 0


def test_what_cannot_be_frozen_is_refused_to_the_first_who_asks(guarded: GuardianWorld) -> None:
    with guarded.refuses(rwa.Error.UNKNOWN_RWA):
        guarded.approve(FreezeAsset(GOLD), SEVEN[0])
    guarded.issue()
    guarded.approve(FreezeAsset(GOLD), *SEVEN[:3])
    guarded.call(guarded.rwa.retire_rwa, Governed(GovernanceOrigin.REGISTRY), GOLD, 0)
    with guarded.refuses(rwa.Error.NOT_APPROVED):
        guarded.approve(FreezeAsset(GOLD), SEVEN[3])


def test_an_asset_has_seven_eras_of_peace_after_a_freeze(guarded: GuardianWorld) -> None:
    guarded.issue()
    guarded.approve(FreezeAsset(GOLD), *SEVEN[:4])
    guarded.call(guarded.rwa.thaw_rwa, Governed(GovernanceOrigin.EMERGENCY), GOLD)
    with guarded.refuses(rwa.Error.THAWED_LATELY):
        guarded.approve(FreezeAsset(GOLD), SEVEN[0])
    guarded.until(guarded.context.number + 7 * ERA)
    guarded.approve(FreezeAsset(GOLD), SEVEN[0])


def test_safe_mode_that_holds_already_is_not_entered(guarded: GuardianWorld) -> None:
    guarded.call(guarded.safe_mode.force_enter, Root())
    guarded.approve(Brake(), *SEVEN[:2])
    with guarded.refuses(safe_mode.Error.ENTERED):
        guarded.approve(Brake(), SEVEN[2])


def test_empty_seats_make_guardians_weaker_not_stronger(world: GuardianWorld) -> None:
    world.stand(*SEVEN[:2])
    world.elect(ANNA, *SEVEN[:2])
    world.end_term()
    world.approve(Brake(), *SEVEN[:2])
    assert world.safe_mode.entered_until is None


def test_a_motion_lapses_after_an_era(guarded: GuardianWorld) -> None:
    guarded.approve(Brake(), *SEVEN[:2])
    guarded.block(ERA + 1)
    guarded.approve(Brake(), SEVEN[2])
    (motion,) = guarded.guardian.motions
    assert motion.ayes == (SEVEN[2],)
    guarded.approve(Brake(), *SEVEN[:2])
    assert guarded.safe_mode.entered_until is not None


def test_what_guardians_are_refused(guarded: GuardianWorld) -> None:
    for who in (ANNA, FIVE[0]):
        with guarded.refuses(Error.NOT_MEMBER):
            guarded.approve(Brake(), who)
    for origin in (Root(), Governed(GovernanceOrigin.EMERGENCY), NoOrigin()):
        with guarded.refuses(BadOrigin.BAD_ORIGIN):
            guarded.call(guarded.guardian.approve, origin, Brake())
    guarded.approve(WhitelistCall(HASH), SEVEN[0])
    with guarded.refuses(Error.DUPLICATE_VOTE):
        guarded.approve(WhitelistCall(HASH), SEVEN[0])
    guarded.approve(Brake(), SEVEN[0])
    with guarded.refuses(Error.TOO_MANY_PROPOSALS):
        guarded.approve(WhitelistCall(bytes(32)), SEVEN[0])


def test_req_25_guardians_have_no_origin_that_spends_or_changes_anything(
    guarded: GuardianWorld,
) -> None:
    assert get_args(Action) == (WhitelistCall, Veto, Brake, FreezeAsset)
    for method, arguments in (
        (guarded.whitelist.whitelist_call, (HASH,)),
        (guarded.safe_mode.force_enter, ()),
        (guarded.safe_mode.force_extend, ()),
        (guarded.rwa.freeze_rwa, (GOLD,)),
        (guarded.scheduler.cancel_named, (enactment_name(0),)),
        (guarded.referenda.cancel, (0,)),
    ):
        with guarded.refuses(BadOrigin.BAD_ORIGIN):
            guarded.call(method, Signed(SEVEN[0]), *arguments)
