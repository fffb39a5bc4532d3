"""Vaults: stakes that come in, count, earn and leave."""

import pytest

from runtime.compute.job import JobClass
from runtime.frame import Signed
from runtime.pallets import vaults
from runtime.pallets.vaults import AGPU, Insurance, OfMarket, OfProvider, OfTask
from runtime.pallets.vaults.records import DEAD_POINTS, PositionView, VaultView
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import (
    ALICE,
    BOB,
    CAROL,
    COMMISSIONS,
    DAVE,
    DEPOSIT,
    ELSEWHERE,
    ERA,
    EVE,
    FEES,
    MARKET,
    PARAMETERS,
    RICH,
    TASK,
    TREASURY,
    VaultWorld,
)

HUNDRED = 100 * UNIT


@pytest.fixture
def world() -> VaultWorld:
    return VaultWorld()


def test_req_35_and_43_a_vault_is_tethered_to_a_market_a_task_a_provider_or_all(
    world: VaultWorld,
) -> None:
    kinds = (OfMarket(MARKET), OfTask(TASK), OfProvider(EVE), Insurance())
    numbers = [world.create(kind) for kind in kinds]
    assert [world.vault(number).kind for number in numbers] == list(kinds)
    assert [world.vaults.vault_of[kind] for kind in kinds] == numbers
    assert world.held(EVE) == 4 * UNIT


def test_req_44_a_stake_is_agpu_on_hold_of_its_owner(world: VaultWorld) -> None:
    vault = world.create()
    issued = world.token.total_issuance
    world.join(vault, ALICE)
    assert world.held(ALICE) == HUNDRED - DEAD_POINTS
    assert world.token.free(ALICE) == RICH - HUNDRED
    assert issued - world.token.total_issuance == DEAD_POINTS
    world.join(vault, BOB)
    assert world.held(BOB) == HUNDRED
    points = HUNDRED - DEAD_POINTS
    joined = vaults.Joined(vault, ALICE, AGPU, HUNDRED, points, 28)
    assert joined in world.happened()
    assert world.vault(vault).stake == vaults.pools.Pool(2 * HUNDRED, 2 * HUNDRED)


def test_a_stake_counts_from_the_next_epoch_on_by_its_lock(world: VaultWorld) -> None:
    vault = world.create()
    world.join(vault, ALICE)
    world.join(vault, BOB, lock=364)
    assert world.vaults.weight_of(BOB) == 0
    assert world.vaults.weight_of(BOB, world.clock.epoch + 1) == 2 * HUNDRED
    world.next_epoch()
    assert world.vaults.weight_of(BOB) == 2 * HUNDRED
    assert world.vaults.weight_of(ALICE) == (HUNDRED - DEAD_POINTS) * 1_076_923_076 // 10**9
    assert world.vaults.weight_of(CAROL) == 0


def test_req_37_a_stake_gives_levels_that_its_owners_open_jobs_share(world: VaultWorld) -> None:
    vault, task = world.create(), world.create(OfTask(TASK))
    world.join(vault, ALICE, 700 * UNIT, 364)
    level = world.vaults.level
    assert level(ALICE, MARKET, TASK) == 0
    world.next_epoch()
    assert level(ALICE, MARKET, TASK) == 3  # log2(1 + 1400 / 100), rounded down
    assert [level(ALICE, MARKET, TASK, jobs) for jobs in (2, 4, 14, 15)] == [2, 2, 0, 0]
    assert level(ALICE, ELSEWHERE, TASK) == level(BOB, MARKET, TASK) == 0
    world.join(task, ALICE, 50 * UNIT, 364)
    world.next_epoch()
    assert level(ALICE, MARKET, TASK) == 3
    assert level(ALICE, ELSEWHERE, TASK) == 0
    world.call(world.vaults.bond_extra, Signed(ALICE), task, 50 * UNIT)
    world.next_epoch()
    assert level(ALICE, MARKET, TASK) == 4
    assert level(ALICE, ELSEWHERE, TASK) == 1
    assert level(ALICE, ELSEWHERE, JobClass.DATA) == 0


