"""Absorption on the real pools: their prices, their fees, and what a speculator around it gains."""

from dataclasses import replace

import pytest

from runtime.frame import GovernanceOrigin, Governed, Signed, ensure_root
from runtime.pallets import asset_conversion
from runtime.pallets.balances import Balances
from runtime.pallets.stability import Config, Error, Ports, Stability, Stable
from runtime.pallets.stability.formulas import FIXED_ONE, is_near
from runtime.pallets.treasury import Treasury
from runtime.primitives.types import UNIT
from runtime.terms import Trading
from runtime.terms.records import PERBILL
from runtime.terms.registry import POINT
from runtime.terms.relations import what_is_near_the_average_can_be_bought
from runtime.tracks import ABSORPTION, PARAMETERS, treasury_config
from tests.pallets.pools import AGPU_COIN, BERT, CARA, CENTS, COIN, COIN_AGPU, DAY, LEAST, PoolWorld
from tests.support.chain import CHAIN

BIG = Governed(GovernanceOrigin.BIG_SPENDER)
ECONOMIC = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
SLIVER = 100_000 * CENTS // 400


class AbsorbingWorld(PoolWorld):
    """A treasury with coins that buys from the pool; chance has drawn, and the feed is healthy."""

    def __init__(self) -> None:
        super().__init__()
        self.amax = self.add(Balances(self.context, LEAST, index=40, name="Amax"))
        self.spender = self.add(
            Treasury(
                self.context,
                self.agpu,
                self.amax,
                ensure_root,
                treasury_config(CHAIN, LEAST),
                assets=self.assets.ledger,
                terms=self.terms,
                index=19,
            )
        )
        exchange = self.pools
        ports = Ports(self.agpu, self.spender, self.assets.ledger, exchange, self, self, self)
        self.stability = self.add(
            Stability(
                self.context,
                ports,
                ABSORPTION,
                PARAMETERS,
                Config(CHAIN.era_blocks),
                terms=self.terms,
                index=79,
            )
        )
        self.agpu.mint_into(self.spender.account, 1_000 * UNIT)
        self.assets.ledger.mint_into(COIN, self.spender.account, 10_000 * CENTS)
        self.call(self.stability.set_stable, ECONOMIC, Stable(COIN, 0))
        self.call(self.stability.set_absorption_budget, BIG, 1_000 * CENTS, 10**6)

    def is_healthy(self, feed: int) -> bool:
        return feed == 0

    def utilisation(self) -> int | None:
        return None

    def current_epoch(self) -> int:
        return self.context.number // 10

    def of_epoch(self, epoch: int) -> bytes | None:
        return bytes(32)

    def progress(self) -> tuple[int, int]:
        return 9, 10

    def absorb(self) -> None:
        self.call(self.stability.absorb, Signed(CARA))

    def a_day(self) -> None:
        """Let so much time pass that the pool knows its average."""
        for _ in range(DAY + 1):
            self.next_block()


@pytest.fixture
def world() -> AbsorbingWorld:
    return AbsorbingWorld()


def test_a_pool_of_less_than_a_day_is_not_bought_from(world: AbsorbingWorld) -> None:
    with world.refuses(Error.NO_AVERAGE):
        world.absorb()


def test_req_72_a_sliver_of_the_pool_is_bought_and_burned(world: AbsorbingWorld) -> None:
    world.a_day()
    issued, pot = world.agpu.total_issuance, world.spender.pot()
    coins = world.assets.ledger.balance(COIN, world.spender.account)
    product = world.product()
    world.absorb()  # the bench compares what it touched with what it weighs
    sums = world.stability.totals
    assert coins - world.assets.ledger.balance(COIN, world.spender.account) == SLIVER == sums.spent
    assert world.spender.pot() == pot
    assert sums.bought > 0
    assert world.agpu.total_issuance <= issued - sums.bought  # the pool burns of its fee besides
    assert world.product() >= product


@pytest.mark.parametrize("coins", [100, 300, 900])
def test_who_buys_before_it_and_sells_after_it_loses(world: AbsorbingWorld, coins: int) -> None:
    world.a_day()
    bought = world.swap(COIN_AGPU, coins * CENTS, who=BERT)
    world.absorb()
    assert world.swap(AGPU_COIN, bought, who=BERT) < coins * CENTS


def test_who_pushes_the_price_up_stops_it_and_who_pushes_it_down_gets_a_sliver(
    world: AbsorbingWorld,
) -> None:
    world.a_day()
    world.swap(COIN_AGPU, 2_000 * CENTS, who=BERT)
    with world.refuses(Error.PRICE_TOO_HIGH):
        world.absorb()
    world.swap(AGPU_COIN, 20_000 * UNIT, who=BERT)
    _, pooled = world.pools.reserves(COIN)
    world.absorb()
    assert world.stability.totals.spent == pooled // 400


DEAR_POOL = Trading(lp_fee=10**7, burn_fee=2 * 10**6, treasury_fee=2 * 10**6)
"""The highest fees that referenda may set: 1.4 % in all."""
TEN = 10 * CENTS


def absorbing(above: int, dearest: int, part: int) -> AbsorbingWorld:
    """Return a world at a steady price whose pool is as dear as it may be."""
    world = AbsorbingWorld()
    world.terms.exchange = DEAR_POOL
    world.terms.stability = replace(
        world.terms.stability, above_average=above, dearest=dearest, pool_part=part
    )
    world.a_day()
    return world


def test_a_price_bound_below_the_fees_would_never_buy_and_no_referendum_can_set_it() -> None:
    world = absorbing(PERBILL, 101 * POINT, POINT // 2)
    with world.refuses(asset_conversion.Error.PROVIDED_MINIMUM_NOT_SUFFICIENT_FOR_SWAP):
        world.absorb()
    assert not what_is_near_the_average_can_be_bought(world.terms.terms())


@pytest.mark.parametrize("part", [POINT // 20, POINT // 2])
@pytest.mark.parametrize("above", [PERBILL, 105 * POINT])
def test_whatever_referenda_set_a_sliver_is_bought_at_the_price_up_to_which_it_may(
    above: int, part: int
) -> None:
    """The dearest is the least that the relation admits, and AGPU stands as high as it may."""
    own = (PERBILL + part) * PERBILL // (PERBILL - DEAR_POOL.total_fee)
    least = -(-above * own // PERBILL)
    world = absorbing(above, least, part)
    assert what_is_near_the_average_can_be_bought(world.terms.terms())
    assert 101 * POINT <= least <= 110 * POINT, "within the bounds of the parameter"
    while near(world, TEN):
        world.swap(COIN_AGPU, TEN, who=BERT)
    world.absorb()
    assert world.stability.totals.bought > 0


def near(world: AbsorbingWorld, coins: int) -> bool:
    """Say whether AGPU may still be bought after somebody bought some for coins."""
    agpu, pooled = world.pools.reserves(COIN)
    spot = agpu * pooled * FIXED_ONE // (pooled + coins) ** 2
    average = world.pools.twap(COIN)
    assert average is not None, "a day has passed"
    return is_near(spot, average, world.terms.stability.above_average)
