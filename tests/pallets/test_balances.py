"""Balances: what moves, what is held, what is burned, what is refused."""

import pytest

from runtime.constants import LIMITS
from runtime.frame import BadOrigin, NoOrigin, Root, Signed, TokenError
from runtime.frame.dispatch import LookupFailure
from runtime.frame.fungible import FreezeReason, HoldReason
from runtime.pallets.balances import (
    Balances,
    Burned,
    BurnedHeld,
    DustLost,
    Endowed,
    Frozen,
    Held,
    Released,
    Thawed,
    Transfer,
    TransferOnHold,
)
from runtime.pallets.system import Config, KilledAccount, NewAccount, System
from runtime.primitives.extrinsic import Id, Raw
from tests.support.bench import Bench, account

ALICE, BOB, CAROL = account(1), account(2), account(3)
BOND = HoldReason.PROVIDER_BOND


class World(Bench):
    """AGPU over System's accounts, and AMAX with its own; Alice has 100 of each."""

    def __init__(self) -> None:
        super().__init__()
        self.system = self.add(System(self.context, Config(42, LIMITS), index=0))
        self.agpu = self.add(Balances(self.context, 10, self.system, index=6, name="Balances"))
        self.amax = self.add(Balances(self.context, 10, index=40, name="Amax"))
        self.agpu.build(((ALICE, 100),))
        self.amax.build(((ALICE, 100),))
        self.context.events.clear()


@pytest.fixture
def world() -> World:
    return World()


def test_a_transfer_creates_the_receiver(world: World) -> None:
    world.call(world.agpu.transfer_keep_alive, Signed(ALICE), Id(BOB), 30)
    assert (world.agpu.free(ALICE), world.agpu.free(BOB)) == (70, 30)
    assert world.happened() == [NewAccount(BOB), Endowed(BOB, 30), Transfer(ALICE, BOB, 30)]


def test_req_26_the_two_tokens_are_apart(world: World) -> None:
    world.call(world.amax.transfer_keep_alive, Signed(ALICE), Id(BOB), 30)
    assert (world.agpu.free(ALICE), world.agpu.free(BOB)) == (100, 0)
    assert (world.amax.free(ALICE), world.amax.free(BOB)) == (70, 30)


def test_an_account_that_sends_everything_dies(world: World) -> None:
    world.call(world.agpu.transfer_allow_death, Signed(ALICE), Id(BOB), 100)
    assert KilledAccount(ALICE) in world.happened()
    assert world.system.account[ALICE].providers == 0


def test_dust_is_burned(world: World) -> None:
    world.call(world.agpu.transfer_allow_death, Signed(ALICE), Id(BOB), 95)
    assert DustLost(ALICE, 5) in world.happened()
    assert (world.agpu.total_issuance, world.agpu.free(ALICE)) == (95, 0)


def test_transfer_all_leaves_the_existential_deposit_if_asked(world: World) -> None:
    world.call(world.agpu.transfer_all, Signed(ALICE), Id(BOB), True)
    assert (world.agpu.free(ALICE), world.agpu.free(BOB)) == (10, 90)


def test_a_hold_can_be_released_paid_and_burned(world: World) -> None:
    world.agpu.hold(BOND, ALICE, 60)
    world.agpu.release(BOND, ALICE, 10)
    world.agpu.transfer_on_hold(BOND, ALICE, BOB, 20)
    world.agpu.burn_held(BOND, ALICE, 5)
    assert (world.agpu.free(ALICE), world.agpu.held(BOND, ALICE)) == (50, 25)
    assert (world.agpu.free(BOB), world.agpu.total_issuance) == (20, 95)
    assert [e for e in world.happened() if not isinstance(e, NewAccount | Endowed)] == [
        Held(BOND, ALICE, 60),
        Released(BOND, ALICE, 10),
        TransferOnHold(BOND, ALICE, BOB, 20),
        BurnedHeld(BOND, ALICE, 5),
    ]
    world.agpu.try_state()


def test_burning_lowers_the_issuance(world: World) -> None:
    world.call(world.agpu.burn, Signed(ALICE), 40, True)
    assert world.happened() == [Burned(ALICE, 40)]
    assert (world.agpu.total_issuance, world.agpu.free(ALICE)) == (60, 60)


