"""The chain puts the treasury's funds into pools for the treasury alone, and little by little.

Whoever made a pool sets its price. Could the track of root choose how much goes in and who has the
share, one referendum would take all that the windows of the spending tracks keep.
"""

from __future__ import annotations

from typing import Any

import pytest

from runtime.frame import DispatchError, GovernanceOrigin, Governed, PalletError, Root, Signed
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets.asset_conversion import Error
from runtime.pallets.treasury import Error as TreasuryError
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.support.bench import account
from tests.support.chain import MemoryChain

MALLORY = account(66)
JUNK = 7
"""An asset of which Mallory makes as much as it likes."""
PAIR = (NATIVE, WithId(JUNK))
POT = 1_000_000 * UNIT
SUPPLY = 10**30


class World:
    """A treasury of a million AGPU, and a pool whose price Mallory chooses."""

    def __init__(self) -> None:
        self.made = MemoryChain(treasury=POT + UNIT // 1_000).runtime()
        self.pools, self.treasury = self.made.asset_conversion, self.made.treasury
        self.made.balances.mint_into(MALLORY, 1_000 * UNIT)
        tokens = self.made.assets.ledger
        tokens.create(JUNK, MALLORY, 1)
        tokens.mint_into(JUNK, MALLORY, SUPPLY)
        tokens.mint_into(JUNK, self.treasury.account, SUPPLY)
        self.call(self.pools.create_pool, Root(), *PAIR)

    def call(self, call: Any, *arguments: Any) -> None:
        with self.made.context.transaction():
            call(*arguments)

    def add(self, agpu: int, mint_to: bytes) -> None:
        self.call(self.pools.add_liquidity, Root(), *PAIR, agpu, 10**12, 0, 0, mint_to)

    def refused(self, error: PalletError, call: Any, *arguments: Any) -> None:
        with pytest.raises(DispatchError) as caught:
            self.call(call, *arguments)
        assert caught.value.error is error


@pytest.fixture
def world() -> World:
    return World()


def test_attack_of_root_a_share_that_the_treasury_paid_is_the_treasurys(world: World) -> None:
    before = world.treasury.pot()
    world.refused(Error.NOT_THE_TREASURY, world.add, 10 * UNIT, MALLORY)
    assert world.treasury.pot() == before
    world.add(10 * UNIT, world.treasury.account)
    token = world.pools.shares_of(JUNK)
    assert token is not None
    owned = world.made.pool_assets.ledger.balance(token, world.treasury.account)
    remove = world.pools.remove_liquidity
    world.refused(Error.NOT_THE_TREASURY, remove, Root(), *PAIR, owned // 2, 0, 0, MALLORY)
    world.call(remove, Root(), *PAIR, owned // 2, 0, 0, world.treasury.account)
    assert 5 * UNIT <= before - world.treasury.pot() < 5 * UNIT + 10**9


def test_attack_of_root_a_pool_of_junk_takes_three_percent_of_the_treasury_in_28_eras(
    world: World,
) -> None:
    world.refused(TreasuryError.WINDOW_EXHAUSTED, world.add, POT * 4 // 100, world.treasury.account)
    world.add(POT * 3 // 100, world.treasury.account)
    world.refused(TreasuryError.WINDOW_EXHAUSTED, world.add, UNIT, world.treasury.account)
    big, one = Governed(GovernanceOrigin.BIG_SPENDER), (NATIVE, UNIT, Id(MALLORY), None)
    world.refused(TreasuryError.WINDOW_EXHAUSTED, world.treasury.spend, big, *one)
    before, path = world.made.balances.free(MALLORY), (WithId(JUNK), NATIVE)
    swap = world.pools.swap_exact_tokens_for_tokens
    world.call(swap, Signed(MALLORY), path, 10**15, 0, MALLORY, False)
    taken = world.made.balances.free(MALLORY) - before
    assert POT * 29 // 1_000 < taken < POT * 3 // 100, "all of what went in, and no more"
    era = world.made.treasury.config.era_blocks
    world.made.context.number += 28 * era
    world.add(UNIT, world.treasury.account)


def test_while_the_treasury_keeps_what_it_has_the_chain_puts_none_of_it_into_pools(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.made.stability), "is_holding", lambda _: True)
    world.refused(TreasuryError.HELD_BACK, world.add, UNIT, world.treasury.account)
