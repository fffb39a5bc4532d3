"""What those set out to do who trade in pools, and who stake shares of them."""

from __future__ import annotations

from collections.abc import Generator

from runtime.frame import Root
from runtime.frame.fungibles import NATIVE, WithId
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.assets import SOME, an_asset, issue, stocked
from tests.property.intentions.plan import Do, Intention, Plan, Step, few, runtime_of, wait


def a_pool(crowd: Crowd, *, is_new: bool = False) -> Generator[Step, bool, int]:
    """Return the asset of a pool that has something in it, which is made if there is none."""
    asset = yield from (issue(crowd) if is_new else an_asset(crowd))
    (who,) = few(crowd, 1)
    if runtime_of(crowd).asset_conversion.shares_of(asset) is None:
        yield Do("AssetConversion.create_pool", who, (NATIVE, WithId(asset)))
    yield from stocked(crowd, asset, who)
    yield put_in(asset, who)
    return asset


def put_in(asset: int, who: bytes) -> Do:
    """Return the call that adds liquidity at whatever the price is."""
    amounts = (500 * UNIT, 5 * SOME, 0, 0)
    return Do("AssetConversion.add_liquidity", who, (NATIVE, WithId(asset), *amounts, who))


def trade(crowd: Crowd) -> Plan:
    """Put liquidity in, swap both ways and both kinds, and take some of it out."""
    asset = yield from a_pool(crowd)
    die, (who, other) = crowd.know.die, few(crowd, 2)
    yield from stocked(crowd, asset, who)
    yield put_in(asset, who)
    there = (NATIVE, WithId(asset))
    back = there[::-1]
    sold = (there, die.choice([UNIT, 20 * UNIT]), 0, other, True)
    yield Do("AssetConversion.swap_exact_tokens_for_tokens", who, sold)
    bought = (back, UNIT, 2**100, who, die.random() < 0.5)
    yield Do("AssetConversion.swap_tokens_for_exact_tokens", who, bought)
    shares = shares_of(crowd, asset, who)
    part = max(shares // die.choice([1, 2, 3]), 1)
    yield Do("AssetConversion.remove_liquidity", who, (*there, part, 0, 0, who))


def stake(crowd: Crowd) -> Plan:
    """Stake shares of a pool, trade so that they earn, and be paid."""
    asset = yield from a_pool(crowd, is_new=True)
    runtime, (who, trader) = runtime_of(crowd), few(crowd, 2)
    if asset not in runtime.asset_rewards.pool_of:
        yield Do("AssetRewards.create_pool", Root(), (asset,))
    yield from stocked(crowd, asset, who)
    yield put_in(asset, who)
    number = runtime_of(crowd).asset_rewards.pool_of.get(asset)
    if number is None:
        return
    staked = max(shares_of(crowd, asset, who) // 2, 1)
    yield Do("AssetRewards.stake", who, (number, staked))
    for _ in range(2):
        swap = ((NATIVE, WithId(asset)), 400 * UNIT, 0, trader, True)
        yield Do("AssetConversion.swap_exact_tokens_for_tokens", trader, swap)
        yield wait(crowd, runtime_of(crowd).asset_rewards.config.epoch_blocks)
    yield Do("AssetRewards.harvest_rewards", trader, (number, who))
    yield Do("AssetRewards.unstake", who, (number, staked, None))


def hand_shares_on(crowd: Crowd) -> Plan:
    """Do with shares of a pool what their holders may: they are an asset too."""
    asset = yield from a_pool(crowd)
    info = runtime_of(crowd).asset_conversion.pools.get((NATIVE, WithId(asset)))
    if info is None:
        return
    token, (one, other, third) = info.lp_token, few(crowd, 3)
    yield from stocked(crowd, asset, one)
    yield put_in(asset, one)
    part = max(shares_of(crowd, asset, one) // 8, 1)
    yield Do("PoolAssets.touch", other, (token,))
    yield Do("PoolAssets.refund", other, (token, False))
    yield Do("PoolAssets.transfer", one, (token, Id(other), 2 * part))
    yield Do("PoolAssets.transfer_keep_alive", one, (token, Id(third), part))
    yield Do("PoolAssets.approve_transfer", one, (token, Id(other), part))
    yield Do("PoolAssets.transfer_approved", other, (token, Id(one), Id(third), part // 2))
    yield Do("PoolAssets.cancel_approval", one, (token, Id(other)))
    yield Do("PoolAssets.transfer_all", other, (token, Id(one), crowd.know.die.random() < 0.5))


def shares_of(crowd: Crowd, asset: int, who: bytes) -> int:
    """Return how many shares of the pool of an asset somebody has."""
    runtime = runtime_of(crowd)
    token = runtime.asset_conversion.shares_of(asset)
    return 0 if token is None else runtime.pool_assets.ledger.balance(token, who)


POOLS: tuple[Intention, ...] = (trade, stake, hand_shares_on)
