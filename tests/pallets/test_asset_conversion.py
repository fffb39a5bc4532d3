"""Pools: no swap mints AGPU, no product falls, nobody gets less than he agreed to (req 66)."""

from contextlib import suppress

import pytest

from runtime.frame import BadOrigin, DispatchError, Root, Signed, TokenError
from runtime.frame.fungible import BurnReason, HoldReason
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets import assets
from runtime.pallets.asset_conversion import LOCKED_SHARES, Error, FeesTaken, SwapExecuted
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.pools import (
    AGPU_COIN,
    ANNA,
    BERT,
    CARA,
    CENTS,
    COIN,
    COIN_AGPU,
    COIN_SHELL,
    DORA,
    NOTHING,
    POOL_DEPOSIT,
    SHELL,
    TREASURY,
    PoolWorld,
)

PAIR = (NATIVE, WithId(COIN))
POOLED = 100_000
"""AGPU, and as many coins."""


@pytest.fixture
def world() -> PoolWorld:
    return PoolWorld()


def test_a_pool_is_of_agpu_and_an_asset_that_exists() -> None:
    world = PoolWorld(with_pools=False)
    create = world.pools.create_pool
    for pair in ((NATIVE, NATIVE), (WithId(COIN), WithId(SHELL)), (WithId(COIN), WithId(COIN))):
        with world.refuses(Error.INVALID_ASSET_PAIR):
            world.call(create, Signed(ANNA), *pair)
    with world.refuses(TokenError.UNKNOWN_ASSET):
        world.call(create, Signed(ANNA), NATIVE, WithId(NOTHING))
    world.call(create, Signed(ANNA), *COIN_AGPU)
    assert world.agpu.held(HoldReason.POOL_DEPOSIT, ANNA) == POOL_DEPOSIT
    with world.refuses(Error.POOL_EXISTS):
        world.call(create, Signed(BERT), *AGPU_COIN)


def test_only_pools_create_shares(world: PoolWorld) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.shares.create, Signed(ANNA), 9, Id(ANNA), 1)
    for name in ("mint", "burn"):
        with world.refuses(assets.Error.NO_PERMISSION):
            world.call(getattr(world.shares, name), Signed(ANNA), 0, Id(ANNA), 10**9)


def test_the_first_shares_are_the_root_of_the_product_and_a_million_stay(world: PoolWorld) -> None:
    whole = POOLED * 10**9
    assert world.owned(ANNA) == whole - LOCKED_SHARES
    assert world.owned(world.pools.pot(COIN)) == LOCKED_SHARES
    assert world.shares.ledger.total_issuance(0) == whole


def test_what_is_added_keeps_the_price(world: PoolWorld) -> None:
    world.add_to(10 * UNIT, 1_000 * CENTS, who=BERT)
    assert world.pools.reserves(COIN) == ((POOLED + 10) * UNIT, (POOLED + 10) * CENTS)
    world.add_to(1_000 * UNIT, 10 * CENTS, who=BERT)
    assert world.pools.reserves(COIN) == ((POOLED + 20) * UNIT, (POOLED + 20) * CENTS)
    assert world.owned(BERT) == 20 * 10**9


