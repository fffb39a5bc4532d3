"""What pools store and announce; names and layouts are those of `pallet_asset_conversion`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.frame import PalletError, event
from runtime.frame.fungibles import NativeOrWithId
from runtime.primitives.fixed import PermillParts
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U128, U256, AccountId, Balance, BlockNumber

LOCKED_SHARES = 10**6
"""Shares of each pool that nobody has: so that the first provider cannot make one share worth so
much that the next one's amounts round to nothing. It is also the least position, as in FRAME."""
MAX_PATH = 3
"""From one asset to AGPU, and from that to another."""
SAMPLES = 24
"""Points of the past that the average price is kept at: one an hour."""
MAX_PRICE = 2**128 - 1

PoolId = tuple[NativeOrWithId, NativeOrWithId]
"""AGPU, and what is traded for it."""
Path = tuple[NativeOrWithId, ...]


@dataclass(frozen=True, slots=True)
class PoolInfo:
    """A pool: the asset that its shares are."""

    type_path: ClassVar[str] = "pallet_asset_conversion::types::PoolInfo"
    lp_token: U32


@record
class Activity:
    """What trades left behind in a pool."""

    block: BlockNumber
    """That of the last change."""
    price: U128
    """At the end of it: planck for one unit, in steps of 10^-18."""
    cumulative: U256
    """The sum of the price over all blocks until then: each counts that of the block before."""
    to_treasury: Balance
    """All that the treasury got of the pool's fees, in planck."""


@record
class Sample:
    """The sum of the price at a block of the past."""

    block: BlockNumber
    cumulative: U256


@dataclass(frozen=True, slots=True)
class PoolView:
    """A pool as it stands, for those who look."""

    asset: U32
    lp_token: U32
    account: AccountId
    agpu: Balance
    other: Balance
    shares: Balance
    """All of them; a million are nobody's."""
    price: U128
    """Planck for one unit of the other asset, in steps of 10^-18."""
    average: U128 | None
    """Of the last day; None before there is so much."""
    to_treasury: Balance
    """All that the treasury got of its fees, in planck."""


Samples = Annotated[tuple[Sample, ...], Bounded(SAMPLES + 2)]


@event
class PoolCreated:
    """Two assets can be traded, as soon as somebody adds some of both."""

    index: ClassVar[int] = 0
    creator: AccountId
    pool_id: PoolId
    pool_account: AccountId
    lp_token: U32


@event
class LiquidityAdded:
    """An account has a share of a pool, or a larger one."""

    index: ClassVar[int] = 1
    who: AccountId
    mint_to: AccountId
    pool_id: PoolId
    amount1_provided: Balance
    amount2_provided: Balance
    lp_token: U32
    lp_token_minted: Balance


@event
class LiquidityRemoved:
    """An account took its share of a pool out, or a part of it."""

    index: ClassVar[int] = 2
    who: AccountId
    withdraw_to: AccountId
    pool_id: PoolId
    amount1: Balance
    amount2: Balance
    lp_token: U32
    lp_token_burned: Balance
    withdrawal_fee: PermillParts


@event
class SwapExecuted:
    """An account swapped one asset for another."""

    index: ClassVar[int] = 3
    who: AccountId
    send_to: AccountId
    amount_in: Balance
    amount_out: Balance
    path: tuple[tuple[NativeOrWithId, Balance], ...]
    """Each asset on the way, with the amount of it that went through."""


@event
class FeesTaken:
    """Of a swap this was burned, and this is the treasury's; the rest of the fee is the pool's."""

    index: ClassVar[int] = 64
    pool_id: PoolId
    burned: Balance
    to_treasury: Balance


EVENTS = (PoolCreated, LiquidityAdded, LiquidityRemoved, SwapExecuted, FeesTaken)


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_ASSET_PAIR = 0, "A pool trades AGPU for one other asset that exists."
    POOL_EXISTS = 1, "There is such a pool already."
    WRONG_DESIRED_AMOUNT = 2, "Both amounts must be above zero."
    AMOUNT_ONE_LESS_THAN_MINIMAL = 3, "The first amount is below the least balance of its asset."
    AMOUNT_TWO_LESS_THAN_MINIMAL = 4, "The second amount is below the least balance of its asset."
    RESERVE_LEFT_LESS_THAN_MINIMAL = 5, "The pool would be left with less than a least balance."
    AMOUNT_OUT_TOO_HIGH = 6, "The pool has no more of it than that."
    POOL_NOT_FOUND = 7, "There is no such pool."
    OVERFLOW = 8, "An amount would leave the range of a balance."
    ASSET_ONE_DEPOSIT_DID_NOT_MEET_MINIMUM = 9, "Less of the first asset would be put in."
    ASSET_TWO_DEPOSIT_DID_NOT_MEET_MINIMUM = 10, "Less of the second asset would be put in."
    ASSET_ONE_WITHDRAWAL_DID_NOT_MEET_MINIMUM = 11, "Less of the first asset would come out."
    ASSET_TWO_WITHDRAWAL_DID_NOT_MEET_MINIMUM = 12, "Less of the second asset would come out."
    INSUFFICIENT_LIQUIDITY_MINTED = 14, "A share must be above a million units."
    ZERO_LIQUIDITY = 15, "The pool is empty, or the share is nothing."
    ZERO_AMOUNT = 16, "The amount is zero, or too small to buy anything."
    PROVIDED_MINIMUM_NOT_SUFFICIENT_FOR_SWAP = 17, "The swap would give less than the least."
    PROVIDED_MAXIMUM_NOT_SUFFICIENT_FOR_SWAP = 18, "The swap would take more than the most."
    INVALID_PATH = 19, "A path has two assets, or three with AGPU in the middle."
    NON_UNIQUE_PATH = 20, "The path comes to an asset twice."
    COMMITTED = 64, "The treasury has promised that amount to others."
    NOT_THE_TREASURY = 65, "What the chain puts in or takes out is for the treasury alone."
