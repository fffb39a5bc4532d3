"""The liquidity namespace: pools, what swaps would give, and what staked shares earn."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.pallets.asset_conversion import PoolView
from runtime.pallets.asset_rewards import Rewards
from runtime.primitives.types import U32_MAX, U128_MAX

AGPU = "AGPU"


class PoolJson(msgspec.Struct, frozen=True, rename="camel"):
    """A pool; AGPU is in planck, the other amounts in least units, all as decimal strings.

    A price is planck for one unit, in steps of 10^-18; the average is of a day, or null.
    """

    asset: int
    shares_asset: int
    account: str
    agpu: str
    other: str
    shares: str
    price: str
    average: str | None
    to_treasury: str


class StakeJson(msgspec.Struct, frozen=True):
    """Shares of a pool that an account has staked, and planck that it could harvest now."""

    pool: int
    asset: int
    staked: str
    rewards: str


class AssetBalanceJson(msgspec.Struct, frozen=True):
    """What an account has of an asset, in its least units."""

    asset: int
    balance: str


class LiquidityNamespace:
    """What those ask who trade, or let others trade."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("liquidity_pools")
    def pools(self, at: Hash | None = None) -> list[PoolJson]:
        """Return every pool, by the asset that it trades for AGPU."""
        return [pool_json(one, self._addresses) for one in self._runtime.pools(self._at(at))]

    @method("liquidity_quote")
    def quote(
        self, path: list[str | int], amount: str, exact_out: bool = False, at: Hash | None = None
    ) -> str | None:
        """Return what an amount buys along a path, or with `exactOut` what buys it; or null.

        A path is of "AGPU" and ids of assets, such as ["AGPU", 1]; amounts are decimal strings.
        """
        kinds = tuple(kind_of(one) for one in path)
        if not amount.isdecimal() or int(amount) > U128_MAX:
            raise invalid_params(f"amount: wanted a decimal number below 2^128, got {amount!r}")
        found = self._runtime.quote_path(kinds, int(amount), exact_out, self._at(at))
        return None if found is None else str(found)

    @method("liquidity_rewards")
    def rewards(self, who: str, at: Hash | None = None) -> list[StakeJson]:
        """Return what an account has staked of pools, and what that has earned."""
        account = self._addresses.decode(who)
        return [_stake(one) for one in self._runtime.pool_rewards(account, self._at(at))]

    @method("liquidity_balances")
    def balances(self, who: str, at: Hash | None = None) -> list[AssetBalanceJson]:
        """Return what an account has of each asset."""
        account = self._addresses.decode(who)
        found = self._runtime.asset_balances(account, self._at(at))
        return [AssetBalanceJson(asset, str(balance)) for asset, balance in found]

    def _at(self, at: Hash | None) -> bytes:
        return block_hash_or_best(self._chain, at)


def pool_json(pool: PoolView, addresses: Addresses) -> PoolJson:
    """Show a pool."""
    return PoolJson(
        asset=pool.asset,
        shares_asset=pool.lp_token,
        account=addresses.encode(pool.account),
        agpu=str(pool.agpu),
        other=str(pool.other),
        shares=str(pool.shares),
        price=str(pool.price),
        average=None if pool.average is None else str(pool.average),
        to_treasury=str(pool.to_treasury),
    )


def kind_of(name: str | int) -> NativeOrWithId:
    """Read what a path names, or refuse it."""
    if name == AGPU:
        return NATIVE
    if isinstance(name, int) and 0 <= name <= U32_MAX:
        return WithId(name)
    raise invalid_params(f'path: wanted "AGPU" or the id of an asset, got {name!r}')


def _stake(one: Rewards) -> StakeJson:
    return StakeJson(one.pool_id, one.traded_asset_id, str(one.staked), str(one.rewards))
