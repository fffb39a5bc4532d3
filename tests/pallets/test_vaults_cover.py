"""Insurance: clients are paid what bonds do not pay, by its members, and nobody can farm it."""

import pytest

from runtime.compute.job import JobClass
from runtime.frame import Signed
from runtime.frame.fungible import BurnReason
from runtime.pallets import vaults
from runtime.pallets.vaults import Insurance
from runtime.pallets.vaults.records import Claim
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPOSIT,
    EVE,
    INSURANCE,
    MARKET,
    RICH,
    TREASURY,
    VaultWorld,
)

HUNDRED = 100 * UNIT


@pytest.fixture
def world() -> VaultWorld:
    """Alice and Bob insure the clients of all providers, and could leave."""
    world = VaultWorld()
    assert world.create(Insurance()) == 0
    world.join(0, ALICE)
    world.join(0, BOB)
    world.next_epoch()
    world.pass_eras(28)
    return world


def collect(world: VaultWorld, who: bytes) -> None:
    world.call(world.vaults.apply_slash, Signed(CAROL), 0, who)


def pay(world: VaultWorld, claim: int = 0) -> None:
    world.call(world.vaults.pay_claim, Signed(CAROL), claim)


def test_a_client_is_paid_what_the_bond_did_not_pay_of_its_loss(world: VaultWorld) -> None:
    burned = world.token.burned_by_reason[BurnReason.BOND]
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=UNIT)
    assert world.vaults.claims[0] == Claim(EVE, UNIT)
    with world.refuses(vaults.Error.NOTHING_COLLECTED):
        pay(world)
    before = world.token.free(EVE)
    collect(world, ALICE)
    collect(world, BOB)
    pay(world)
    assert world.token.free(EVE) == before + UNIT
    assert world.happened()[-1] == vaults.ClaimPaid(0, EVE, UNIT, 0)
    assert world.vaults.claimed == 0
    assert world.held(ALICE) + world.held(BOB) < 2 * HUNDRED - UNIT
    assert world.token.burned_by_reason[BurnReason.BOND] == burned, "moved, not burned"
    with world.refuses(vaults.Error.UNKNOWN_CLAIM):
        pay(world)


def test_a_claim_is_paid_in_parts_as_it_is_collected(world: VaultWorld) -> None:
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=UNIT)
    collect(world, ALICE)
    pay(world)
    (paid,) = (one for one in world.happened() if isinstance(one, vaults.ClaimPaid))
    assert UNIT // 2 <= paid.amount < UNIT * 6 // 10
    assert paid.left == world.vaults.claims[0].amount == UNIT - paid.amount
    collect(world, BOB)
    pay(world)
    assert (0 in world.vaults.claims, world.vaults.claimed) == (False, 0)


def test_one_claim_takes_a_hundredth_of_the_stake_at_most(world: VaultWorld) -> None:
    stake = world.vault(0).stake.balance
    world.convict(DAVE, EVE, burned=RICH, lacking=RICH)
    assert world.vaults.claims[0].amount == stake // 100
    for _ in range(500):
        world.convict(DAVE, EVE, burned=RICH, lacking=RICH)
    assert not world.vault(0).stake.is_wiped_out
    assert world.vault(0).stake.balance > 0


def test_who_left_before_the_offence_pays_no_claim(world: VaultWorld) -> None:
    world.unbond(0, BOB)
    world.pass_eras(1)
    world.convict(DAVE, EVE, burned=RICH, lacking=RICH, since=world.context.number)
    world.pass_eras(27)
    world.withdraw(0, BOB)
    assert world.token.free(BOB) == RICH


def test_attack_of_leaving_before_the_conviction_what_left_since_the_offence_pays(
    world: VaultWorld,
) -> None:
    offence = world.context.number
    world.unbond(0, BOB)
    world.pass_eras(3)
    world.convict(DAVE, EVE, burned=RICH, lacking=RICH, since=offence)
    world.pass_eras(25)
    world.withdraw(0, BOB)
    assert RICH - 102 * UNIT // 100 < world.token.free(BOB) < RICH - 98 * UNIT // 100


@pytest.mark.parametrize("burned", [0, 1, UNIT, 10 * UNIT])
def test_attack_of_client_provider_and_finder_in_one_insurance_pays_half_of_what_burned(
    world: VaultWorld, burned: int
) -> None:
    for _ in range(20):
        world.convict(DAVE, EVE, burned=burned, lacking=RICH)
    claimed = sum(claim.amount for _, claim in world.vaults.claims.items())
    assert claimed <= 20 * burned // 2
    assert claimed + world.vaults.covered[DAVE] == 20 * (burned // 2)


def test_a_client_that_lacks_nothing_has_no_claim(world: VaultWorld) -> None:
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=0)
    assert list(world.vaults.claims.items()) == []
    assert world.vaults.covered[DAVE] == 5 * UNIT


def test_without_an_insurance_vault_nothing_is_owed() -> None:
    world = VaultWorld()
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=UNIT)
    assert list(world.vaults.claims.items()) == []
    assert world.vaults.covered[DAVE] == 0


def test_what_nobody_claims_of_the_pot_goes_to_the_treasury(world: VaultWorld) -> None:
    world.token.transfer(EVE, INSURANCE, 3 * UNIT)
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=UNIT)
    before = world.token.free(TREASURY)
    world.pass_eras(1)
    assert world.token.free(INSURANCE) == DEPOSIT + UNIT
    assert world.token.free(TREASURY) == before + 2 * UNIT


def test_a_vault_with_claims_goes_on_earning(world: VaultWorld) -> None:
    world.convict(DAVE, EVE, burned=10 * UNIT, lacking=UNIT)
    world.fee(10 * UNIT, MARKET, JobClass.MATMUL)
    assert world.vaults.yields.unpaid(0, world.vault(0), world.position(0, ALICE)) > 9 * UNIT // 10
