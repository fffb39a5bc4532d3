"""AssetConversion: pools of AGPU and one other asset, at a price that trades alone move.

A swap costs 0.3 % unless a referendum decides otherwise: 0.2 % stays in the pool, and of the AGPU
that is swapped 0.05 % is burned and 0.05 % is the treasury's. Nothing here mints AGPU. A share of a
pool is an asset of its own, so that it can be passed on; those of the treasury only the chain
itself takes out. Names, indices and layouts are those of FRAME's `pallet_asset_conversion`.
Source: design page "Economy", 5.18.
"""

from __future__ import annotations

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    ensure_signed_or_root,
    invariant,
)
from runtime.frame.fungible import HoldReason, are_held
from runtime.frame.fungibles import NATIVE, AssetId, Native, NativeOrWithId, WithId
from runtime.pallets.asset_conversion.liquidity import Bounds, Liquidity
from runtime.pallets.asset_conversion.market import Market, Order
from runtime.pallets.asset_conversion.ports import Config, Ports
from runtime.pallets.asset_conversion.prices import Prices
from runtime.pallets.asset_conversion.quotes import Quotes
from runtime.pallets.asset_conversion.types import (
    EVENTS,
    LOCKED_SHARES,
    MAX_PATH,
    Activity,
    Error,
    Path,
    PoolId,
    PoolInfo,
    Samples,
)
from runtime.primitives.fixed import PermillParts
from runtime.primitives.hashing import TWOX_64_CONCAT, pallet_account
from runtime.primitives.types import U32, AccountId, Balance

POTS = "sm/pools"
"""What the accounts of pools are derived from."""

SIDE = Weight(reads=5, writes=4)
"""What an account has of an asset or of AGPU, the deposit for that, and dust that is burned."""
POOL = Weight(reads=8, writes=5)
"""A pool: its record, its price and that of the past, and both its sides."""
FEES = Weight(reads=4, writes=3)
"""What a swap costs, what was issued and burned, and the treasury."""
HOP = POOL + FEES
SHARES = Weight(reads=7, writes=5)
"""The asset that the shares are, and what two accounts have of it."""
CHANGE = POOL + SIDE * 2 + SHARES + Weight(reads=1)
WINDOW = Weight(reads=5, writes=1)
"""What the treasury has, promised and may put in: its window, idle eras, terms."""


def swapping(path: Path, *_: object) -> Weight:
    """Return the weight of a swap along a path."""
    return SIDE * 2 + HOP * min(len(path), MAX_PATH) + Weight(compute=30_000)


