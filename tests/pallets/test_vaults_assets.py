"""Tokenised assets in vaults: what they weigh and earn, and how they leave."""

import pytest

from runtime.frame import Signed
from runtime.pallets import vaults
from runtime.pallets.vaults import Error
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    MARKET,
    OTHER,
    STAKED,
    TASK,
    THING,
    VaultWorld,
)

HUNDRED = 100 * UNIT
DEAD = 10**6


@pytest.fixture
def world() -> VaultWorld:
    """Vault 0 is of the market: Alice has 100 AGPU in it and Bob 900; a thing is worth 1 AGPU."""
    world = VaultWorld()
    world.list_asset(THING)
    world.create()
    world.join(0, ALICE, HUNDRED + DEAD)
    world.join(0, BOB, 9 * HUNDRED)
    return world


def weight(world: VaultWorld, who: bytes) -> int:
    return world.vaults.standing.weight(0, who)


def weighed(amount: int) -> int:
    return amount * (10**9 + 10**9 * 28 // 364) // 10**9


# ------------------------------------------------------------------------------------------ weight


def test_req_36_an_asset_weighs_its_value_from_the_next_epoch_and_nothing_when_stale(
    world: VaultWorld,
) -> None:
    world.add_asset(0, ALICE, 60)
    world.next_epoch()
    assert weight(world, ALICE) == weighed(HUNDRED) + weighed(60 * UNIT)
    world.things.cost(THING, UNIT // 2)
    assert weight(world, ALICE) == weighed(HUNDRED) + weighed(60 * UNIT) // 2
    world.things.cost(THING, 0)
    assert weight(world, ALICE) == weighed(HUNDRED)
    world.things.cost(THING, UNIT)
    assert weight(world, ALICE) == weighed(HUNDRED) + weighed(60 * UNIT)


def test_an_asset_does_not_count_in_the_epoch_in_which_it_came(world: VaultWorld) -> None:
    world.next_epoch()
    world.add_asset(0, ALICE, 60)
    assert weight(world, ALICE) == weighed(HUNDRED)
    before = world.vaults.standing.weight(0, ALICE, world.clock.epoch)
    assert before == weighed(HUNDRED)


def test_req_15_an_asset_puts_jobs_of_its_owner_further_ahead(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 100)
    level = world.vaults.level
    assert level(ALICE, MARKET, TASK) == 0
    world.next_epoch()
    assert level(ALICE, MARKET, TASK) == 1
    world.add_asset(0, BOB, 250)
    world.next_epoch()
    assert level(BOB, MARKET, TASK) == 3


def test_req_36_an_asset_that_rose_counts_for_as_much_as_the_agpu_beside_it(
    world: VaultWorld,
) -> None:
    world.add_asset(0, ALICE, 60)
    world.next_epoch()
    world.things.cost(THING, 4 * UNIT)
    assert weight(world, ALICE) == 2 * weighed(HUNDRED)


def test_req_36_assets_that_rose_count_for_thirty_percent_of_their_vault(
    world: VaultWorld,
) -> None:
    world.add_asset(0, ALICE, 50)
    world.add_asset(0, BOB, 300)
    world.next_epoch()
    world.things.cost(THING, 2 * UNIT)
    extra = sum(weight(world, who) for who in (ALICE, BOB)) - weighed(1_000 * UNIT)
    most = weighed((1_000 * UNIT + DEAD) * 3 // 7)
    assert most * 99 // 100 < extra <= most


def test_both_caps_hold_when_an_asset_joins(world: VaultWorld) -> None:
    with world.refuses(Error.RWA_CAP_EXCEEDED):
        world.add_asset(0, ALICE, 101)
    with world.refuses(Error.RWA_CAP_EXCEEDED):
        world.add_asset(0, BOB, 429)
    world.add_asset(0, BOB, 428)
    with world.refuses(Error.RWA_CAP_EXCEEDED):
        world.add_asset(0, ALICE, 1)


# ---------------------------------------------------------------------------------------- earnings


def test_an_asset_earns_as_much_as_it_weighs(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 100)
    world.next_epoch()
    world.call(world.vaults.revalue, Signed(CAROL), 0, ALICE)
    world.fee(1_100 * UNIT * 5 // 4)
    assert abs(world.claim(0, ALICE) - 200 * UNIT) < 10**7
    assert abs(world.claim(0, BOB) - 900 * UNIT) < 10**7


def test_what_was_added_earns_when_it_was_looked_at_in_a_later_epoch(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 100)
    world.call(world.vaults.revalue, Signed(CAROL), 0, ALICE)
    assert world.part(0, ALICE).weight == 0
    world.next_epoch()
    world.fee(1_000 * UNIT * 5 // 4)
    assert abs(world.claim(0, ALICE) - 100 * UNIT) < 10**7
    assert world.part(0, ALICE).weight == weighed(100 * 10**9)


def test_a_stale_asset_earns_nothing_at_once_and_needs_no_call(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 100)
    world.next_epoch()
    world.call(world.vaults.revalue, Signed(CAROL), 0, ALICE)
    world.things.cost(THING, 0)
    world.fee(1_000 * UNIT * 5 // 4)
    assert abs(world.claim(0, ALICE) - 100 * UNIT) < 10**7
    assert abs(world.claim(0, BOB) - 900 * UNIT) < 10**7


def test_assets_earn_thirty_percent_at_most_however_far_they_rose(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 100)
    world.next_epoch()
    world.call(world.vaults.revalue, Signed(CAROL), 0, ALICE)
    world.things.cost(THING, 1_000 * UNIT)
    world.fee(1_000 * UNIT * 5 // 4)
    assert abs(world.claim(0, ALICE) - (300 + 70) * UNIT) < 10**7
    assert abs(world.claim(0, BOB) - 630 * UNIT) < 10**7
    # anybody ends what is above the AGPU beside it
    assert world.part(0, ALICE).weight == 0


def test_two_assets_divide_what_is_theirs_by_value(world: VaultWorld) -> None:
    world.list_asset(OTHER, 3 * UNIT)
    world.add_asset(0, ALICE, 100)
    world.add_asset(0, BOB, 100, OTHER)
    world.next_epoch()
    for who in (ALICE, BOB):
        world.call(world.vaults.revalue, Signed(CAROL), 0, who)
    world.fee(1_400 * UNIT * 5 // 4)
    assert abs(world.claim(0, ALICE) - 200 * UNIT) < 10**7
    assert abs(world.claim(0, BOB) - 1_200 * UNIT) < 10**7


# ----------------------------------------------------------------------------------------- leaving


def test_an_asset_leaves_in_28_eras_and_comes_back_whole(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 60)
    assert world.tokens.balance(THING, STAKED) == 60
    world.pass_eras(28)
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, THING, 40)
    unbonded = vaults.AssetUnbonded(0, ALICE, THING, 40, 40, 56)
    assert world.happened()[-1] == unbonded
    with world.refuses(Error.NOTHING_DUE):
        world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, THING)
    world.pass_eras(28)
    world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, THING)
    assert world.tokens.balance(THING, ALICE) == 980
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, THING, 20)
    world.pass_eras(28)
    world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, THING)
    assert world.tokens.balance(THING, ALICE) == 1_000
    assert (world.position(0, ALICE).rwa, world.vault(0).rwa) == ((), ())


def test_a_stale_asset_leaves_like_any_other(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 60)
    world.things.cost(THING, 0)
    world.pass_eras(28)
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, THING, 60)
    world.pass_eras(28)
    world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, THING)
    assert world.tokens.balance(THING, ALICE) == 1_000


def test_an_asset_stays_when_the_agpu_beside_it_leaves_and_counts_for_nothing(
    world: VaultWorld,
) -> None:
    world.add_asset(0, ALICE, 60)
    world.pass_eras(28)
    world.next_epoch()
    world.unbond(0, ALICE)
    assert weight(world, ALICE) == 0
    world.pass_eras(28)
    world.withdraw(0, ALICE)
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, THING, 60)
    world.pass_eras(28)
    world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, THING)
    assert (0, ALICE) not in world.vaults.positions


