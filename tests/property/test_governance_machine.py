"""Governance: no sequence of votes, delegations and transfers breaks a tally, a lock or a deposit.

Two worlds go through the same steps: in the other one the balances of AGPU are different at every
step. Requirement 26: every tally is the same in both.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.frame import DispatchError, GovernanceOrigin, Signed
from runtime.frame.fungible import HoldReason
from runtime.frame.origins import ROOT_CALLER, CustomOrigin
from runtime.frame.polls import FinishedPoll
from runtime.pallets.conviction_voting import (
    AccountVote,
    Conviction,
    Split,
    SplitAbstain,
    Standard,
    Vote,
)
from runtime.pallets.scheduler import Dispatched
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, DORA, ERA, GovernanceWorld, Written

WHO = st.sampled_from([ANNA, BERT, CARA, DORA])
INDEX = st.integers(0, 4)
TRACK = st.sampled_from([0, 20, 40])
CALLERS = [
    ROOT_CALLER,
    CustomOrigin(GovernanceOrigin.SMALL_SPENDER),
    CustomOrigin(GovernanceOrigin.EMERGENCY),
]
AMOUNT = st.integers(0, 60_000).map(lambda units: units * UNIT)
CONVICTION = st.sampled_from(Conviction)
VOTE: st.SearchStrategy[AccountVote] = st.one_of(
    st.builds(Standard, st.builds(Vote, st.booleans(), CONVICTION), AMOUNT),
    st.builds(Split, AMOUNT, AMOUNT),
    st.builds(SplitAbstain, AMOUNT, AMOUNT, AMOUNT),
)
Act = Callable[[GovernanceWorld], Any]


class GovernanceMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world, self.other = GovernanceWorld(), GovernanceWorld()
        self.other.agpu.mint_into(ANNA, 10**9 * UNIT)
        self.tracks: dict[int, int] = {}
        self.earliest: dict[int, int] = {}
        """The first block in which each approved call may be made."""
        for one in (self.world, self.other):
            one.season(ANNA, BERT, CARA)
        self.submit(CALLERS[1], 0)

    def both(self, act: Act) -> None:
        """Do the same in both worlds; it ends the same way."""
        ends = []
        for one in (self.world, self.other):
            try:
                act(one)
                ends.append(None)
            except DispatchError as error:
                ends.append(error.error)
        assert ends[0] is ends[1]

    @precondition(lambda self: self.world.referenda.referendum_count < 5)
    @rule(caller=st.sampled_from(CALLERS), after=st.integers(0, 30))
    def submit(self, caller: Any, after: int) -> None:
        number = self.world.referenda.referendum_count
        self.both(lambda one: one.submit(number, origin=caller, after=after))
        if self.world.referenda.referendum_count > number:
            self.tracks[number] = self.world.status(number).track

    @rule(index=INDEX)
    def acclaim(self, index: int) -> None:
        for who in (ANNA, BERT, CARA):
            self.both(lambda one, who=who: one.cast(who, index))

    @rule(index=INDEX, who=WHO)
    def deposit(self, index: int, who: bytes) -> None:
        self.both(lambda one: one.deposit(index, who))

    @rule(who=WHO, index=INDEX, vote=VOTE)
    def vote(self, who: bytes, index: int, vote: AccountVote) -> None:
        self.both(lambda one: one.call(one.voting.vote, Signed(who), index, vote))

    @rule(who=WHO, track=TRACK, index=INDEX)
    def remove_vote(self, who: bytes, track: int, index: int) -> None:
        self.both(lambda one: one.call(one.voting.remove_vote, Signed(who), track, index))

    @rule(who=WHO, track=TRACK, to=WHO, conviction=CONVICTION, amount=AMOUNT)
    def delegate(
        self, who: bytes, track: int, to: bytes, conviction: Conviction, amount: int
    ) -> None:
        arguments = (Signed(who), track, Id(to), conviction, amount)
        self.both(lambda one: one.call(one.voting.delegate, *arguments))

    @rule(who=WHO, track=TRACK)
    def undelegate(self, who: bytes, track: int) -> None:
        self.both(lambda one: one.call(one.voting.undelegate, Signed(who), track))

    @rule(who=WHO, track=TRACK)
    def unlock(self, who: bytes, track: int) -> None:
        self.both(lambda one: one.call(one.voting.unlock, Signed(ANNA), track, Id(who)))

    @rule(who=WHO, amount=AMOUNT, name=st.sampled_from(["season", "unseason"]))
    def season(self, who: bytes, amount: int, name: str) -> None:
        self.both(lambda one: one.call(getattr(one.voting, name), Signed(who), amount))

    @rule(who=WHO, to=WHO, amount=AMOUNT)
    def send_amax(self, who: bytes, to: bytes, amount: int) -> None:
        self.both(lambda one: one.call(one.amax.transfer_keep_alive, Signed(who), Id(to), amount))

    @rule(who=WHO, to=WHO, amount=AMOUNT)
    def send_agpu_in_one_world(self, who: bytes, to: bytes, amount: int) -> None:
        other = self.other
        other.agpu.attempt(other.agpu.transfer, who, to, amount)

    @rule(who=WHO, amount=AMOUNT)
    def hold_agpu_in_one_world(self, who: bytes, amount: int) -> None:
        self.other.agpu.attempt(self.other.agpu.hold, HoldReason.VAULT, who, amount)

    @rule(blocks=st.sampled_from([1, 3, ERA, 7 * ERA, 14 * ERA]))
    def wait(self, blocks: int) -> None:
        for _ in range(blocks):
            self.other.block()
            for one in self.world.block():
                self._check(one)
            self._note_approvals()

    def _note_approvals(self) -> None:
        world, now = self.world, self.world.context.number
        for index in range(world.referenda.referendum_count):
            poll = world.referenda.poll(index)
            is_approved = isinstance(poll, FinishedPoll) and poll.is_approved
            if is_approved and index not in self.earliest:
                rules = world.referenda.rules(self.tracks[index])
                self.earliest[index] = now + rules.min_enactment_period

    def _check(self, one: object) -> None:
        """Requirement 73: no call is made before its delay is over, nor without an approval."""
        if isinstance(one, Written):
            assert self.world.context.number >= self.earliest[one.number]
        if isinstance(one, Dispatched) and one.id is not None:
            assert self.world.context.number == one.task[0]

    @invariant()
    def req_26_no_agpu_balance_moves_a_tally(self) -> None:
        for index in range(self.world.referenda.referendum_count):
            assert self.world.referenda.poll(index) == self.other.referenda.poll(index)
        assert self.world.amax.total_issuance == self.other.amax.total_issuance

    @invariant()
    def state_is_sound(self) -> None:
        for pallet in self.world.pallets:
            pallet.try_state()


TestGovernance = GovernanceMachine.TestCase
TestGovernance.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