class AssetConversion(Pallet):
    """Pools of AGPU and one other asset."""

    events = EVENTS
    errors = Error

    pools: Map[PoolId, PoolInfo] = Map()
    """Each pool, by its two assets."""
    next_pool_asset_id: Value[U32 | None] = Value(default=None)
    """The id of the shares of the next pool."""
    activity: Map[U32, Activity] = Map(hasher=TWOX_64_CONCAT)
    """The last price of each pool and the sum of its prices, by the asset that is not AGPU."""
    samples: Map[U32, Samples] = Map(default=(), hasher=TWOX_64_CONCAT)
    """Sums of the past, an hour apart."""
    creators: Map[U32, tuple[AccountId, Balance]] = Map(hasher=TWOX_64_CONCAT)
    """Who has a deposit on hold for each pool, and how much."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        config: Config,
        *,
        index: int,
        name: str = "AssetConversion",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.agpu, self.tokens, self.shares = ports.agpu, ports.tokens, ports.shares
        self.treasury, self.terms, self.config = ports.treasury, ports.terms, config
        self.prices, self.liquidity = Prices(self), Liquidity(self)
        self.market, self.quotes = Market(self), Quotes(self)

    def build(self, asset: AssetId, agpu: Balance, units: Balance) -> None:
        """Write a pool of block 0, whose shares are the treasury's, which has both amounts."""
        treasury = self.treasury.account
        self.liquidity.create(treasury, asset)
        bounds = Bounds((agpu, units), (Error.POOL_NOT_FOUND, Error.POOL_NOT_FOUND))
        self.liquidity.add(treasury, asset, (agpu, units), bounds, treasury)

    @call(0, weight=Weight(reads=8, writes=7))
    def create_pool(self, origin: Origin, asset1: NativeOrWithId, asset2: NativeOrWithId) -> None:
        """Make a pool of AGPU and another asset, for a deposit. Anyone may."""
        self.liquidity.create(self._owner(origin), traded(asset1, asset2))

    @call(1, weight=CHANGE + WINDOW)
    def add_liquidity(
        self,
        origin: Origin,
        asset1: NativeOrWithId,
        asset2: NativeOrWithId,
        amount1_desired: Balance,
        amount2_desired: Balance,
        amount1_min: Balance,
        amount2_min: Balance,
        mint_to: AccountId,
    ) -> None:
        """Put both assets into a pool, as much as its price allows, for a share of it.

        The chain itself puts in what is the treasury's and not promised, for the treasury, and
        as much AGPU as all tracks together may still spend.
        """
        who, asset = self._owner_for(origin, mint_to), traded(asset1, asset2)
        is_agpu_first = isinstance(asset1, Native)
        errors = (
            Error.ASSET_ONE_DEPOSIT_DID_NOT_MEET_MINIMUM,
            Error.ASSET_TWO_DEPOSIT_DID_NOT_MEET_MINIMUM,
        )
        desired, least = (amount1_desired, amount2_desired), (amount1_min, amount2_min)
        if not is_agpu_first:
            desired, least, errors = desired[::-1], least[::-1], errors[::-1]
        agpu = self.liquidity.add(who, asset, desired, Bounds(least, errors), mint_to)
        if who == self.treasury.account:
            ensure(self.treasury.pot() >= self.treasury.committed, Error.COMMITTED)
            self.treasury.invested(agpu)

    @call(2, weight=CHANGE)
    def remove_liquidity(
        self,
        origin: Origin,
        asset1: NativeOrWithId,
        asset2: NativeOrWithId,
        lp_token_burn: Balance,
        amount1_min_receive: Balance,
        amount2_min_receive: Balance,
        withdraw_to: AccountId,
    ) -> None:
        """Take a share out of a pool. What is the treasury's the chain takes out, for the treasury.

        While the asset beside AGPU is frozen, who asks for none of it gets the AGPU alone.
        """
        who, asset = self._owner_for(origin, withdraw_to), traded(asset1, asset2)
        least = (amount1_min_receive, amount2_min_receive)
        errors = (
            Error.ASSET_ONE_WITHDRAWAL_DID_NOT_MEET_MINIMUM,
            Error.ASSET_TWO_WITHDRAWAL_DID_NOT_MEET_MINIMUM,
        )
        if not isinstance(asset1, Native):
            least, errors = least[::-1], errors[::-1]
        self.liquidity.remove(who, asset, lp_token_burn, Bounds(least, errors), withdraw_to)

    @call(3, weight=swapping)
    def swap_exact_tokens_for_tokens(
        self,
        origin: Origin,
        path: Path,
        amount_in: Balance,
        amount_out_min: Balance,
        send_to: AccountId,
        keep_alive: bool,
    ) -> None:
        """Swap all of `amount_in` for at least `amount_out_min`."""
        order = Order(ensure_signed(origin), send_to, keep_alive)
        hops = self.market.hops_for_input(path, amount_in)
        out = hops[-1].swap.amount_out
        ensure(out >= amount_out_min, Error.PROVIDED_MINIMUM_NOT_SUFFICIENT_FOR_SWAP)
        self.market.execute(order, path, hops)

    @call(4, weight=swapping)
    def swap_tokens_for_exact_tokens(
        self,
        origin: Origin,
        path: Path,
        amount_out: Balance,
        amount_in_max: Balance,
        send_to: AccountId,
        keep_alive: bool,
    ) -> None:
        """Swap at most `amount_in_max` for exactly `amount_out`."""
        order = Order(ensure_signed(origin), send_to, keep_alive)
        hops = self.market.hops_for_output(path, amount_out)
        needed = hops[0].swap.amount_in
        ensure(needed <= amount_in_max, Error.PROVIDED_MAXIMUM_NOT_SUFFICIENT_FOR_SWAP)
        self.market.execute(order, path, hops)

    @constant
    def pool_setup_fee(self) -> Balance:
        """Return what who makes a pool has on hold for it."""
        return self.config.pool_deposit

    @constant
    def pool_setup_fee_asset(self) -> NativeOrWithId:
        """Return the asset of that deposit: AGPU."""
        return NATIVE

    @constant
    def liquidity_withdrawal_fee(self) -> PermillParts:
        """Return what it costs to take a share out: nothing."""
        return 0

    @constant
    def mint_min_liquidity(self) -> Balance:
        """Return the shares of each pool that nobody has."""
        return LOCKED_SHARES

    @constant
    def max_swap_path_length(self) -> U32:
        """Return the most assets of a path."""
        return MAX_PATH

    def pot(self, asset: AssetId) -> AccountId:
        """Return the account of the pool of AGPU and an asset."""
        return pallet_account(POTS, asset.to_bytes(4, "little"))

    def reserves(self, asset: AssetId) -> tuple[Balance, Balance]:
        """Return what AGPU and what of an asset its pool has; nothing without a pool."""
        if (NATIVE, WithId(asset)) not in self.pools:
            return 0, 0
        pot = self.pot(asset)
        return self.agpu.free(pot), self.tokens.balance(asset, pot)

    def spot(self, asset: AssetId) -> int:
        """Return the price now: planck for one unit, in steps of 10^-18; 0 without a pool."""
        return self.prices.spot(asset)

    def twap(self, asset: AssetId) -> int | None:
        """Return the average price of the last day of blocks; None before there is so much."""
        return self.prices.twap(asset)

    def buy_agpu(
        self, who: AccountId, asset: AssetId, amount_in: Balance, least_out: Balance
    ) -> Balance:
        """Swap `amount_in` of an asset of `who` for AGPU; return how much that bought.

        Raises:
            DispatchError: it would be less than `least_out`, or the swap cannot be.
        """
        path = (WithId(asset), NATIVE)
        hops = self.market.hops_for_input(path, amount_in)
        out = hops[-1].swap.amount_out
        ensure(out >= least_out, Error.PROVIDED_MINIMUM_NOT_SUFFICIENT_FOR_SWAP)
        self.market.execute(Order(who, who, keep_alive=False), path, hops)
        return out

    def to_treasury(self, asset: AssetId) -> Balance:
        """Return all that the treasury got of a pool's fees so far, in planck."""
        activity = self.activity.get(asset)
        return 0 if activity is None else activity.to_treasury

    def shares_of(self, asset: AssetId) -> AssetId | None:
        """Return the asset that the shares of a pool are; None without a pool."""
        info = self.pools.get((NATIVE, WithId(asset)))
        return None if info is None else info.lp_token

    def _owner(self, origin: Origin) -> AccountId:
        """Return whose pools, funds and shares a call is about: the treasury's for the chain."""
        who = ensure_signed_or_root(origin)
        return self.treasury.account if who is None else who

    def _owner_for(self, origin: Origin, dest: AccountId) -> AccountId:
        """Return whose funds a call moves; refuse to move the treasury's to anybody else."""
        who = self._owner(origin)
        ensure(who != self.treasury.account or dest == who, Error.NOT_THE_TREASURY)
        return who

    @invariant
    def shares_are_counted(self) -> bool:
        """Each pool has shares of its own; a pool with shares has its locked ones and a price."""
        numbers = [info.lp_token for _, info in self.pools.items()]
        for (_, other), info in self.pools.items():
            assert isinstance(other, WithId), "a pool is of AGPU and another asset"
            locked = self.shares.balance(info.lp_token, self.pot(other.id))
            supply = self.shares.total_issuance(info.lp_token)
            if supply and (locked < LOCKED_SHARES or other.id not in self.activity):
                return False
        return sorted(numbers) == list(range(self.next_pool_asset_id or 0))

    @invariant
    def deposits_are_held(self) -> bool:
        """Each account has on hold what it put up for its pools."""
        parts = (part for _, part in self.creators.items())
        return are_held(self.agpu, HoldReason.POOL_DEPOSIT, parts)

    @invariant
    def prices_are_in_order(self) -> bool:
        """No sum of prices is below one of an earlier block."""
        for asset, last in self.activity.items():
            points = [(one.block, one.cumulative) for one in self.samples[asset]]
            points.append((last.block, last.cumulative))
            if points != sorted(points):
                return False
        return True


def traded(asset1: NativeOrWithId, asset2: NativeOrWithId) -> AssetId:
    """Return the asset of a pair that is not AGPU, or refuse the pair."""
    others = [one.id for one in (asset1, asset2) if isinstance(one, WithId)]
    ensure(len(others) == 1, Error.INVALID_ASSET_PAIR)
    return others[0]
