"""Slashes of vaults: who bears what of them, when it is burned, and what a wiped-out vault does."""

import pytest

from runtime.frame import Signed
from runtime.frame.fungible import BurnReason
from runtime.pallets import vaults
from runtime.pallets.vaults.pools import EMPTY
from runtime.pallets.vaults.records import DEAD_POINTS
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import ALICE, BOB, CAROL, DAVE, RICH, VaultWorld
from tests.support.bench import account

HUNDRED = 100 * UNIT


@pytest.fixture
def world() -> VaultWorld:
    """Alice and Bob stand behind Dave, and could leave."""
    world = VaultWorld()
    behind = world.behind(DAVE)
    assert behind == 0
    world.join(0, ALICE)
    world.join(0, BOB)
    world.next_epoch()
    world.pass_eras(28)
    return world


def worth(world: VaultWorld, who: bytes) -> int:
    return world.vaults.standing.position(0, who).stake


def apply(world: VaultWorld, who: bytes) -> None:
    world.call(world.vaults.apply_slash, Signed(CAROL), 0, who)


def test_a_slash_takes_the_same_part_of_the_vault_as_of_the_bond(world: VaultWorld) -> None:
    world.slash(DAVE, 25, 100)
    assert worth(world, BOB) == 75 * UNIT
    era = world.vaults.era()
    assert world.happened()[-1] == vaults.VaultSlashed(0, 2 * HUNDRED, 150 * UNIT, 50 * UNIT, era)


def test_a_slash_is_burned_of_a_members_hold_when_it_is_looked_at(world: VaultWorld) -> None:
    issued, burned = world.token.total_issuance, world.token.burned_by_reason[BurnReason.BOND]
    world.slash(DAVE, 25, 100)
    assert (world.held(BOB), world.token.total_issuance) == (HUNDRED, issued)
    apply(world, BOB)
    assert world.held(BOB) == 75 * UNIT
    assert issued - world.token.total_issuance == 25 * UNIT
    assert world.token.burned_by_reason[BurnReason.BOND] == burned + 25 * UNIT
    assert vaults.SlashApplied(0, BOB, 25 * UNIT) in world.happened()
    with world.refuses(vaults.Error.NOTHING_TO_APPLY):
        apply(world, BOB)


def test_attack_of_unbonding_before_the_slash_what_left_after_the_offence_pays(
    world: VaultWorld,
) -> None:
    offence = world.context.number
    world.unbond(0, BOB)
    world.pass_eras(3)
    world.slash(DAVE, 40, 100, since=offence)
    world.pass_eras(25)
    world.withdraw(0, BOB)
    assert world.token.free(BOB) == RICH - 40 * UNIT


def test_who_left_before_the_offence_pays_nothing(world: VaultWorld) -> None:
    world.unbond(0, BOB)
    world.pass_eras(1)
    world.slash(DAVE, 40, 100, since=world.context.number)
    world.pass_eras(27)
    world.withdraw(0, BOB)
    assert world.token.free(BOB) == RICH
    assert worth(world, ALICE) == (HUNDRED - DEAD_POINTS) * 60 // 100


def test_who_leaves_in_the_era_of_the_offence_pays(world: VaultWorld) -> None:
    world.unbond(0, BOB)
    world.slash(DAVE, 40, 100)
    assert world.vaults.standing.position(0, BOB).unbonding[0][1] == 60 * UNIT


def test_what_can_be_withdrawn_is_out_of_reach_however_old_the_offence(
    world: VaultWorld,
) -> None:
    world.unbond(0, BOB)
    world.pass_eras(28)
    world.slash(DAVE, 40, 100, since=0)
    world.withdraw(0, BOB)
    assert world.token.free(BOB) == RICH


def test_a_part_that_stays_after_all_bears_what_came_between(world: VaultWorld) -> None:
    world.unbond(0, BOB)
    world.slash(DAVE, 50, 100)
    world.call(world.vaults.rebond, Signed(BOB), 0, 0)
    assert (worth(world, BOB), world.held(BOB)) == (50 * UNIT, 50 * UNIT)


def test_weight_falls_with_a_slash_and_shares_stay(world: VaultWorld) -> None:
    before, shares = world.vaults.weight_of(BOB), world.vault(0).weight
    world.slash(DAVE, 50, 100)
    assert (world.vaults.weight_of(BOB), world.vault(0).weight) == (before // 2, shares)
    world.vaults.backing.share(DAVE, 100 * UNIT)
    assert world.claim(0, BOB) == 5 * UNIT + 25_000


def test_who_joins_after_a_slash_has_no_part_of_it(world: VaultWorld) -> None:
    world.slash(DAVE, 3, 7)
    world.join(0, CAROL)
    assert HUNDRED - worth(world, CAROL) <= 1
    assert world.vaults.standing.position(0, CAROL).points == 175 * UNIT


def test_a_vault_that_is_wiped_out_can_be_left_at_once_and_then_opens_again(
    world: VaultWorld,
) -> None:
    world.join(0, CAROL, lock=364)
    world.slash(DAVE, 7, 7)
    assert worth(world, BOB) == 0
    with world.refuses(vaults.Error.WIPED_OUT):
        world.call(world.vaults.bond_extra, Signed(BOB), 0, HUNDRED)
    for who in (ALICE, BOB, CAROL):
        world.unbond(0, who)
        assert world.held(who) == 0
    assert world.vault(0).stake == EMPTY
    assert world.vault(0).members == 0
    world.join(0, BOB)
    assert worth(world, BOB) == HUNDRED - DEAD_POINTS


def test_a_slash_costs_the_same_however_many_stand_behind(world: VaultWorld) -> None:
    for seed in range(100, 130):
        world.token.mint_into(account(seed), 2 * HUNDRED)
        world.join(0, account(seed), HUNDRED)
    world.overlay.reads.clear()
    world.overlay.writes.clear()
    world.vaults.backing.slashed(DAVE, 1, 10, world.context.number)
    assert (len(world.overlay.reads), len(world.overlay.writes)) == (3, 2)


def test_a_slash_of_nobody_or_of_nothing_is_none(world: VaultWorld) -> None:
    for provider, part in ((CAROL, 10), (DAVE, 0)):
        world.slash(provider, part, 10)
    assert worth(world, BOB) == HUNDRED
    world.slash(DAVE, 0, 0)


def test_a_stake_of_earnings_is_under_the_lock_that_the_provider_chose(
    world: VaultWorld,
) -> None:
    restake = world.vaults.backing.restake
    with world.refuses(vaults.Error.NOT_MEMBER):
        restake(DAVE, UNIT)
    world.join(0, DAVE, HUNDRED, 50)
    world.pass_eras(2)
    restake(DAVE, 3 * UNIT)
    position = world.position(0, DAVE)
    assert (position.points, position.locked_until) == (103 * UNIT, 80)


def test_pools_of_many_eras_stay_within_their_bound_and_all_come_back(world: VaultWorld) -> None:
    crowd = [account(seed) for seed in range(100, 140)]
    for who in crowd:
        world.token.mint_into(who, 2 * HUNDRED)
        world.join(0, who, HUNDRED)
    world.pass_eras(28)
    for who in crowd:
        world.unbond(0, who)
        world.pass_eras(1)
    assert len(world.vaults.leaving[0]) == 28
    assert len(list(world.vaults.left.items())) == 12
    world.pass_eras(28)
    world.unbond(0, BOB)
    assert len(world.vaults.leaving[0]) == 27
    for who in crowd:
        world.withdraw(0, who)
        assert world.token.free(who) == 2 * HUNDRED
    assert list(world.vaults.left.items()) == []
