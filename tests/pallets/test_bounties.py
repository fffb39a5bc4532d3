"""Bounties and their parts: granted by referendum, looked after by curators, paid after a delay."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import bounties, child_bounties, treasury
from runtime.pallets.balances import Balances
from runtime.pallets.bounties import (
    Active,
    BountyAwarded,
    BountyCanceled,
    BountyClaimed,
    BountyRejected,
    CuratorProposed,
    DepositPoked,
    Error,
    PendingPayout,
)
from runtime.pallets.child_bounties import Awarded, Canceled, Claimed
from runtime.primitives.extrinsic import Id
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from runtime.tracks import CANCEL, TREASURY_ID, treasury_config
from tests.support.bench import Bench, account
from tests.support.chain import CHAIN
from tests.support.free_terms import free_terms
from tests.support.no_assets import NoAssets

ANNA, BERT, CARA, DORA = (account(seed) for seed in range(1, 5))
"""Anna proposes, Bert and Cara look after bounties, Dora works."""
PEOPLE = (ANNA, BERT, CARA, DORA)
RICH, POT, LEAST = 1_000 * UNIT, 1_000_000 * UNIT, 10**9
SPENDER = Governed(GovernanceOrigin.MEDIUM_SPENDER)
CANCELLER = Governed(GovernanceOrigin.REFERENDUM_CANCELLER)
ELSE = child_bounties.Error
VALUE, FEE = 1_000 * UNIT, 100 * UNIT
BOND = UNIT + 4 * UNIT // 1_000
CURATOR_DEPOSIT = 50 * UNIT
DELAY, UPDATES = 20, 90
CONFIG = bounties.Config(
    TREASURY_ID, UNIT, UNIT // 1_000, DELAY, UPDATES, Perbill.from_percent(50), UNIT, RICH, UNIT
)


class BountyWorld(Bench):
    """A treasury of a million AGPU, and people."""

    def __init__(self) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, LEAST, index=6, name="Balances"))
        amax = self.add(Balances(self.context, LEAST, index=40, name="Amax"))
        config = treasury_config(CHAIN, LEAST)
        self.treasury = self.add(
            treasury.Treasury(
                self.context,
                self.agpu,
                amax,
                CANCEL,
                config,
                assets=NoAssets(),
                terms=free_terms(self.context),
                index=19,
            )
        )
        self.bounties = self.add(
            bounties.Bounties(self.context, self.agpu, self.treasury, CANCEL, CONFIG, index=35)
        )
        self.parts = self.add(
            child_bounties.ChildBounties(
                self.context,
                self.agpu,
                self.bounties,
                CANCEL,
                child_bounties.Config(TREASURY_ID, UNIT),
                index=38,
            )
        )
        self.agpu.build((*((who, RICH) for who in PEOPLE), (self.treasury.account, POT)))

    def held(self, who: bytes, reason: HoldReason = HoldReason.BOUNTY) -> int:
        return self.agpu.held(reason, who)

    def pot_of(self, number: int = 0) -> int:
        return self.agpu.free(self.bounties.account_of_bounty(number))

    def propose(self) -> None:
        self.call(self.bounties.propose_bounty, Signed(ANNA), VALUE, b"work")

    def grant(self) -> None:
        self.propose()
        self.call(self.bounties.approve_bounty, SPENDER, 0)

    def curate(self) -> None:
        """Let Bert look after a granted bounty."""
        self.grant()
        self.call(self.bounties.propose_curator, SPENDER, 0, Id(BERT), FEE)
        self.call(self.bounties.accept_curator, Signed(BERT), 0)

    def split(self, curator: bytes = CARA, value: int = 300 * UNIT, fee: int = 20 * UNIT) -> None:
        """Let somebody look after a part of it."""
        self.call(self.parts.add_child_bounty, Signed(BERT), 0, value, b"part")
        child = self.parts.parent_total_child_bounties[0] - 1
        self.call(self.parts.propose_curator, Signed(BERT), 0, child, Id(curator), fee)
        self.call(self.parts.accept_curator, Signed(curator), 0, child)


@pytest.fixture
def world() -> BountyWorld:
    return BountyWorld()


def test_a_bond_follows_what_proposing_costs_now_until_the_bounty_is_granted(
    world: BountyWorld,
) -> None:
    poke = world.bounties.poke_deposit
    with world.refuses(Error.INVALID_INDEX):
        world.call(poke, Signed(ANNA), 0)
    world.propose()
    with world.refuses(Error.NOT_PROPOSER):
        world.call(poke, Signed(BERT), 0)
    world.call(poke, Signed(ANNA), 0)
    assert not any(isinstance(one, DepositPoked) for one in world.happened())
    for base, before in ((3 * UNIT, BOND), (0, BOND + 2 * UNIT)):
        world.bounties.config = replace(CONFIG, deposit_base=base)
        world.call(poke, Signed(ANNA), 0)
        bond = base + 4 * UNIT // 1_000
        assert world.happened()[-1] == DepositPoked(0, ANNA, before, bond)
        assert world.held(ANNA) == world.bounties.bounties[0].bond == bond
    world.call(world.bounties.approve_bounty, SPENDER, 0)
    assert world.held(ANNA) == 0
    with world.refuses(Error.UNEXPECTED_STATUS):
        world.call(poke, Signed(ANNA), 0)


def test_a_bounty_is_granted_from_the_treasury_within_its_windows(world: BountyWorld) -> None:
    world.propose()
    assert world.held(ANNA) == BOND
    small = Governed(GovernanceOrigin.SMALL_SPENDER)
    with world.refuses(treasury.Error.INSUFFICIENT_PERMISSION):
        world.call(world.bounties.approve_bounty, small, 0)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.bounties.approve_bounty, Signed(ANNA), 0)
    world.call(world.bounties.approve_bounty, SPENDER, 0)
    assert (world.held(ANNA), world.pot_of()) == (0, VALUE)
    assert world.agpu.free(world.treasury.account) == POT - VALUE
    with world.refuses(Error.UNEXPECTED_STATUS):
        world.call(world.bounties.approve_bounty, SPENDER, 0)


def test_a_bounty_goes_from_proposal_to_payment(world: BountyWorld) -> None:
    world.curate()
    assert world.held(BERT) == CURATOR_DEPOSIT
    assert world.bounties.bounty(0).status == Active(BERT, 1 + UPDATES)
    world.call(world.bounties.award_bounty, Signed(BERT), 0, Id(DORA))
    assert world.happened()[-1] == BountyAwarded(0, DORA)
    assert world.bounties.bounty(0).status == PendingPayout(BERT, DORA, 1 + DELAY)
    claim = (world.bounties.claim_bounty, Signed(CARA), 0)
    with world.refuses(Error.PREMATURE):
        world.call(*claim)
    world.context.number += DELAY
    world.call(*claim)
    assert world.happened()[-1] == BountyClaimed(0, VALUE - FEE, DORA)
    assert world.agpu.free(DORA) == RICH + VALUE - FEE
    assert (world.agpu.free(BERT), world.held(BERT)) == (RICH + FEE, 0)
    assert (world.pot_of(), dict(world.bounties.bounties.items())) == (0, {})
    with world.refuses(Error.INVALID_INDEX):
        world.call(*claim)


def test_a_bounty_nobody_wants_costs_its_bond(world: BountyWorld) -> None:
    world.propose()
    issued = world.agpu.total_issuance
    world.call(world.bounties.close_bounty, CANCELLER, 0)
    assert world.happened()[-1] == BountyRejected(0, BOND)
    assert issued - world.agpu.total_issuance == BOND


def test_a_bounty_that_is_called_off_returns_its_money(world: BountyWorld) -> None:
    world.curate()
    world.call(world.bounties.close_bounty, CANCELLER, 0)
    assert world.happened()[-1] == BountyCanceled(0)
    assert (world.agpu.free(world.treasury.account), world.held(BERT)) == (POT, 0)


def test_an_awarded_bounty_is_not_called_off_behind_the_winner(world: BountyWorld) -> None:
    world.curate()
    world.call(world.bounties.award_bounty, Signed(BERT), 0, Id(DORA))
    with world.refuses(Error.PENDING_PAYOUT):
        world.call(world.bounties.close_bounty, CANCELLER, 0)
    world.call(world.bounties.unassign_curator, CANCELLER, 0)
    assert (world.agpu.free(BERT), world.held(BERT)) == (RICH - CURATOR_DEPOSIT, 0)
    world.call(world.bounties.close_bounty, CANCELLER, 0)


def test_a_curator_leaves_with_the_deposit_or_is_removed_without(world: BountyWorld) -> None:
    world.curate()
    unassign = world.bounties.unassign_curator
    with world.refuses(Error.PREMATURE):
        world.call(unassign, Signed(DORA), 0)
    world.call(unassign, Signed(BERT), 0)
    assert (world.agpu.free(BERT), world.held(BERT)) == (RICH, 0)
    with world.refuses(Error.UNEXPECTED_STATUS):
        world.call(unassign, Signed(BERT), 0)
    world.call(world.bounties.propose_curator, SPENDER, 0, Id(CARA), FEE)
    assert world.bounties.bounty(0).status == CuratorProposed(CARA)
    with world.refuses(Error.REQUIRE_CURATOR):
        world.call(world.bounties.accept_curator, Signed(DORA), 0)
    world.call(world.bounties.accept_curator, Signed(CARA), 0)
    world.context.number += UPDATES
    world.call(world.bounties.extend_bounty_expiry, Signed(CARA), 0, b"at it")
    with world.refuses(Error.PREMATURE):
        world.call(unassign, Signed(DORA), 0)
    world.context.number += UPDATES + 1
    world.call(unassign, Signed(DORA), 0)
    assert (world.agpu.free(CARA), world.held(CARA)) == (RICH - CURATOR_DEPOSIT, 0)


def test_what_is_proposed_must_make_sense(world: BountyWorld) -> None:
    propose = world.bounties.propose_bounty
    with world.refuses(Error.INVALID_VALUE):
        world.call(propose, Signed(ANNA), UNIT - 1, b"")
    with world.refuses(Error.REASON_TOO_BIG):
        world.call(propose, Signed(ANNA), VALUE, b"x" * 16_385)
    world.grant()
    with world.refuses(Error.INVALID_FEE):
        world.call(world.bounties.propose_curator, SPENDER, 0, Id(BERT), VALUE)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.bounties.propose_curator, Signed(ANNA), 0, Id(BERT), FEE)
    with world.refuses(Error.UNEXPECTED_STATUS):
        world.call(world.bounties.award_bounty, Signed(BERT), 0, Id(DORA))


def test_a_milestone_is_paid_out_of_its_bounty(world: BountyWorld) -> None:
    world.curate()
    world.split()
    assert world.pot_of() == VALUE - 300 * UNIT
    assert world.held(CARA, HoldReason.CHILD_BOUNTY) == 10 * UNIT
    with world.refuses(Error.HAS_ACTIVE_CHILD_BOUNTY):
        world.call(world.bounties.award_bounty, Signed(BERT), 0, Id(DORA))
    with world.refuses(ELSE.REQUIRE_CURATOR):
        world.call(world.parts.award_child_bounty, Signed(DORA), 0, 0, Id(DORA))
    world.call(world.parts.award_child_bounty, Signed(CARA), 0, 0, Id(DORA))
    assert world.happened()[-1] == Awarded(0, 0, DORA)
    claim = (world.parts.claim_child_bounty, Signed(ANNA), 0, 0)
    with world.refuses(ELSE.PREMATURE):
        world.call(*claim)
    world.context.number += DELAY
    world.call(*claim)
    assert world.happened()[-1] == Claimed(0, 0, 280 * UNIT, DORA)
    assert world.agpu.free(DORA) == RICH + 280 * UNIT
    assert world.agpu.free(CARA) == RICH + 20 * UNIT
    world.call(world.bounties.award_bounty, Signed(BERT), 0, Id(DORA))
    world.context.number += DELAY
    world.call(world.bounties.claim_bounty, Signed(ANNA), 0)
    assert world.agpu.free(BERT) == RICH + FEE - 20 * UNIT, "curators share one fee"
    assert world.agpu.free(DORA) == RICH + VALUE - FEE


def test_a_part_that_is_called_off_returns_to_its_bounty(world: BountyWorld) -> None:
    world.curate()
    world.split(BERT)
    assert world.held(BERT, HoldReason.CHILD_BOUNTY) == 0, "one deposit is enough"
    with world.refuses(ELSE.REQUIRE_CURATOR):
        world.call(world.parts.close_child_bounty, Signed(DORA), 0, 0)
    world.call(world.parts.close_child_bounty, Signed(BERT), 0, 0)
    assert world.happened()[-1] == Canceled(0, 0)
    assert world.pot_of() == VALUE
    with world.refuses(ELSE.INVALID_INDEX):
        world.call(world.parts.close_child_bounty, CANCELLER, 0, 0)


def test_the_curator_of_a_part_is_removed_by_that_of_the_whole(world: BountyWorld) -> None:
    world.curate()
    world.split()
    unassign = world.parts.unassign_curator
    with world.refuses(ELSE.REQUIRE_CURATOR):
        world.call(unassign, Signed(DORA), 0, 0)
    world.call(unassign, Signed(BERT), 0, 0)
    assert world.agpu.free(CARA) == RICH - 10 * UNIT
    with world.refuses(ELSE.UNEXPECTED_STATUS):
        world.call(unassign, Signed(BERT), 0, 0)
    world.call(world.parts.propose_curator, Signed(BERT), 0, 0, Id(CARA), UNIT)
    world.call(world.parts.accept_curator, Signed(CARA), 0, 0)
    world.call(unassign, Signed(CARA), 0, 0)
    assert world.held(CARA, HoldReason.CHILD_BOUNTY) == 0


def test_parts_are_bounded_by_their_bounty(world: BountyWorld) -> None:
    add = world.parts.add_child_bounty
    world.grant()
    with world.refuses(ELSE.PARENT_BOUNTY_NOT_ACTIVE):
        world.call(add, Signed(BERT), 0, UNIT, b"")
    world.call(world.bounties.propose_curator, SPENDER, 0, Id(BERT), FEE)
    world.call(world.bounties.accept_curator, Signed(BERT), 0)
    with world.refuses(ELSE.REQUIRE_CURATOR):
        world.call(add, Signed(CARA), 0, UNIT, b"")
    with world.refuses(ELSE.INSUFFICIENT_BOUNTY_BALANCE):
        world.call(add, Signed(BERT), 0, VALUE + 1, b"")
    with world.refuses(ELSE.INVALID_VALUE):
        world.call(add, Signed(BERT), 0, UNIT - 1, b"")
    for _ in range(16):
        world.call(add, Signed(BERT), 0, UNIT, b"")
    with world.refuses(ELSE.TOO_MANY_CHILD_BOUNTIES):
        world.call(add, Signed(BERT), 0, UNIT, b"")


class Grants(RuleBasedStateMachine):
    """People do what they like with one bounty and its parts; no planck is lost or made."""

    @initialize()
    def begin(self) -> None:
        self.world = BountyWorld()
        self.world.grant()
        self.issued = self.world.agpu.total_issuance

    def attempt(self, method: object, *arguments: object) -> None:
        try:
            self.world.call(method, *arguments)
        except DispatchError:
            self.world.context.events.clear()

    @rule(who=st.sampled_from(PEOPLE), fee=st.integers(0, VALUE // UNIT))
    def curator(self, who: bytes, fee: int) -> None:
        self.attempt(self.world.bounties.propose_curator, SPENDER, 0, Id(who), fee * UNIT)

    @rule(who=st.sampled_from(PEOPLE), winner=st.sampled_from(PEOPLE), step=st.integers(0, 5))
    def whole(self, who: bytes, winner: bytes, step: int) -> None:
        pallet, by = self.world.bounties, Signed(who)
        (method, *arguments) = (
            (pallet.accept_curator, by, 0),
            (pallet.award_bounty, by, 0, Id(winner)),
            (pallet.claim_bounty, by, 0),
            (pallet.unassign_curator, by, 0),
            (pallet.unassign_curator, CANCELLER, 0),
            (pallet.extend_bounty_expiry, by, 0, b""),
        )[step]
        self.attempt(method, *arguments)

    @rule(
        who=st.sampled_from(PEOPLE),
        other=st.sampled_from(PEOPLE),
        amount=st.integers(1, 400),
        child=st.integers(0, 2),
        step=st.integers(0, 6),
    )
    def part(self, who: bytes, other: bytes, amount: int, child: int, step: int) -> None:
        pallet, by = self.world.parts, Signed(who)
        (method, *arguments) = (
            (pallet.add_child_bounty, by, 0, amount * UNIT, b""),
            (pallet.propose_curator, by, 0, child, Id(other), amount * UNIT // 2),
            (pallet.accept_curator, by, 0, child),
            (pallet.award_child_bounty, by, 0, child, Id(other)),
            (pallet.claim_child_bounty, by, 0, child),
            (pallet.unassign_curator, by, 0, child),
            (pallet.close_child_bounty, by, 0, child),
        )[step]
        self.attempt(method, *arguments)

    @rule(blocks=st.integers(1, 30))
    def pass_time(self, blocks: int) -> None:
        self.world.context.number += blocks

    @invariant()
    def money_is_all_there(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        whole = sum(data.free + data.reserved for _, data in world.agpu.accounts())
        assert whole == world.agpu.total_issuance <= self.issued
        for who in PEOPLE:
            assert world.agpu.free(who) >= 0


TestGrants = Grants.TestCase
TestGrants.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