# ----------------------------------------------------------------------------------------- slashes


@pytest.fixture
def behind(world: VaultWorld) -> VaultWorld:
    """Vault 1 stands behind Dave; Alice has 100 AGPU and 80 things in it, Bob 900 AGPU."""
    vault = world.behind(DAVE)
    world.join(vault, ALICE, HUNDRED + DEAD)
    world.join(vault, BOB, 9 * HUNDRED)
    world.add_asset(vault, ALICE, 80)
    return world


def test_a_slash_takes_the_same_part_of_assets_and_puts_it_up_for_sale(behind: VaultWorld) -> None:
    behind.slash(DAVE, 1, 4)
    assert behind.vaults.parts.lot(THING, 1) == (20, behind.context.number)
    assert behind.tranche(1).stake.balance == 60
    assert vaults.AssetSeized(1, THING, 20, 0) in behind.happened()
    assert behind.tokens.balance(THING, STAKED) == 80
    behind.vaults.parts.sell(THING, 1, 20, CAROL)
    assert behind.vaults.parts.lot(THING, 1) is None
    assert behind.tokens.balance(THING, CAROL) == 1_020


def test_what_left_after_the_offence_is_slashed_and_what_left_before_is_not(
    behind: VaultWorld,
) -> None:
    behind.pass_eras(28)
    behind.call(behind.vaults.unbond_asset, Signed(ALICE), 1, THING, 40)
    behind.pass_eras(2)
    left = behind.context.number
    behind.call(behind.vaults.unbond_asset, Signed(ALICE), 1, THING, 20)
    behind.slash(DAVE, 1, 2, left)
    assert behind.vaults.parts.lot(THING, 1) == (20, behind.context.number)
    behind.pass_eras(28)
    behind.call(behind.vaults.withdraw_asset, Signed(ALICE), 1, THING)
    assert behind.tokens.balance(THING, ALICE) == 1_000 - 80 + 40 + 10


