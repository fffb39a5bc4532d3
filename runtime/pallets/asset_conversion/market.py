"""Swaps: along a path of pools, each of which takes one asset in and gives the other out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from runtime.frame import DispatchError, ensure
from runtime.frame.fungible import BurnReason
from runtime.frame.fungibles import NATIVE, AssetId, Native, NativeOrWithId, WithId
from runtime.pallets.asset_conversion import formulas
from runtime.pallets.asset_conversion.formulas import Swap
from runtime.pallets.asset_conversion.types import (
    MAX_PATH,
    Error,
    FeesTaken,
    Path,
    SwapExecuted,
)
from runtime.primitives.record import record
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.asset_conversion.pallet import AssetConversion


@record
class Hop:
    """A swap in the pool of one asset."""

    asset: AssetId
    is_sale: bool
    """Whether AGPU comes in, and the asset goes out."""
    swap: Swap


Hops = tuple[Hop, ...]


@record
class Order:
    """Who swaps, for whom."""

    who: AccountId
    send_to: AccountId
    keep_alive: bool


class Market:
    """Swaps. Invariant: the product of a pool's reserves does not fall, and nothing is minted."""

    def __init__(self, pallet: AssetConversion) -> None:
        self._pallet = pallet

    def hops_for_input(self, path: Path, amount: Balance) -> Hops:
        """Return what happens on the way of `amount` along a path, which is not empty."""
        hops: list[Hop] = []
        for asset, is_sale in self._pools_of(path):
            hop = Hop(asset, is_sale, self._given(asset, amount, is_sale=is_sale))
            ensure(hop.swap.amount_out > 0, Error.ZERO_AMOUNT)
            hops.append(hop)
            amount = hop.swap.amount_out
        return tuple(hops)

    def hops_for_output(self, path: Path, amount: Balance) -> Hops:
        """Return what happens on the way so that `amount` arrives at the end of a path."""
        hops: list[Hop] = []
        ensure(amount > 0, Error.ZERO_AMOUNT)
        for asset, is_sale in reversed(self._pools_of(path)):
            hop = Hop(asset, is_sale, self._wanted(asset, amount, is_sale=is_sale))
            hops.append(hop)
            amount = hop.swap.amount_in
        return tuple(reversed(hops))

    def execute(self, order: Order, path: Path, hops: Hops) -> None:
        """Move what a swap moves: in, through the pools, and out."""
        pallet, source, keep_alive = self._pallet, order.who, order.keep_alive
        paid: list[Balance] = []
        for hop in hops:
            self._ensure_reserve(hop)
        for kind, hop in zip(path, hops, strict=False):
            pot = pallet.pot(hop.asset)
            self._move(kind, source, pot, hop.swap.amount_in, order.who, keep_alive=keep_alive)
            paid.append(self._take_fees(hop, pot))
            source, keep_alive = pot, True
        out = hops[-1].swap.amount_out
        self._move(path[-1], source, order.send_to, out, order.who, keep_alive=True)
        for hop, to_treasury in zip(hops, paid, strict=True):
            pallet.prices.note(hop.asset, to_treasury)
        amounts = (*(hop.swap.amount_in for hop in hops), out)
        through = tuple(zip(path, amounts, strict=True))
        pallet.deposit(SwapExecuted(order.who, order.send_to, amounts[0], out, through))

    def _pools_of(self, path: Path) -> list[tuple[AssetId, bool]]:
        """Return the pools on a path, and whether AGPU is sold in each, or refuse the path."""
        ensure(2 <= len(path) <= MAX_PATH, Error.INVALID_PATH)
        ensure(
            all(one not in path[:place] for place, one in enumerate(path)), Error.NON_UNIQUE_PATH
        )
        found: list[tuple[AssetId, bool]] = []
        for one, other in pairwise(path):
            if isinstance(one, Native) and isinstance(other, WithId):
                found.append((other.id, True))
            elif isinstance(one, WithId) and isinstance(other, Native):
                found.append((one.id, False))
            else:
                raise DispatchError(Error.INVALID_PATH)
            self._pallet.liquidity.token(found[-1][0])
        return found

    def _given(self, asset: AssetId, amount: Balance, *, is_sale: bool) -> Swap:
        agpu, other = self._reserves(asset)
        swap = formulas.sell_agpu if is_sale else formulas.buy_agpu
        return swap(self._pallet.terms.exchange, agpu, other, amount)

    def _wanted(self, asset: AssetId, amount: Balance, *, is_sale: bool) -> Swap:
        fees, (agpu, other) = self._pallet.terms.exchange, self._reserves(asset)
        if is_sale:
            ensure(amount < other, Error.AMOUNT_OUT_TOO_HIGH)
            return formulas.sell_agpu_for(fees, agpu, other, amount)
        ensure(formulas.gross_for(fees, amount) < agpu, Error.AMOUNT_OUT_TOO_HIGH)
        return formulas.buy_agpu_for(fees, agpu, other, amount)

    def _reserves(self, asset: AssetId) -> tuple[Balance, Balance]:
        reserves = self._pallet.reserves(asset)
        ensure(min(reserves) > 0, Error.ZERO_LIQUIDITY)
        return reserves

    def _ensure_reserve(self, hop: Hop) -> None:
        """Let a pool keep the AGPU that its account needs to live."""
        agpu, _ = self._pallet.reserves(hop.asset)
        left = agpu - hop.swap.protocol
        left += hop.swap.amount_in if hop.is_sale else -hop.swap.amount_out
        least = self._pallet.config.existential_deposit
        ensure(left >= least, Error.RESERVE_LEFT_LESS_THAN_MINIMAL)

    def _take_fees(self, hop: Hop, pot: AccountId) -> Balance:
        """Burn one part of the AGPU that is not the pool's; return what the treasury got.

        What the treasury cannot take, since it would be less than an account needs, is burned too.
        """
        pallet, swap = self._pallet, hop.swap
        if not swap.protocol:
            return 0
        burned, treasury = swap.burned, pallet.treasury.account
        move = pallet.agpu.transfer
        if not swap.to_treasury or not pallet.attempt(move, pot, treasury, swap.to_treasury):
            burned = swap.protocol
        if burned:
            pallet.agpu.burn_for(BurnReason.SWAP, pot, burned)
        pool = (NATIVE, WithId(hop.asset))
        pallet.deposit(FeesTaken(pool, burned, swap.protocol - burned))
        return swap.protocol - burned

    def _move(
        self,
        kind: NativeOrWithId,
        source: AccountId,
        dest: AccountId,
        amount: Balance,
        payer: AccountId,
        *,
        keep_alive: bool,
    ) -> None:
        if isinstance(kind, WithId):
            self._pallet.tokens.move(
                kind.id, source, dest, amount, payer=payer, keep_alive=keep_alive
            )
        elif keep_alive:
            self._pallet.agpu.transfer(source, dest, amount)
        else:
            self._pallet.agpu.transfer_and_reap(source, dest, amount)
