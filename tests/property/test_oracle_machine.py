"""The oracle and the claims under chance: any calls by anyone, in any order.

Whatever they do the bench finds every invariant and every declared weight kept; nobody loses more
than it put at stake; AGPU only falls, by what was burned; and an honest member that reports each
round is never punished.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.frame import DispatchError, Origin, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import upgrades
from runtime.pallets.oracle import Report, seal
from runtime.pallets.upgrades import ClaimKind, Upgrades, Verdict
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.pallets.oracle_world import BLOCK_MS, BOND, ERA, ONE, REGISTRY, OracleWorld
from tests.support.bench import account

CLAIMANTS = tuple(account(200 + number) for number in range(3))
OUTSIDER = account(300)
RICH = 10_000 * UNIT
FEEDS = 2

SALT = bytes(32)
HONEST = 0
"""The member that reports each round, among others that do as they please."""


class World(OracleWorld):
    """Nine members, two feeds, three providers that claim."""

    def __init__(self) -> None:
        super().__init__(members=9, feeds=FEEDS)
        ports = upgrades.Ports(self, self.oracle, randomness=self)
        config = upgrades.Config(era_blocks=ERA // 20, review_eras=1, audit_percent=50)
        self.upgrades = self.add(Upgrades(self.context, self.token, ports, config, index=69))
        self.token.build(tuple((who, RICH) for who in (*CLAIMANTS, OUTSIDER)))

    def is_provider(self, who: bytes) -> bool:
        return who in CLAIMANTS

    def eras_known(self, who: bytes) -> int:
        return 14 if who in CLAIMANTS else 0

    def baseline(self, who: bytes) -> int:
        return 10**6

    def efficiency(self, who: bytes) -> int:
        """Return more with every era: whatever is claimed shows in time."""
        return 10**6 * (1 + self.context.number)

    def group(self, who: bytes) -> bytes | None:
        return None if who == CLAIMANTS[0] else account(400)

    def discredit(self, who: bytes) -> None:
        assert who in CLAIMANTS

    def of_block(self, number: int) -> bytes | None:
        return blake2_256(b"%d" % number)


people = st.integers(0, 8)
feeds = st.integers(0, FEEDS)
values = st.sampled_from([ONE, ONE, ONE, ONE + 9_000, ONE * 2, 1, 0])
verdicts = st.sampled_from(Verdict)
claims = st.integers(0, 3)


class OracleMachine(RuleBasedStateMachine):
    """Calls at random; what was sealed is remembered, and perhaps shown."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.sealed: dict[tuple[bytes, int, int], Report] = {}
        self.issued = self.world.token.total_issuance

    def attempt(self, origin: Origin, name: str, *arguments: object) -> bool:
        pallet = self.world.upgrades if hasattr(Upgrades, name) else self.world.oracle
        try:
            self.world.call(getattr(pallet, name), origin, *arguments)
        except DispatchError:
            return False
        return True

    @rule(who=people, feed=feeds, value=values, age=st.sampled_from([0, 0, 0, -1, 10**9]))
    def commit(self, who: int, feed: int, value: int, age: int) -> None:
        member, current = self.world.people[who], self.world.oracle.current_round()
        seen = max(self.world.context.number * BLOCK_MS - age * BLOCK_MS, 0)
        report = Report(value, seen, b"")
        if who != HONEST:
            sealed = seal(report, SALT, member, feed, current)
            if self.attempt(Signed(member), "commit", feed, current, sealed):
                self.sealed[member, feed, current] = report

    @rule(who=people, feed=feeds)
    def reveal(self, who: int, feed: int) -> None:
        member, last = self.world.people[who], self.world.oracle.current_round() - 1
        report = self.sealed.get((member, feed, last))
        if report is not None:
            self.attempt(Signed(member), "reveal", feed, report, SALT)

    @rule(seal_all=st.booleans(), show_all=st.booleans(), liars=st.integers(0, 4))
    def pass_a_round(self, seal_all: bool, show_all: bool, liars: int) -> None:
        """Let the honest member report, and perhaps all others."""
        current, shown = self.world.oracle.current_round(), list(self.sealed.items())
        for (member, feed, round_), report in shown:
            is_due = round_ == current - 1
            if is_due and (show_all or member == self.world.people[HONEST]):
                self.attempt(Signed(member), "reveal", feed, report, SALT)
        for place, member in enumerate(self.world.people):
            if seal_all or place == HONEST:
                for feed in range(FEEDS):
                    is_lie = place > len(self.world.people) - 1 - liars
                    seen = self.world.context.number * BLOCK_MS
                    report = Report(ONE * 2 if is_lie else ONE, seen, b"")
                    sealed = seal(report, SALT, member, feed, current)
                    if self.attempt(Signed(member), "commit", feed, current, sealed):
                        self.sealed[member, feed, current] = report
        self.world.next_round()

    @rule(who=people, amount=st.sampled_from([0, UNIT, BOND, 2 * BOND]))
    def move_the_bond(self, who: int, amount: int) -> None:
        member = Signed(self.world.people[who])
        for name in ("bond_extra", "unbond", "join") if who != HONEST else ("bond_extra",):
            self.attempt(member, name, amount)

    @rule(who=people)
    def come_back(self, who: int) -> None:
        member = self.world.people[who]
        for name in ("unjail", "withdraw_unbonded"):
            self.attempt(Signed(member), name)
        self.attempt(Signed(OUTSIDER), "claim", member)

    @rule(who=st.integers(1, 8), add=st.booleans())
    def govern(self, who: int, add: bool) -> None:
        name = "add_member" if add else "remove_member"
        self.attempt(REGISTRY, name, self.world.people[who])

    @rule(who=st.integers(0, 2), kind=st.sampled_from(ClaimKind), gain=st.integers(0, 10**9))
    def submit(self, who: int, kind: ClaimKind, gain: int) -> None:
        self.attempt(Signed(CLAIMANTS[who]), "submit_claim", kind, SALT, SALT, gain)

    @rule(claim=claims, verdict=verdicts, dissent=st.integers(0, 5))
    def attest(self, claim: int, verdict: Verdict, dissent: int) -> None:
        other = next(one for one in Verdict if one is not verdict)
        for place, member in enumerate(self.world.people):
            said = other if place == dissent else verdict
            self.attempt(Signed(member), "attest_claim", self.newest(claim), said)

    @rule(claim=claims, by=st.sampled_from([OUTSIDER, *CLAIMANTS]))
    def act_on_a_claim(self, claim: int, by: bytes) -> None:
        for name in ("challenge_claim", "finalise_claim", "withdraw_claim"):
            if self.attempt(Signed(by), name, self.newest(claim)):
                break

    def newest(self, back: int) -> int:
        return max(self.world.upgrades.next_claim - 1 - back, 0)

    @invariant()
    def money_is_only_burned(self) -> None:
        issued = self.world.token.total_issuance
        assert issued <= self.issued
        self.issued = issued

    @invariant()
    def who_is_honest_keeps_its_bond_but_for_verdicts_it_did_not_give(self) -> None:
        honest = self.world.people[HONEST]
        member = self.world.oracle.member[honest]
        assert (member.missed, member.outlier_rounds) == (0, ())
        held = self.world.token.held(HoldReason.ORACLE_BOND, honest)
        assert held == member.total

    @invariant()
    def values_are_those_of_the_honest(self) -> None:
        for feed in range(FEEDS):
            found = self.world.oracle.value(feed)
            assert found is None or 0 < found[0] <= 2 * ONE
            average = self.world.oracle.twap(feed)
            assert (average is None) is (found is None)


OracleMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestOracleMachine = OracleMachine.TestCase