def test_amounts_and_their_bounds_follow_the_order_of_the_assets(world: PoolWorld) -> None:
    add, who = world.pools.add_liquidity, Signed(BERT)
    cases = (
        (AGPU_COIN, (UNIT, CENTS), (UNIT + 1, 0), Error.ASSET_ONE_DEPOSIT_DID_NOT_MEET_MINIMUM),
        (AGPU_COIN, (UNIT, CENTS), (0, CENTS + 1), Error.ASSET_TWO_DEPOSIT_DID_NOT_MEET_MINIMUM),
        (COIN_AGPU, (CENTS, UNIT), (CENTS + 1, 0), Error.ASSET_ONE_DEPOSIT_DID_NOT_MEET_MINIMUM),
        (COIN_AGPU, (CENTS, UNIT), (0, UNIT + 1), Error.ASSET_TWO_DEPOSIT_DID_NOT_MEET_MINIMUM),
    )
    for pair, desired, least, error in cases:
        with world.refuses(error):
            world.call(add, who, *pair, *desired, *least, BERT)
    world.call(add, who, *COIN_AGPU, CENTS, UNIT, CENTS, UNIT, CARA)
    assert world.owned(CARA) == 10**9
    remove = world.pools.remove_liquidity
    one, two = (
        Error.ASSET_ONE_WITHDRAWAL_DID_NOT_MEET_MINIMUM,
        Error.ASSET_TWO_WITHDRAWAL_DID_NOT_MEET_MINIMUM,
    )
    for pair, least, error in (
        (AGPU_COIN, (UNIT + 1, 0), one),
        (AGPU_COIN, (0, CENTS + 1), two),
        (COIN_AGPU, (CENTS + 1, 0), one),
        (COIN_AGPU, (0, UNIT + 1), two),
    ):
        with world.refuses(error):
            world.call(remove, Signed(CARA), *pair, 10**9, *least, CARA)
    world.call(remove, Signed(CARA), *COIN_AGPU, 10**9, CENTS, UNIT, CARA)
    assert (world.owned(CARA), world.pools.reserves(COIN)) == (0, (POOLED * UNIT, POOLED * CENTS))


def test_too_little_is_not_a_share(world: PoolWorld) -> None:
    add, remove, who = world.pools.add_liquidity, world.pools.remove_liquidity, Signed(BERT)
    with world.refuses(Error.WRONG_DESIRED_AMOUNT):
        world.call(add, who, *PAIR, 0, CENTS, 0, 0, BERT)
    with world.refuses(Error.INSUFFICIENT_LIQUIDITY_MINTED):
        world.call(add, who, *PAIR, 10**9, 10**3, 0, 0, BERT)
    with world.refuses(Error.POOL_NOT_FOUND):
        world.call(add, who, NATIVE, WithId(NOTHING), 1, 1, 0, 0, BERT)
    with world.refuses(Error.ZERO_LIQUIDITY):
        world.call(remove, who, *PAIR, 1, 0, 0, BERT)
    with world.refuses(Error.ZERO_LIQUIDITY):
        world.call(remove, Signed(ANNA), *PAIR, 0, 0, 0, BERT)


def test_a_share_below_the_least_goes_with_the_rest(world: PoolWorld) -> None:
    world.take_out(world.owned(ANNA) - LOCKED_SHARES + 1)
    assert world.owned(ANNA) == 0
    assert world.shares.ledger.total_issuance(0) == LOCKED_SHARES
    agpu, coins = world.pools.reserves(COIN)
    assert (agpu, coins) == (10**9, 10**3)


def test_req_66_agpu_is_exchanged_for_a_coin_and_part_of_the_fee_burns(world: PoolWorld) -> None:
    issued, product, pot = world.agpu.total_issuance, world.product(), world.agpu.free(TREASURY)
    out = world.swap(AGPU_COIN, 1_000 * UNIT)
    half = UNIT // 2
    assert out == POOLED * CENTS * 997 // (POOLED + 997)
    said = [one for one in world.happened() if isinstance(one, FeesTaken | SwapExecuted)]
    assert said == [
        FeesTaken(PAIR, half, half),
        SwapExecuted(BERT, BERT, 1_000 * UNIT, out, ((NATIVE, 1_000 * UNIT), (WithId(COIN), out))),
    ]
    assert world.agpu.total_issuance == issued - half
    assert world.agpu.burned_by_reason[BurnReason.SWAP] == half
    assert world.agpu.free(TREASURY) == pot + half
    assert world.product() > product
    back = world.swap(COIN_AGPU, out)
    assert back < 1_000 * UNIT * 995 // 1_000
    assert world.agpu.total_issuance < issued - half