def test_req_40_a_market_can_ask_for_a_level(world: VaultWorld) -> None:
    vault = world.create()
    world.join(vault, ALICE, 400 * UNIT, 364)
    world.next_epoch()
    admits = world.vaults.admits
    assert admits(BOB, MARKET, TASK)
    world.call(world.vaults.set_access_level, PARAMETERS, MARKET, 3)
    assert world.happened()[-1] == vaults.AccessLevelSet(MARKET, 3)
    assert admits(ALICE, MARKET, TASK)
    assert not admits(BOB, MARKET, TASK)
    assert admits(BOB, ELSEWHERE, TASK)


def test_req_39_fees_are_divided_by_weight_and_nothing_is_minted(world: VaultWorld) -> None:
    access, insurance = world.create(), world.create(Insurance())
    world.join(access, ALICE, HUNDRED + DEAD_POINTS, 364)
    world.join(access, BOB, 2 * HUNDRED, 364)
    world.join(insurance, CAROL)
    world.next_epoch()
    issued = world.token.total_issuance
    world.fee(30 * UNIT)
    assert [world.claim(access, who) for who in (ALICE, BOB)] == [8 * UNIT, 16 * UNIT]
    assert world.claim(insurance, CAROL) == 6 * UNIT - 1
    assert world.token.total_issuance == issued
    assert [world.vault(one).owed for one in (access, insurance)] == [0, 1]
    assert world.token.free(FEES) == DEPOSIT + 1