def test_a_vault_with_something_for_sale_is_not_closed(behind: VaultWorld) -> None:
    behind.slash(DAVE, 1, 1)
    behind.pass_eras(28)
    for who in (ALICE, BOB):
        behind.unbond(1, who)
    behind.call(behind.vaults.unbond_asset, Signed(ALICE), 1, THING, 80)
    assert behind.vault(1).members == 0
    with behind.refuses(Error.NOT_EMPTY):
        behind.call(behind.vaults.close, Signed(DAVE), 1)
    behind.vaults.parts.sell(THING, 1, 80, CAROL)
    behind.call(behind.vaults.close, Signed(DAVE), 1)


def test_a_wiped_out_asset_takes_no_more(behind: VaultWorld) -> None:
    behind.slash(DAVE, 1, 1)
    with behind.refuses(Error.WIPED_OUT):
        behind.add_asset(1, ALICE, 5)


# ---------------------------------------------------------------------------------------- refusals


def test_assets_that_cannot_join_are_refused(world: VaultWorld) -> None:
    with world.refuses(Error.NO_STAKE):
        world.add_asset(0, CAROL, 10)
    with world.refuses(Error.NO_STAKE):
        world.add_asset(7, ALICE, 10)
    with world.refuses(Error.OTHER_LOCK):
        world.add_asset(0, ALICE, 10, lock=29)
    with world.refuses(Error.STALE_VALUATION):
        world.add_asset(0, ALICE, 10, OTHER)
    with world.refuses(Error.STALE_VALUATION):
        world.add_asset(0, ALICE, 0)
    world.things.cost(THING, UNIT // 10)
    with world.refuses(Error.AMOUNT_TOO_LOW):
        world.add_asset(0, ALICE, 9)


def test_a_vault_takes_four_assets(world: VaultWorld) -> None:
    for asset in range(910, 914):
        world.list_asset(asset)
        world.add_asset(0, ALICE, 10, asset)
    with world.refuses(Error.TOO_MANY_ASSETS):
        world.add_asset(0, ALICE, 10)
    assert [one.asset for one in world.vault(0).rwa] == [910, 911, 912, 913]


def test_assets_that_cannot_leave_are_refused(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 10)
    unbond, withdraw = world.vaults.unbond_asset, world.vaults.withdraw_asset
    with world.refuses(Error.STILL_LOCKED):
        world.call(unbond, Signed(ALICE), 0, THING, 10)
    world.pass_eras(28)
    with world.refuses(Error.NOT_MEMBER):
        world.call(unbond, Signed(CAROL), 0, THING, 10)
    with world.refuses(Error.NO_SUCH_ASSET):
        world.call(unbond, Signed(BOB), 0, THING, 10)
    with world.refuses(Error.ZERO_POINTS):
        world.call(unbond, Signed(ALICE), 0, THING, 0)
    with world.refuses(Error.NOT_ENOUGH_POINTS):
        world.call(unbond, Signed(ALICE), 0, THING, 11)
    with world.refuses(Error.NO_SUCH_ASSET):
        world.call(withdraw, Signed(BOB), 0, THING)
    with world.refuses(Error.NO_SUCH_ASSET):
        world.call(world.vaults.revalue, Signed(CAROL), 0, BOB)


def test_vaults_and_positions_tell_of_their_assets(world: VaultWorld) -> None:
    world.add_asset(0, ALICE, 60)
    world.next_epoch()
    world.pass_eras(28)
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, THING, 10)
    stand = world.vaults.standing
    assert stand.vault(0).assets == (vaults.TrancheView(THING, 50, 50 * UNIT, 0, 0),)
    position = stand.position(0, ALICE)
    assert position.assets == (vaults.PartView(THING, 50, 50, 50 * UNIT, ((56, 10),)),)
    assert position.weight == weighed(HUNDRED) + weighed(50 * UNIT)