def test_a_swap_goes_through_two_pools(world: PoolWorld) -> None:
    out = world.swap(COIN_SHELL, 1_000 * CENTS)
    assert 970 * CENTS < out < 980 * CENTS
    fees = [one for one in world.happened() if isinstance(one, FeesTaken)]
    assert [one.pool_id for one in fees] == [(NATIVE, WithId(COIN)), (NATIVE, WithId(SHELL))]
    (said,) = (one for one in world.happened() if isinstance(one, SwapExecuted))
    assert [kind for kind, _ in said.path] == list(COIN_SHELL)


def test_an_exact_amount_comes_out(world: PoolWorld) -> None:
    for path in (AGPU_COIN, COIN_AGPU, COIN_SHELL):
        before = world.has(path[-1], BERT)
        amount = 10 * (UNIT if path[-1] == NATIVE else CENTS)
        quoted = world.pools.quotes.input(path, amount)
        assert world.swap_for(path, amount) == quoted
        assert world.has(path[-1], BERT) - before == amount


def test_nobody_gets_less_or_gives_more_than_he_agreed_to(world: PoolWorld) -> None:
    """A sandwich pushes the price before a swap: the swap is refused, or is what was agreed to."""
    quoted = world.pools.quotes.output(AGPU_COIN, 1_000 * UNIT)
    assert quoted is not None
    in_front = world.swap(AGPU_COIN, 5_000 * UNIT, who=CARA)
    with world.refuses(Error.PROVIDED_MINIMUM_NOT_SUFFICIENT_FOR_SWAP):
        world.swap(AGPU_COIN, 1_000 * UNIT, quoted * 99 // 100)
    with world.refuses(Error.PROVIDED_MAXIMUM_NOT_SUFFICIENT_FOR_SWAP):
        world.swap_for(AGPU_COIN, quoted, 1_000 * UNIT)
    assert world.swap(COIN_AGPU, in_front, who=CARA) < 5_000 * UNIT


def test_a_path_is_refused_that_leads_nowhere(world: PoolWorld) -> None:
    cases = (
        ((), Error.INVALID_PATH),
        ((NATIVE,), Error.INVALID_PATH),
        ((WithId(COIN), WithId(SHELL)), Error.INVALID_PATH),
        ((NATIVE, WithId(COIN), WithId(SHELL)), Error.INVALID_PATH),
        ((NATIVE, WithId(COIN), NATIVE), Error.NON_UNIQUE_PATH),
        ((*COIN_SHELL, NATIVE), Error.INVALID_PATH),
        ((NATIVE, WithId(NOTHING)), Error.POOL_NOT_FOUND),
    )
    pools = world.pools
    for path, error in cases:
        for swap in (pools.swap_exact_tokens_for_tokens, pools.swap_tokens_for_exact_tokens):
            with world.refuses(error):
                world.call(swap, Signed(BERT), path, UNIT, UNIT, BERT, False)


def test_a_swap_is_refused_that_is_nothing_or_too_much(world: PoolWorld) -> None:
    for amount in (0, 1):
        with world.refuses(Error.ZERO_AMOUNT):
            world.swap(AGPU_COIN, amount)
    with world.refuses(Error.ZERO_AMOUNT):
        world.swap_for(AGPU_COIN, 0)
    for path, amount in ((AGPU_COIN, POOLED * CENTS), (COIN_AGPU, POOLED * UNIT)):
        with world.refuses(Error.AMOUNT_OUT_TOO_HIGH):
            world.swap_for(path, amount)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.swap(AGPU_COIN, 10**9 * UNIT)
    empty = PoolWorld(with_pools=False)
    empty.call(empty.pools.create_pool, Signed(ANNA), *PAIR)
    with empty.refuses(Error.ZERO_LIQUIDITY):
        empty.swap(AGPU_COIN, UNIT)


def test_a_pool_is_not_emptied_below_what_its_accounts_need() -> None:
    world = PoolWorld(agpu=1, coins=10)
    with world.refuses(Error.RESERVE_LEFT_LESS_THAN_MINIMAL):
        world.swap_for(COIN_AGPU, 998_500 * 10**6)


def test_who_has_no_account_for_a_coin_pays_for_it(world: PoolWorld) -> None:
    world.call(world.assets.create, Signed(ANNA), 7, Id(ANNA), 1)
    world.call(world.assets.mint, Signed(ANNA), 7, Id(ANNA), 10**9)
    world.call(world.pools.create_pool, Signed(ANNA), NATIVE, WithId(7))
    world.add_to(100 * UNIT, 10**8, coin=7)
    world.swap((NATIVE, WithId(7)), UNIT)
    assert world.agpu.held(HoldReason.ASSET_DEPOSIT, BERT) == UNIT // 50


def test_shares_move_like_any_asset(world: PoolWorld) -> None:
    """Composable for builders (req 67): a share that was passed on is worth what it was."""
    world.call(world.shares.transfer, Signed(ANNA), 0, Id(DORA), 10**12)
    before = world.agpu.free(DORA)
    world.take_out(10**12, who=DORA)
    assert world.agpu.free(DORA) == before + 1_000 * UNIT


def test_the_treasury_share_leaves_by_the_chain_alone(world: PoolWorld) -> None:
    add, remove = world.pools.add_liquidity, world.pools.remove_liquidity
    world.call(add, Root(), *PAIR, UNIT, CENTS, 0, 0, TREASURY)
    owned = world.owned(TREASURY)
    assert owned == 10**9
    for who in (ANNA, BERT):
        before = world.owned(TREASURY)
        with suppress(DispatchError):
            world.call(remove, Signed(who), *PAIR, owned, 0, 0, who)
        assert world.owned(TREASURY) == before
    world.treasury.committed = world.treasury.pot()
    with world.refuses(Error.COMMITTED):
        world.call(add, Root(), *PAIR, UNIT, CENTS, 0, 0, TREASURY)
    world.call(remove, Root(), *PAIR, owned, 0, 0, TREASURY)
    assert world.owned(TREASURY) == 0


def test_the_first_provider_cannot_inflate_a_share_so_that_the_next_gets_nothing() -> None:
    """A gift of 10 000 AGPU buys an attacker with the least pool less than a hundredth of it."""
    world = PoolWorld(with_pools=False)
    world.call(world.pools.create_pool, Signed(CARA), *PAIR)
    world.add_to(4 * 10**9, 1_100, who=CARA)
    pot, gift = world.pools.pot(COIN), 10_000
    world.agpu.transfer(CARA, pot, gift * UNIT)
    world.assets.ledger.transfer(COIN, CARA, pot, gift * CENTS, keep_alive=True)
    with world.refuses(Error.INSUFFICIENT_LIQUIDITY_MINTED):
        world.add_to(UNIT, CENTS, who=BERT)
    before = world.agpu.free(CARA)
    world.take_out(world.owned(CARA), who=CARA)
    assert world.agpu.free(CARA) - before < gift * UNIT * 53 // 100


def test_a_wash_trader_who_owns_the_pool_loses_a_third_of_the_fee() -> None:
    """The design's inequality: of 30 parts, 20 come back, and of the treasury's 5 half at most."""
    world = PoolWorld()
    before = world.agpu.free(ANNA) + world.pools.reserves(COIN)[0]
    volume = 0
    for _ in range(10):
        out = world.swap(AGPU_COIN, 1_000 * UNIT, who=ANNA)
        volume += 2_000
        world.swap(COIN_AGPU, out, who=ANNA)
    lost = before - world.agpu.free(ANNA) - world.pools.reserves(COIN)[0]
    assert 0.00098 * volume * UNIT < lost < 0.001 * volume * UNIT
    returned = world.pools.to_treasury(COIN) // 2
    assert lost - returned > 0.00073 * volume * UNIT