@pytest.mark.parametrize(
    ("amount", "dest", "error"),
    [
        (101, Id(BOB), TokenError.FUNDS_UNAVAILABLE),
        (95, Id(BOB), TokenError.NOT_EXPENDABLE),
        (9, Id(BOB), TokenError.BELOW_MINIMUM),
        (20, Raw(b"x"), LookupFailure.CANNOT_LOOKUP),
    ],
)
def test_transfers_that_cannot_be_change_nothing(world: World, amount, dest, error) -> None:
    with world.refuses(error):
        world.call(world.agpu.transfer_keep_alive, Signed(ALICE), dest, amount)


@pytest.mark.parametrize("origin", [Root(), NoOrigin()])
def test_only_a_signer_can_transfer(world: World, origin) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.agpu.transfer_keep_alive, origin, Id(BOB), 20)


def test_what_is_held_cannot_be_spent_or_released_twice(world: World) -> None:
    world.agpu.hold(BOND, ALICE, 60)
    with world.refuses(TokenError.NOT_EXPENDABLE):
        world.call(world.agpu.transfer_allow_death, Signed(ALICE), Id(BOB), 35)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.agpu.release(BOND, ALICE, 61)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.agpu.hold(HoldReason.JOB_ESCROW, ALICE, 31)


LOCK, VOTES = FreezeReason.GOVERNANCE_LOCK, FreezeReason.CONVICTION_VOTING


def test_freezes_overlap_and_the_highest_counts(world: World) -> None:
    world.amax.set_freeze(LOCK, ALICE, 60)
    world.amax.set_freeze(VOTES, ALICE, 80)
    world.amax.set_freeze(LOCK, ALICE, 70)
    assert world.happened() == [Frozen(ALICE, 60), Frozen(ALICE, 20)]
    assert world.amax.reducible(ALICE, keep_alive=False) == 20
    with world.refuses(TokenError.FROZEN):
        world.call(world.amax.transfer_allow_death, Signed(ALICE), Id(BOB), 21)
    world.amax.set_freeze(VOTES, ALICE, 0)
    assert world.happened()[-1] == Thawed(ALICE, 10)
    world.call(world.amax.transfer_allow_death, Signed(ALICE), Id(BOB), 30)
    world.amax.set_freeze(LOCK, ALICE, 0)
    assert dict(world.amax.freezes.items()) == {}
    world.amax.try_state()


def test_what_does_not_vote_is_no_active_issuance(world: World) -> None:
    world.amax.deactivate(30)
    assert (world.amax.total_issuance, world.amax.active_issuance()) == (100, 70)
    world.amax.deactivate(-30)
    assert world.amax.active_issuance() == 100


def test_what_is_held_covers_what_is_frozen(world: World) -> None:
    world.amax.hold(BOND, ALICE, 60)
    world.amax.set_freeze(LOCK, ALICE, 50)
    world.call(world.amax.transfer_allow_death, Signed(ALICE), Id(BOB), 30)
    world.amax.burn_held(BOND, ALICE, 60)
    world.amax.try_state()
    with world.refuses(TokenError.FROZEN):
        world.call(world.amax.transfer_allow_death, Signed(ALICE), Id(BOB), 10)


def test_an_account_of_which_something_is_frozen_does_not_end(world: World) -> None:
    """A freeze of less than the existential deposit once outlived its account."""
    for ledger in (world.agpu, world.amax):
        ledger.set_freeze(LOCK, ALICE, 3)
        with world.refuses(TokenError.NOT_EXPENDABLE):
            world.call(ledger.transfer_allow_death, Signed(ALICE), Id(BOB), 97)
        world.call(ledger.transfer_all, Signed(ALICE), Id(BOB), False)
        assert (ledger.free(ALICE), ledger.free(BOB)) == (10, 90)
        ledger.set_freeze(LOCK, ALICE, 0)
        world.call(ledger.transfer_all, Signed(ALICE), Id(BOB), False)
        assert ledger.free(BOB) == 100
