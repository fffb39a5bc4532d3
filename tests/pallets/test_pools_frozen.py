"""Who freezes an asset stops its pool, and keeps nobody's AGPU: a share gets its part of that."""

from collections.abc import Callable

import pytest

from runtime.frame import DispatchError, Root, Signed
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets import assets
from runtime.pallets.asset_conversion import Error
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.pools import ANNA, BERT, CENTS, COIN, PoolWorld

PAIR = (NATIVE, WithId(COIN))


def freeze_all(world: PoolWorld) -> None:
    world.call(world.assets.freeze_asset, Signed(ANNA), COIN)


def freeze_the_pool(world: PoolWorld) -> None:
    world.call(world.assets.freeze, Signed(ANNA), COIN, Id(world.pools.pot(COIN)))


def block_the_pool(world: PoolWorld) -> None:
    world.call(world.assets.block, Signed(ANNA), COIN, Id(world.pools.pot(COIN)))


def end_it(world: PoolWorld) -> None:
    world.call(world.assets.start_destroy, Signed(ANNA), COIN)


FREEZES = (freeze_all, freeze_the_pool, block_the_pool, end_it)
"""What those who look after an asset can do to a pool of it; Anna does for the coin."""


@pytest.fixture
def world() -> PoolWorld:
    """Return a pool of which Anna and Bert have shares."""
    made = PoolWorld()
    made.add_to(2_000 * UNIT, 2_000 * CENTS, who=BERT)
    return made


@pytest.mark.parametrize("freeze", FREEZES)
def test_a_share_of_a_frozen_pool_is_worth_its_agpu(
    world: PoolWorld, freeze: Callable[[PoolWorld], None]
) -> None:
    shares, (agpu, coins) = world.owned(BERT), world.pools.reserves(COIN)
    whole = world.shares.ledger.total_issuance(world.pools.shares_of(COIN))
    freeze(world)
    before = world.agpu.free(BERT)
    world.take_out(shares, who=BERT)
    assert world.agpu.free(BERT) - before == agpu * shares // whole
    assert world.pools.reserves(COIN) == (agpu - agpu * shares // whole, coins)


@pytest.mark.parametrize("freeze", FREEZES)
def test_who_wants_some_of_a_frozen_asset_waits(
    world: PoolWorld, freeze: Callable[[PoolWorld], None]
) -> None:
    freeze(world)
    with world.refuses(Error.ASSET_TWO_WITHDRAWAL_DID_NOT_MEET_MINIMUM):
        world.call(world.pools.remove_liquidity, Signed(BERT), *PAIR, 10**9, 0, 1, BERT)
    with (
        world.refuses(assets.Error.ASSET_NOT_LIVE)
        if freeze
        in (
            freeze_all,
            end_it,
        )
        else pytest.raises(DispatchError)
    ):
        world.swap(PAIR, UNIT)


def test_the_treasurys_agpu_leaves_a_frozen_pool_too(world: PoolWorld) -> None:
    treasury = world.treasury.account
    world.agpu.mint_into(treasury, 1_000 * UNIT)
    world.assets.ledger.mint_into(COIN, treasury, 1_000 * CENTS)
    world.call(world.pools.add_liquidity, Root(), *PAIR, 100 * UNIT, 100 * CENTS, 0, 0, treasury)
    freeze_all(world)
    before = world.agpu.free(treasury)
    shares = world.owned(treasury)
    world.call(world.pools.remove_liquidity, Root(), *PAIR, shares, 0, 0, treasury)
    assert world.agpu.free(treasury) > before


def test_who_stays_has_no_less_of_either_than_before(world: PoolWorld) -> None:
    """The leaver's coins are theirs: freezing one's own asset brings whoever does it nothing."""
    token = world.pools.shares_of(COIN)
    agpu, coins = world.pools.reserves(COIN)
    whole = world.shares.ledger.total_issuance(token)
    freeze_all(world)
    world.take_out(world.owned(ANNA), who=ANNA)
    left = world.shares.ledger.total_issuance(token)
    after = world.pools.reserves(COIN)
    assert after[0] * whole >= agpu * left
    assert after[1] * whole > coins * left


def test_a_thawed_pool_gives_both_again(world: PoolWorld) -> None:
    freeze_all(world)
    world.call(world.assets.thaw_asset, Signed(ANNA), COIN)
    coins = world.has(WithId(COIN), BERT)
    world.take_out(world.owned(BERT), who=BERT)
    assert world.has(WithId(COIN), BERT) > coins
