"""Multisig: an account of several owners calls when enough of them agree, and only then."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from runtime.frame import BadOrigin, Root, Signed
from runtime.frame.calls import Call
from runtime.frame.dispatch import RefTime
from runtime.frame.fungible import HoldReason
from runtime.frame.outcome import Module, ModuleError, Token, TokenFailure
from runtime.frame.results import Err, Ok
from runtime.pallets.balances.types import Transfer
from runtime.pallets.multisig import (
    MAX_SIGNATORIES,
    DepositPoked,
    Error,
    MultisigApproval,
    MultisigCancelled,
    MultisigExecuted,
    NewMultisig,
    Timepoint,
    multi_account,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, DORA, ENDOWMENT
from tests.pallets.joint_world import JointWorld
from tests.support.bench import account

OWNERS = (ANNA, BERT, CARA)
JOINT = multi_account(OWNERS, 2)
ENOUGH = RefTime(10**12, 0)
NOW = Timepoint(1, 1)
DEPOSIT = 10 + 2 * 3
FILTERED = Err(Module(ModuleError(0, b"\x05\0\0\0")))


@pytest.fixture
def world() -> JointWorld:
    made = JointWorld()
    made.call(made.agpu.transfer_keep_alive, Signed(DORA), made.transfer(JOINT).arguments[0], UNIT)
    made.context.events.clear()
    return made


def others(who: bytes, owners: tuple[bytes, ...] = OWNERS) -> tuple[bytes, ...]:
    return tuple(sorted(one for one in owners if one != who))


def approve(
    world: JointWorld, who: bytes, call: Call, when: Timepoint | None, weight: RefTime = ENOUGH
) -> list[object]:
    method = world.multisig.as_multi
    return world.events_since(method, Signed(who), 2, others(who), when, call, weight)


def held(world: JointWorld, who: bytes = ANNA) -> int:
    return world.agpu.held(HoldReason.MULTISIG, who)


def test_the_account_follows_from_owners_and_threshold_alone() -> None:
    listed = b"\x0c" + b"".join(sorted(OWNERS))
    assert blake2_256(b"modlpy/utilisuba" + listed + b"\x02\x00") == JOINT
    assert multi_account((CARA, ANNA, BERT), 2) == JOINT
    assert multi_account(OWNERS, 3) != JOINT


def test_the_last_approval_makes_the_call(world: JointWorld) -> None:
    call = world.transfer(DORA, UNIT // 2)
    hash_ = blake2_256(call.encode())
    assert approve(world, ANNA, call, None)[-1] == NewMultisig(ANNA, JOINT, hash_)
    assert held(world) == DEPOSIT
    assert world.agpu.free(JOINT) == UNIT
    world.context.number = 9
    events = approve(world, BERT, call, NOW)
    assert events[-1] == MultisigExecuted(BERT, NOW, JOINT, hash_, Ok(()))
    assert Transfer(JOINT, DORA, UNIT // 2) in events
    assert (held(world), world.agpu.free(ANNA)) == (0, ENDOWMENT)
    assert (JOINT, hash_) not in world.multisig.multisigs


def test_approvals_by_hash_count_but_the_last_is_given_in_full(world: JointWorld) -> None:
    call = world.transfer(DORA, 1)
    hash_ = blake2_256(call.encode())
    approve_hash = world.multisig.approve_as_multi
    world.call(approve_hash, Signed(CARA), 3, others(CARA), None, hash_, ENOUGH)
    world.call(approve_hash, Signed(ANNA), 3, others(ANNA), NOW, hash_, ENOUGH)
    joint = multi_account(OWNERS, 3)
    assert world.happened()[-1] == MultisigApproval(ANNA, NOW, joint, hash_)
    assert world.multisig.multisigs[joint, hash_].approvals == tuple(sorted((ANNA, CARA)))
    with world.refuses(Error.NO_APPROVALS_NEEDED):
        world.call(approve_hash, Signed(BERT), 3, others(BERT), NOW, hash_, ENOUGH)


def test_the_deposit_of_a_proposal_follows_what_one_costs_now(world: JointWorld) -> None:
    call = world.transfer(DORA, 1)
    hash_ = blake2_256(call.encode())
    method, named = world.multisig.poke_deposit, (2, others(ANNA), hash_)
    with world.refuses(Error.NOT_FOUND):
        world.call(method, Signed(ANNA), *named)
    approve(world, ANNA, call, None)
    with world.refuses(Error.NOT_OWNER):
        world.call(method, Signed(BERT), 2, others(BERT), hash_)
    assert world.events_since(method, Signed(ANNA), *named) == []
    for base, deposit, before in ((100, 106, DEPOSIT), (0, 6, 106)):
        world.multisig._config = replace(world.multisig._config, deposit_base=base)
        world.call(method, Signed(ANNA), *named)
        assert world.happened()[-1] == DepositPoked(ANNA, hash_, before, deposit)
        assert held(world) == deposit
    approve(world, BERT, call, NOW)
    assert held(world) == 0


def test_a_call_that_fails_uses_the_proposal_up(world: JointWorld) -> None:
    call = world.transfer(DORA, 100 * UNIT)
    approve(world, ANNA, call, None)
    executed = approve(world, BERT, call, NOW)[-1]
    assert isinstance(executed, MultisigExecuted)
    assert executed.result == Err(Token(TokenFailure.FUNDS_UNAVAILABLE))
    assert held(world) == 0


def test_one_owner_of_any_may_call_at_once(world: JointWorld) -> None:
    joint = multi_account(OWNERS, 1)
    world.agpu.transfer(DORA, joint, UNIT)
    call = world.transfer(DORA, 5)
    method = world.multisig.as_multi_threshold_1
    events = world.events_since(method, Signed(CARA), others(CARA), call)
    hash_ = blake2_256(call.encode())
    assert events[-1] == MultisigExecuted(CARA, NOW, joint, hash_, Ok(()))


def test_who_proposed_may_withdraw(world: JointWorld) -> None:
    call = world.transfer(DORA, 5)
    hash_ = blake2_256(call.encode())
    approve(world, ANNA, call, None)
    cancel = world.multisig.cancel_as_multi
    with world.refuses(Error.NOT_OWNER):
        world.call(cancel, Signed(BERT), 2, others(BERT), NOW, hash_)
    with world.refuses(Error.WRONG_TIMEPOINT):
        world.call(cancel, Signed(ANNA), 2, others(ANNA), Timepoint(1, 2), hash_)
    world.call(cancel, Signed(ANNA), 2, others(ANNA), NOW, hash_)
    assert world.happened()[-1] == MultisigCancelled(ANNA, NOW, JOINT, hash_)
    assert held(world) == 0
    with world.refuses(Error.NOT_FOUND):
        world.call(cancel, Signed(ANNA), 2, others(ANNA), NOW, hash_)


def test_a_proposal_is_named_by_its_timepoint(world: JointWorld) -> None:
    call = world.transfer(DORA, 5)
    for when, error in ((NOW, Error.UNEXPECTED_TIMEPOINT),):
        with world.refuses(error):
            approve(world, ANNA, call, when)
    approve(world, ANNA, call, None)
    for when, error in ((None, Error.NO_TIMEPOINT), (Timepoint(2, 1), Error.WRONG_TIMEPOINT)):
        with world.refuses(error):
            approve(world, BERT, call, when)
    with world.refuses(Error.ALREADY_APPROVED):
        approve(world, ANNA, call, NOW)
    with world.refuses(Error.MAX_WEIGHT_TOO_LOW):
        approve(world, BERT, call, NOW, RefTime(call.weight - 1, 0))


@pytest.mark.parametrize(
    ("threshold", "owners", "error"),
    [
        (1, others(ANNA), Error.MINIMUM_THRESHOLD),
        (4, others(ANNA), Error.TOO_FEW_SIGNATORIES),
        (2, (), Error.TOO_FEW_SIGNATORIES),
        (2, tuple(reversed(others(ANNA))), Error.SIGNATORIES_OUT_OF_ORDER),
        (2, (BERT, BERT), Error.SIGNATORIES_OUT_OF_ORDER),
        (2, tuple(sorted((ANNA, BERT))), Error.SENDER_IN_SIGNATORIES),
        (2, tuple(account(1000 + n) for n in range(MAX_SIGNATORIES)), Error.TOO_MANY_SIGNATORIES),
    ],
)
def test_owners_are_given_as_the_account_wants_them(
    world: JointWorld, threshold: int, owners: tuple[bytes, ...], error: Error
) -> None:
    call = world.transfer(DORA, 5)
    with world.refuses(error):
        world.call(world.multisig.as_multi, Signed(ANNA), threshold, owners, None, call, ENOUGH)


def test_only_accounts_are_owners(world: JointWorld) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.multisig.as_multi_threshold_1, Root(), others(ANNA), world.transfer(DORA))


def test_what_confines_a_batch_confines_joint_accounts_in_it(world: JointWorld) -> None:
    inner = world.batch("batch_all", world.transfer(DORA, 1))
    joint = world.call_of("Multisig", "as_multi_threshold_1", others(ANNA), inner)
    events = world.events_since(world.utility.batch_all, Signed(ANNA), (joint,))
    executed = next(one for one in events if isinstance(one, MultisigExecuted))
    assert executed.result == FILTERED


class Owners(RuleBasedStateMachine):
    """Three owners approve and withdraw in any order; deposits stay exact."""

    @initialize()
    def begin(self) -> None:
        self.world = JointWorld()
        self.world.agpu.transfer(DORA, JOINT, UNIT)
        self.made = 0

    @rule(who=st.sampled_from(OWNERS), amount=st.integers(1, 3), knows=st.booleans())
    def approve(self, who: bytes, amount: int, knows: bool) -> None:
        call = self.world.transfer(DORA, amount)
        found = self.world.multisig.multisigs.get((JOINT, blake2_256(call.encode())))
        when = found.when if knows and found is not None else None
        is_new = found is None or (when is not None and who not in found.approvals)
        if is_new and (found is None or when is not None):
            events = approve(self.world, who, call, when)
            self.made += sum(isinstance(one, MultisigExecuted) for one in events)

    @rule(who=st.sampled_from(OWNERS), amount=st.integers(1, 3))
    def withdraw(self, who: bytes, amount: int) -> None:
        hash_ = blake2_256(self.world.transfer(DORA, amount).encode())
        found = self.world.multisig.multisigs.get((JOINT, hash_))
        if found is not None and found.depositor == who:
            cancel = self.world.multisig.cancel_as_multi
            self.world.call(cancel, Signed(who), 2, others(who), found.when, hash_)

    @rule()
    def block(self) -> None:
        self.world.next_block()

    @invariant()
    def open_proposals_alone_are_paid_for(self) -> None:
        if not hasattr(self, "world"):
            return
        open_ = [one for _, one in self.world.multisig.multisigs.items()]
        assert sum(held(self.world, who) for who in OWNERS) == DEPOSIT * len(open_)
        assert all(len(one.approvals) < 2 for one in open_)


TestOwners = Owners.TestCase
TestOwners.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
