"""A world with pools: AGPU, a coin that is traded for it, and a treasury that has its part."""

from typing import Any

from runtime.frame import Root, Signed, ensure_nobody, ensure_root
from runtime.frame import ensure_signed as anybody
from runtime.frame.fungible import HoldReason
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets import asset_rewards, assets
from runtime.pallets.asset_conversion import AssetConversion, Config, Ports
from runtime.pallets.asset_rewards import AssetRewards
from runtime.pallets.assets import Assets
from runtime.pallets.balances import Balances
from runtime.primitives.types import U128_MAX, UNIT
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms

ANNA, BERT, CARA, DORA, TREASURY = PEOPLE = tuple(account(seed) for seed in range(1, 6))
RICH, LEAST = 1_000_000 * UNIT, 10**9
COIN, SHELL, NOTHING = 1, 2, 3
"""Two assets with an issuer, and one that does not exist. A coin has six decimals."""
CENTS = 10**6
DEPOSITS = assets.Config(10 * UNIT, UNIT // 50, UNIT // 10, UNIT // 1_000, UNIT // 50)
POOL_DEPOSIT, DAY = 10 * UNIT, 48
POT, EPOCH = account(77), 10
AGPU_COIN = (NATIVE, WithId(COIN))
COIN_AGPU = (WithId(COIN), NATIVE)
COIN_SHELL = (WithId(COIN), NATIVE, WithId(SHELL))


class Pot:
    """A treasury without rules: what it has, and what it promised."""

    account, committed = TREASURY, 0

    def __init__(self, agpu: Balances) -> None:
        self._agpu = agpu

    def pot(self) -> int:
        return self._agpu.free(TREASURY) - LEAST

    def invested(self, amount: int) -> None:
        """Let any amount go into pools."""


class PoolWorld(Bench):
    """Pools of AGPU and coins, and people who have both."""

    def __init__(
        self, *, with_pools: bool = True, agpu: int = 100_000, coins: int = 100_000
    ) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, LEAST, index=6, name="Balances"))
        self.assets = self.add(
            Assets(self.context, self.agpu, anybody, ensure_root, DEPOSITS, index=73)
        )
        self.shares = self.add(
            Assets(
                self.context,
                self.agpu,
                ensure_nobody,
                ensure_root,
                DEPOSITS,
                index=76,
                name="PoolAssets",
                reason=HoldReason.POOL_ASSET_DEPOSIT,
            )
        )
        self.treasury, self.terms = Pot(self.agpu), free_terms(self.context)
        self.pools = self.add(
            AssetConversion(
                self.context,
                Ports(self.agpu, self.assets.ledger, self.shares.ledger, self.treasury, self.terms),
                Config(LEAST, DAY, POOL_DEPOSIT),
                index=74,
            )
        )
        self.rewards = self.add(
            AssetRewards(
                self.context,
                asset_rewards.Ports(
                    self.agpu, self.shares.ledger, self.pools, self.treasury, self.terms
                ),
                ensure_root,
                asset_rewards.Config(POT, LEAST, EPOCH),
                index=75,
            )
        )
        self.agpu.build(tuple((who, RICH) for who in PEOPLE))
        for coin in (COIN, SHELL):
            self.assets.ledger.create(coin, ANNA, 10)
            for who in PEOPLE:
                self.assets.ledger.mint_into(coin, who, 1_000_000 * CENTS)
        if with_pools:
            for coin in (COIN, SHELL):
                self.call(self.pools.create_pool, Root(), NATIVE, WithId(coin))
                self.add_to(agpu * UNIT, coins * CENTS, coin=coin)
        self.context.events.clear()

    def add_to(self, agpu: int, coins: int, *, coin: int = COIN, who: bytes = ANNA) -> None:
        """Put as much of both in as fits."""
        pair = (NATIVE, WithId(coin))
        self.call(self.pools.add_liquidity, Signed(who), *pair, agpu, coins, 0, 0, who)

    def take_out(self, shares: int, *, coin: int = COIN, who: bytes = ANNA) -> None:
        pair = (NATIVE, WithId(coin))
        self.call(self.pools.remove_liquidity, Signed(who), *pair, shares, 0, 0, who)

    def swap(self, path: Any, amount: int, least: int = 0, *, who: bytes = BERT) -> int:
        """Swap an amount; return how much came out."""
        before = self.has(path[-1], who)
        self.call(
            self.pools.swap_exact_tokens_for_tokens, Signed(who), path, amount, least, who, False
        )
        return self.has(path[-1], who) - before

    def swap_for(self, path: Any, amount: int, most: int = U128_MAX, *, who: bytes = BERT) -> int:
        """Swap for an amount; return how much went in."""
        before = self.has(path[0], who)
        self.call(
            self.pools.swap_tokens_for_exact_tokens, Signed(who), path, amount, most, who, False
        )
        return before - self.has(path[0], who)

    def has(self, kind: Any, who: bytes) -> int:
        if isinstance(kind, WithId):
            return self.assets.ledger.balance(kind.id, who)
        return self.agpu.free(who)

    def owned(self, who: bytes, coin: int = COIN) -> int:
        """Return the shares that somebody has of a pool."""
        token = self.pools.shares_of(coin)
        assert token is not None
        return self.shares.ledger.balance(token, who)

    def product(self, coin: int = COIN) -> int:
        agpu, coins = self.pools.reserves(coin)
        return agpu * coins
