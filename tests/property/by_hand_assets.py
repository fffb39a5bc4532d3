"""Arguments of calls about assets and pools: as `by_hand`, for what somebody issued."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from runtime.construct import Runtime
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.pallets.assets import Assets
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT

Made = tuple[bytes, tuple[Any, ...]]

AMOUNTS = (0, 1, 10**6, 10**9, UNIT, 50 * UNIT)


class Holders:
    """Who could do something with an asset."""

    def __init__(self, runtime: Runtime, die: Random, accounts: Sequence[bytes]) -> None:
        self.runtime, self.die, self.accounts = runtime, die, accounts

    def someone(self) -> bytes:
        return self.die.choice(self.accounts)

    def entries(self, ledger: Assets) -> list[tuple[int, bytes, int]]:
        """Return what people have of each asset, or that somebody has nothing."""
        found = [
            (asset, who, entry.balance)
            for (asset, who), entry in ledger.account.items()
            if who in self.accounts
        ]
        return found or [(self.asset(), self.someone(), 1)]

    def asset(self) -> int:
        """Return an asset that there is, mostly."""
        found = [asset for asset, _ in self.runtime.assets.asset.items()]
        return self.die.choice(found) if found and self.die.random() < 0.95 else 7

    def amount(self) -> int:
        return self.die.choice(AMOUNTS)

    def by(self, role: str, *more: Any) -> Made:
        """Return a call by who has a role in an asset."""
        asset = self.asset()
        details = self.runtime.assets.asset.get(asset)
        who = None if details is None else getattr(details, role)
        return who if who in self.accounts else self.someone(), (asset, *more)

    def mint(self) -> Made:
        return self.by("issuer", Id(self.someone()), self.amount())

    def transfer(self) -> Made:
        asset, who, balance = self.die.choice(self.entries(self.runtime.assets))
        amount = self.die.choice([1, balance // 2, balance, balance + 1])
        return who, (asset, Id(self.someone()), amount)

    def pair(self) -> tuple[NativeOrWithId, NativeOrWithId]:
        one = (NATIVE, WithId(self.asset()))
        return one if self.die.random() < 0.7 else (one[1], one[0])

    def pool(self) -> Made:
        return self.someone(), self.pair()

    def owner(self) -> tuple[bytes, WithId]:
        """Return somebody who has some of an asset, and that asset."""
        asset, who, _ = self.die.choice(self.entries(self.runtime.assets))
        return who, WithId(asset)

    def add(self) -> Made:
        who, kind = self.owner()
        amounts = self.die.choice([10 * UNIT, 100 * UNIT]), self.die.choice([10**7, 10**9])
        return who, (NATIVE, kind, *amounts, 0, 0, who)

    def remove(self) -> Made:
        token, who, balance = self.die.choice(self.entries(self.runtime.pool_assets))
        amount = max(balance // self.die.choice([1, 2, 10]), 1)
        pools = self.runtime.asset_conversion.pools
        pairs = [pair for pair, info in pools.items() if info.lp_token == token]
        return who, (*(pairs[0] if pairs else self.pair()), amount, 0, 0, who)

    def swap(self) -> Made:
        who, kind = self.owner()
        path = (NATIVE, kind) if self.die.random() < 0.5 else (kind, NATIVE)
        bound = self.die.choice([0, 1, 2**127])
        return who, (path, self.amount(), bound, self.someone(), self.die.random() < 0.5)


BY_HOLDERS: dict[str, Callable[[Holders], Made]] = {
    "Assets.mint": Holders.mint,
    "Assets.transfer": Holders.transfer,
    "Assets.start_destroy": lambda holders: holders.by("owner"),
    "Assets.freeze_asset": lambda holders: holders.by("freezer"),
    "Assets.thaw_asset": lambda holders: holders.by("admin"),
    "AssetConversion.create_pool": Holders.pool,
    "AssetConversion.add_liquidity": Holders.add,
    "AssetConversion.remove_liquidity": Holders.remove,
    "AssetConversion.swap_exact_tokens_for_tokens": Holders.swap,
    "AssetConversion.swap_tokens_for_exact_tokens": Holders.swap,
}
"""What makes each call."""
