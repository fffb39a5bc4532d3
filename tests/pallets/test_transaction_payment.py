"""Fees: what a block collects is burned, paid to the treasury and paid to the author."""

import pytest

from runtime.constants import LIMITS
from runtime.frame import TokenError, Weight
from runtime.pallets.balances import Balances
from runtime.pallets.system import Config as SystemConfig
from runtime.pallets.system import System
from runtime.pallets.transaction_payment import (
    FIXED_ONE,
    MIN_MULTIPLIER,
    Config,
    TransactionFeePaid,
    TransactionPayment,
)
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms

ALICE, AUTHOR, TREASURY = account(1), account(2), account(3)
BLOCK = 1_000_000


class World(Bench):
    """Alice, an author and a treasury with 1000 each."""

    def __init__(self) -> None:
        super().__init__()
        system = self.add(System(self.context, SystemConfig(42, LIMITS), index=0))
        self.agpu = self.add(Balances(self.context, 10, system, index=6, name="Balances"))
        self.agpu.build(tuple((who, 1000) for who in (ALICE, AUTHOR, TREASURY)))
        config, self.terms = Config(100, 2, 10, BLOCK, TREASURY), free_terms(self.context)
        self.payment = self.add(
            TransactionPayment(self.context, self.agpu, self.terms, config, index=7)
        )
        self.context.events.clear()


@pytest.fixture
def world() -> World:
    return World()


def test_req_60_half_of_a_fee_is_burned_and_the_rest_is_shared(world: World) -> None:
    world.context.author = AUTHOR
    world.payment.charge(ALICE, 200, 50)
    world.agpu.try_state()
    world.payment.settle(0)
    assert world.agpu.free(ALICE) == 750
    assert world.agpu.free(TREASURY) == 1060
    assert world.agpu.free(AUTHOR) == 1000 + 40 + 40
    assert world.agpu.total_issuance == 3000 - 100 - 10
    world.agpu.try_state()


def test_without_an_author_its_share_is_burned(world: World) -> None:
    world.payment.charge(ALICE, 200, 0)
    world.payment.settle(0)
    assert world.agpu.total_issuance == 3000 - 100 - 40


def test_a_fee_counts_base_length_and_weight(world: World) -> None:
    weight = Weight(compute=5)
    assert world.payment.fee_parts(30, weight.ref_time) == (100, 60, 500)
    world.payment.next_fee_multiplier = 2 * FIXED_ONE
    assert world.payment.fee_parts(30, weight.ref_time) == (100, 60, 1000)


def test_who_cannot_pay_is_refused(world: World) -> None:
    with world.refuses(TokenError.NOT_EXPENDABLE):
        world.payment.charge(ALICE, 995, 0)


def test_the_payment_is_announced_with_its_tip(world: World) -> None:
    world.payment.announce(ALICE, 10, 3)
    assert world.happened() == [TransactionFeePaid(ALICE, 13, 3)]


def test_the_multiplier_follows_the_fullness_of_blocks(world: World) -> None:
    world.payment.next_fee_multiplier = 10 * FIXED_ONE
    world.payment.settle(BLOCK // 4)
    assert world.payment.next_fee_multiplier == 10 * FIXED_ONE
    world.payment.settle(BLOCK)
    full = world.payment.next_fee_multiplier
    assert 10 * FIXED_ONE < full < 10 * FIXED_ONE * (100_000 + 1) // 100_000
    world.payment.settle(0)
    assert world.payment.next_fee_multiplier < full
    world.payment.next_fee_multiplier = MIN_MULTIPLIER
    world.payment.settle(0)
    assert world.payment.next_fee_multiplier == MIN_MULTIPLIER
