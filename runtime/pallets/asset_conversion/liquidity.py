"""Shares of pools: who adds to both sides has a part of all that is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import TokenError, ensure, require
from runtime.frame.fungible import HoldReason
from runtime.frame.fungibles import NATIVE, AssetId, WithId
from runtime.pallets.asset_conversion.formulas import first_shares, more_shares
from runtime.pallets.asset_conversion.types import (
    LOCKED_SHARES,
    Error,
    LiquidityAdded,
    LiquidityRemoved,
    PoolCreated,
    PoolInfo,
)
from runtime.primitives.record import record
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.asset_conversion.pallet import AssetConversion

Amounts = tuple[Balance, Balance]
"""Of AGPU, and of the other asset."""


@record
class Bounds:
    """The least of each side that whoever calls agrees to, with the error if it is less."""

    least: Amounts
    errors: tuple[Error, Error]


class Liquidity:
    """Changes pools. Invariant: the shares of a pool are all of the asset that stands for them."""

    def __init__(self, pallet: AssetConversion) -> None:
        self._pallet = pallet

    def create(self, who: AccountId, asset: AssetId) -> None:
        """Make a pool, for a deposit unless it is the treasury's."""
        pallet, pool = self._pallet, (NATIVE, WithId(asset))
        ensure(pallet.tokens.exists(asset), TokenError.UNKNOWN_ASSET)
        ensure(pool not in pallet.pools, Error.POOL_EXISTS)
        if who != pallet.treasury.account:
            deposit = pallet.config.pool_deposit
            pallet.agpu.hold(HoldReason.POOL_DEPOSIT, who, deposit)
            pallet.creators[asset] = (who, deposit)
        shares, pot = pallet.next_pool_asset_id or 0, pallet.pot(asset)
        pallet.next_pool_asset_id = shares + 1
        pallet.shares.create(shares, pot, LOCKED_SHARES)
        pallet.pools[pool] = PoolInfo(shares)
        pallet.deposit(PoolCreated(who, pool, pot, shares))

    def add(
        self, who: AccountId, asset: AssetId, desired: Amounts, bounds: Bounds, mint_to: AccountId
    ) -> Balance:
        """Put as much in as both sides allow, for a share; return how much AGPU that was."""
        pallet, token = self._pallet, self.token(asset)
        ensure(min(desired) > 0, Error.WRONG_DESIRED_AMOUNT)
        reserves, supply = pallet.reserves(asset), pallet.shares.total_issuance(token)
        amounts = fitted(desired, reserves) if supply else desired
        ensure_within(amounts, bounds)
        self._ensure_reserves(asset, (reserves[0] + amounts[0], reserves[1] + amounts[1]))
        if supply:
            minted = more_shares(*reserves, amounts, supply)
        else:
            minted = first_shares(*amounts) - LOCKED_SHARES
        ensure(minted > LOCKED_SHARES, Error.INSUFFICIENT_LIQUIDITY_MINTED)
        pot = pallet.pot(asset)
        pallet.agpu.transfer(who, pot, amounts[0])
        pallet.tokens.move(asset, who, pot, amounts[1], payer=who, keep_alive=False)
        if not supply:
            pallet.shares.mint_into(token, pot, LOCKED_SHARES)
        pallet.shares.mint_into(token, mint_to, minted)
        pallet.prices.note(asset)
        pool = (NATIVE, WithId(asset))
        pallet.deposit(LiquidityAdded(who, mint_to, pool, *amounts, token, minted))
        return amounts[0]

    def remove(
        self, who: AccountId, asset: AssetId, burned: Balance, bounds: Bounds, dest: AccountId
    ) -> None:
        """Take a share out; what would be left of it below the least position goes along.

        While the other asset cannot move, a share is worth its AGPU alone, to whoever agrees to
        nothing of the asset: what it leaves belongs to the shares that stay.
        """
        pallet, token = self._pallet, self.token(asset)
        owned = pallet.shares.balance(token, who)
        ensure(0 < burned <= owned, Error.ZERO_LIQUIDITY)
        burned = owned if owned - burned < LOCKED_SHARES else burned
        reserves, supply = pallet.reserves(asset), pallet.shares.total_issuance(token)
        amounts = reserves[0] * burned // supply, reserves[1] * burned // supply
        pot = pallet.pot(asset)
        if amounts[1] and not pallet.tokens.is_movable(asset, pot):
            amounts = amounts[0], 0
        ensure_within(amounts, bounds)
        self._ensure_reserves(asset, (reserves[0] - amounts[0], reserves[1] - amounts[1]))
        pallet.shares.burn_from(token, who, burned)
        if amounts[0]:
            pallet.agpu.transfer(pot, dest, amounts[0])
        if amounts[1]:
            pallet.tokens.move(asset, pot, dest, amounts[1], payer=who, keep_alive=True)
        pallet.prices.note(asset)
        pool = (NATIVE, WithId(asset))
        pallet.deposit(LiquidityRemoved(who, dest, pool, *amounts, token, burned, 0))

    def token(self, asset: AssetId) -> int:
        """Return the asset that the shares of a pool are, or raise `DispatchError`."""
        return require(
            self._pallet.pools.get((NATIVE, WithId(asset))), Error.POOL_NOT_FOUND
        ).lp_token

    def _ensure_reserves(self, asset: AssetId, reserves: Amounts) -> None:
        """Let a pool keep what its accounts need to live; an asset that is gone needs nothing."""
        least = self._pallet.config.existential_deposit
        other = self._pallet.tokens.minimum(asset) if reserves[1] else 0
        is_enough = reserves[0] >= least and reserves[1] >= other
        ensure(is_enough, Error.RESERVE_LEFT_LESS_THAN_MINIMAL)


def fitted(desired: Amounts, reserves: Amounts) -> Amounts:
    """Return the most of both desired amounts that is in the proportion of the reserves."""
    ensure(min(reserves) > 0, Error.ZERO_LIQUIDITY)
    other = desired[0] * reserves[1] // reserves[0]
    if other <= desired[1]:
        return desired[0], other
    return desired[1] * reserves[0] // reserves[1], desired[1]


def ensure_within(amounts: Amounts, bounds: Bounds) -> None:
    """Refuse amounts of which a side is below the least."""
    for amount, least, error in zip(amounts, bounds.least, bounds.errors, strict=True):
        ensure(amount >= least, error)
