"""Guardians: no sequence of elections, motions and referenda breaks a sum, or lets them do more.

A model of a few lines says what guardians may have done: a call is allowed, postponed, or safe mode
begun only in the step in which enough of those who were elected stand behind it.
"""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.frame import DispatchError, Root, Signed
from runtime.pallets.guardian import (
    Action,
    Brake,
    FreezeAsset,
    Renouncing,
    Veto,
    WhitelistCall,
)
from runtime.pallets.referenda import enactment_name
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, DORA, ERA, Written
from tests.pallets.guardian_world import FIVE, SEVEN, TERM, GuardianWorld
from tests.pallets.rwa_world import GOLD

VOTER = st.sampled_from([ANNA, BERT, CARA, DORA])
STANDING = st.sampled_from([*SEVEN, *FIVE])
HASHES = [bytes([n]) * 32 for n in range(3)]
ACTION: st.SearchStrategy[Action] = st.one_of(
    st.builds(WhitelistCall, st.sampled_from(HASHES)),
    st.builds(Veto, st.integers(0, 2)),
    st.just(Brake()),
    st.just(FreezeAsset(GOLD)),
)
NEEDED = {WhitelistCall: 4, Veto: 5, Brake: 3, FreezeAsset: 4}
STAKE = st.sampled_from(
    [UNIT - 1, UNIT, 10_000 * UNIT, 30_000 * UNIT, 50_000 * UNIT, 60_000 * UNIT]
)


class GuardianMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = GuardianWorld()
        self.world.season(ANNA, BERT, CARA)
        self.world.issue()
        self.stood_behind: dict[Action, set[bytes]] = {}
        """Who has ever approved of an action since the last election."""
        self.due: dict[int, int] = {}
        """The block of each referendum's call, as it was approved."""
        self.written: dict[int, int] = {}

    @rule(who=STANDING)
    def stand(self, who: bytes) -> None:
        with suppress(DispatchError):
            self.world.stand(who)

    @rule(who=STANDING, what=st.sampled_from(Renouncing))
    def renounce(self, who: bytes, what: Renouncing) -> None:
        with suppress(DispatchError):
            self.world.call(self.world.guardian.renounce_candidacy, Signed(who), what)

    @rule(who=STANDING)
    def remove(self, who: bytes) -> None:
        with suppress(DispatchError):
            self.world.call(self.world.guardian.remove_member, Root(), Id(who))

    @rule(who=VOTER, votes=st.lists(STANDING, max_size=8), stake=STAKE)
    def vote(self, who: bytes, votes: list[bytes], stake: int) -> None:
        with suppress(DispatchError):
            self.world.elect(who, *votes, stake=stake)

    @rule(who=VOTER)
    def acclaim(self, who: bytes) -> None:
        standing = [one.who for one in self.world.guardian.candidates][:7]
        with suppress(DispatchError):
            self.world.elect(who, *standing)

    @rule(who=VOTER)
    def take_back(self, who: bytes) -> None:
        with suppress(DispatchError):
            self.world.call(self.world.guardian.remove_voter, Signed(who))

    @rule(who=VOTER, amount=STAKE, name=st.sampled_from(["season", "unseason"]))
    def season(self, who: bytes, amount: int, name: str) -> None:
        with suppress(DispatchError):
            self.world.call(getattr(self.world.voting, name), Signed(who), amount)

    @rule(who=VOTER, to=VOTER, amount=STAKE)
    def send(self, who: bytes, to: bytes, amount: int) -> None:
        with suppress(DispatchError):
            self.world.call(self.world.amax.transfer_keep_alive, Signed(who), Id(to), amount)

    @rule()
    def have_a_referendum_approved(self) -> None:
        world = self.world
        if world.referenda.referendum_count >= 3:
            return
        with suppress(DispatchError):
            index = world.submit(world.referenda.referendum_count, after=5 * ERA)
            world.deposit(index)
            for who in (ANNA, BERT, CARA):
                with suppress(DispatchError):
                    world.cast(who, index)
            self.pass_blocks(1)

    @rule(action=ACTION, count=st.integers(1, 7))
    def approve(self, action: Action, count: int) -> None:
        for who in [*self.world.seated, *FIVE][:count]:
            self.one_approves(action, who)

    @rule(action=ACTION, who=STANDING)
    def one_approves(self, action: Action, who: bytes) -> None:
        before = self._done()
        was_seated = who in self.world.seated
        try:
            self.world.approve(action, who)
        except DispatchError:
            assert self._done() == before
            return
        assert was_seated
        behind = self.stood_behind.setdefault(action, set())
        behind.add(who)
        if self._done() != before:
            assert len(behind) >= NEEDED[type(action)]
            if isinstance(action, Veto):
                self.due[action.referendum] += 7 * ERA

    @rule(blocks=st.sampled_from([1, ERA, 7 * ERA, 20 * ERA]))
    def wait(self, blocks: int) -> None:
        self.pass_blocks(blocks)

    @rule()
    def end_term(self) -> None:
        now = self.world.context.number
        self.pass_blocks(TERM - now % TERM)
        self.stood_behind.clear()

    def pass_blocks(self, count: int) -> None:
        for _ in range(count):
            for one in self.world.block():
                if isinstance(one, Written):
                    # requirement 73: not before its delay and what a veto added to it
                    assert self.world.context.number >= self.due[one.number]
            for index in range(3):
                place = self.world.scheduler.lookup.get(enactment_name(index))
                if place is not None:
                    self.due.setdefault(index, place[0])

    def _done(self) -> tuple[object, ...]:
        """Return all that guardians can bring about."""
        world = self.world
        places = [world.scheduler.lookup.get(enactment_name(index)) for index in range(3)]
        allowed = [one in world.whitelist.whitelisted_call for one in HASHES]
        return allowed, places, world.safe_mode.entered_until, world.rwa.assets[GOLD].status

    @invariant()
    def state_is_sound(self) -> None:
        for pallet in self.world.pallets:
            pallet.try_state()


TestGuardian = GuardianMachine.TestCase
TestGuardian.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