def test_req_39_a_market_that_settles_nothing_yields_nothing(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.next_epoch()
    world.fee(UNIT, ELSEWHERE)
    world.pass_eras(30)
    with world.refuses(vaults.Error.NOTHING_TO_CLAIM):
        world.call(world.vaults.claim_payout, Signed(ALICE), access)


def test_the_vaults_of_a_market_and_of_a_task_share_alike(world: VaultWorld) -> None:
    market, task = world.create(), world.create(OfTask(TASK))
    world.join(market, ALICE)
    world.join(task, BOB)
    world.next_epoch()
    world.fee(10 * UNIT)
    assert [world.vault(one).owed for one in (market, task)] == [4 * UNIT, 4 * UNIT]
    world.fee(10 * UNIT, ELSEWHERE)
    assert [world.vault(one).owed for one in (market, task)] == [4 * UNIT, 12 * UNIT]


def test_what_no_vault_earns_is_the_treasurys_when_an_era_begins(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.next_epoch()
    world.fee(10 * UNIT)
    assert world.token.free(FEES) == DEPOSIT + 10 * UNIT
    world.context.number = ERA - 1
    world.next_block()
    assert world.token.free(FEES) == DEPOSIT + 8 * UNIT
    assert world.token.free(TREASURY) == DEPOSIT + 2 * UNIT
    assert world.happened()[-1] == vaults.SurplusSwept(2 * UNIT)


def test_a_pot_stays_alive_when_the_last_claims(world: VaultWorld) -> None:
    world.token.transfer_and_reap(FEES, BOB, DEPOSIT)
    insurance, access = world.create(Insurance()), world.create()
    world.join(insurance, ALICE)
    world.join(access, BOB)
    world.next_epoch()
    world.fee(2 * DEPOSIT)
    assert world.vault(access).owed == DEPOSIT
    assert world.vault(insurance).owed == 0
    world.claim(access, BOB)
    assert world.token.free(FEES) == DEPOSIT + 1


def test_attack_of_yield_sniping_a_stake_of_the_hour_has_no_part_of_its_fees(
    world: VaultWorld,
) -> None:
    access = world.create()
    world.join(access, ALICE, 10 * UNIT)
    world.next_epoch()
    world.join(access, BOB, 9_000 * UNIT, 364)
    world.fee(100 * UNIT)
    assert world.claim(access, ALICE) == 80 * UNIT - 1
    with world.refuses(vaults.Error.NOTHING_TO_CLAIM):
        world.call(world.vaults.claim_payout, Signed(BOB), access)
    world.next_epoch()
    world.fee(100 * UNIT)
    # what the dead points cost Alice makes it a little less than 10 / 18010
    assert world.claim(access, BOB) > 79 * UNIT
    assert world.claim(access, ALICE) < UNIT


def test_stakes_that_leave_count_no_more_at_once(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.join(access, BOB)
    world.next_epoch()
    world.pass_eras(28)
    world.unbond(access, BOB)
    assert world.vaults.weight_of(BOB) == 0
    world.fee(10 * UNIT)
    assert world.claim(access, ALICE) == 8 * UNIT - 1
    assert world.position(access, BOB).owed == 0


def test_a_stake_leaves_in_28_eras_to_the_planck(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.join(access, BOB)
    world.pass_eras(28)
    world.unbond(access, BOB, 40 * UNIT)
    left = vaults.Unbonded(access, BOB, 40 * UNIT, 40 * UNIT, 56)
    assert world.happened()[-1] == left
    world.pass_eras(27)
    with world.refuses(vaults.Error.NOTHING_DUE):
        world.withdraw(access, BOB)
    world.pass_eras(1)
    world.withdraw(access, BOB)
    assert world.happened()[-1] == vaults.Withdrawn(access, BOB, 40 * UNIT)
    assert (world.held(BOB), world.token.free(BOB)) == (60 * UNIT, RICH - 60 * UNIT)
    world.unbond(access, BOB)
    world.pass_eras(28)
    world.withdraw(access, BOB)
    assert (world.held(BOB), world.token.free(BOB)) == (0, RICH)
    assert world.vaults.memberships[BOB] == ()
    assert world.vault(access).members == 1


def test_who_leaves_for_good_is_paid_its_earnings(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE, HUNDRED + DEAD_POINTS, 364)
    world.join(access, BOB, HUNDRED, 364)
    world.next_epoch()
    world.fee(10 * UNIT)
    world.pass_eras(364)
    world.unbond(access, BOB)
    world.pass_eras(28)
    world.withdraw(access, BOB)
    assert world.token.free(BOB) == RICH + 4 * UNIT


def test_parts_that_left_in_one_era_are_one_and_can_stay_after_all(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.join(access, BOB)
    world.next_epoch()
    world.pass_eras(28)
    for _ in range(2):
        world.unbond(access, BOB, 10 * UNIT)
    world.pass_eras(1)
    world.unbond(access, BOB, 5 * UNIT)
    assert [chunk.held for chunk in world.position(access, BOB).chunks] == [20 * UNIT, 5 * UNIT]
    world.call(world.vaults.rebond, Signed(BOB), access, 0)
    position = world.position(access, BOB)
    assert (position.points, position.locked_until) == (95 * UNIT, 29 + 28)
    assert world.vaults.weight_of(BOB) == 75 * UNIT * 1_076_923_076 // 10**9
    world.next_epoch()
    assert world.vaults.weight_of(BOB) == 95 * UNIT * 1_076_923_076 // 10**9
    with world.refuses(vaults.Error.STILL_LOCKED):
        world.unbond(access, BOB)


def test_adding_to_a_stake_renews_its_lock_and_counts_from_the_next_epoch(
    world: VaultWorld,
) -> None:
    access = world.create()
    world.join(access, ALICE, lock=100)
    world.next_epoch()
    world.pass_eras(99)
    before = world.vaults.weight_of(ALICE)
    world.call(world.vaults.bond_extra, Signed(ALICE), access, 50 * UNIT)
    assert world.position(access, ALICE).locked_until == 199
    assert world.vaults.weight_of(ALICE) == before
    world.next_epoch()
    assert world.vaults.weight_of(ALICE) == (150 * UNIT - DEAD_POINTS) * 1_274_725_274 // 10**9


def test_a_vault_that_all_have_left_starts_anew(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.pass_eras(28)
    world.unbond(access, ALICE)
    assert world.vault(access).stake == vaults.pools.EMPTY
    with world.refuses(vaults.Error.AMOUNT_TOO_LOW):
        world.join(access, BOB, 9 * UNIT)
    world.join(access, BOB, 10 * UNIT)
    world.pass_eras(28)
    world.withdraw(access, ALICE)
    assert world.token.free(ALICE) == RICH - DEAD_POINTS


def test_a_vault_that_nobody_is_in_can_be_closed(world: VaultWorld) -> None:
    access = world.create()
    world.call(world.vaults.close, Signed(EVE), access)
    assert world.happened()[-1] == vaults.VaultClosed(access)
    assert (world.held(EVE), world.vaults.vault_of.get(OfMarket(MARKET))) == (0, None)
    assert world.create() == access + 1


def test_a_commission_moves_by_a_hundredth_once_in_an_era(world: VaultWorld) -> None:
    vault = world.behind(DAVE)
    world.pass_eras(1)
    world.call(world.vaults.set_commission, Signed(DAVE), vault, 11 * 10**7)
    assert world.happened()[-1] == vaults.CommissionSet(vault, 11 * 10**7)
    with world.refuses(vaults.Error.COMMISSION_CHANGE):
        world.call(world.vaults.set_commission, Signed(DAVE), vault, 10 * 10**7)
    world.pass_eras(1)
    world.call(world.vaults.set_commission, Signed(DAVE), vault, 10 * 10**7)
    assert world.vault(vault).commission == 10**8


def test_members_of_a_providers_vault_have_its_commission(world: VaultWorld) -> None:
    vault = world.behind(DAVE)
    world.join(vault, ALICE)
    assert world.vaults.backing.share(DAVE, 50 * UNIT) == 50 * UNIT
    world.next_epoch()
    assert world.vaults.backing.share(DAVE, 50 * UNIT) == 45 * UNIT
    assert world.token.free(COMMISSIONS) == DEPOSIT + 5 * UNIT
    assert world.claim(vault, ALICE) == 5 * UNIT - 1
    assert world.vaults.backing.share(BOB, UNIT) == UNIT


def test_vaults_and_positions_can_be_looked_at(world: VaultWorld) -> None:
    access = world.create()
    world.join(access, ALICE)
    world.join(access, BOB, lock=364)
    world.next_epoch()
    world.pass_eras(364)
    world.fee(10 * UNIT)
    world.unbond(access, BOB, 20 * UNIT)
    stand = world.vaults.standing
    whole = (HUNDRED - DEAD_POINTS) * 1_076_923_076 // 10**9 + 160 * UNIT
    assert stand.vault(access) == VaultView(
        access, OfMarket(MARKET), 0, 2, 180 * UNIT, whole, 8 * UNIT, ()
    )
    assert stand.position(access, BOB) == PositionView(
        vault=access,
        kind=OfMarket(MARKET),
        points=80 * UNIT,
        stake=80 * UNIT,
        weight=160 * UNIT,
        weight_joining=0,
        level=1,
        lock=364,
        locked_until=364,
        claimable=world.position(access, BOB).owed,
        unbonding=((392, 20 * UNIT),),
        assets=(),
    )


def test_req_38_a_lock_is_a_credential_until_it_runs_out(world: VaultWorld) -> None:
    vault = world.create()
    assert not world.vaults.is_locker(ALICE)
    world.join(vault, ALICE)
    assert world.vaults.is_locker(ALICE)
    world.pass_eras(27)
    assert world.vaults.is_locker(ALICE)
    world.pass_eras(1)
    assert not world.vaults.is_locker(ALICE)
    world.unbond(vault, ALICE)
    assert not world.vaults.is_locker(ALICE)
