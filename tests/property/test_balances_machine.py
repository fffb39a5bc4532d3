"""No sequence of operations breaks an invariant, loses a planck, or costs more than declared."""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.books.ledger import Ledger, holdings_of
from runtime.constants import LIMITS
from runtime.frame import DispatchError, Signed
from runtime.frame.fungible import BurnReason, FreezeReason, HoldReason
from runtime.pallets.balances import Balances
from runtime.pallets.system import Config, System
from runtime.primitives.extrinsic import Id
from tests.support.bench import Bench, account

WHO = st.integers(0, 3).map(account)
AMOUNT = st.integers(0, 30)
REASON = st.sampled_from([HoldReason.JOB_ESCROW, HoldReason.PROVIDER_BOND])
CALLS = ("transfer_allow_death", "transfer_keep_alive")


class BalancesMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.system = self.bench.add(System(self.bench.context, Config(42, LIMITS), index=0))
        self.agpu = self.bench.add(
            Balances(self.bench.context, 5, self.system, index=6, name="Balances")
        )
        self.amax = self.bench.add(Balances(self.bench.context, 5, index=40, name="Amax"))
        for ledger in (self.agpu, self.amax):
            ledger.build(tuple((account(n), 20) for n in range(3)))
        tokens = (self.agpu, self.amax)
        self.books = {one.name: Ledger(one.name, holdings_of(one)) for one in tokens}
        self.bench.context.events.clear()

    @rule(source=WHO, dest=WHO, amount=AMOUNT, name=st.sampled_from(CALLS), amax=st.booleans())
    def transfer(self, source: bytes, dest: bytes, amount: int, name: str, amax: bool) -> None:
        ledger = self.amax if amax else self.agpu
        with suppress(DispatchError):
            self.bench.call(getattr(ledger, name), Signed(source), Id(dest), amount)

    @rule(source=WHO, dest=WHO, keep_alive=st.booleans())
    def transfer_all(self, source: bytes, dest: bytes, keep_alive: bool) -> None:
        with suppress(DispatchError):
            self.bench.call(self.agpu.transfer_all, Signed(source), Id(dest), keep_alive)

    @rule(who=WHO, amount=AMOUNT, keep_alive=st.booleans())
    def burn(self, who: bytes, amount: int, keep_alive: bool) -> None:
        before = self.agpu.total_issuance
        if self.agpu.attempt(self.agpu.burn_from, who, amount, keep_alive):
            assert self.agpu.total_issuance <= before - amount

    @rule(who=WHO, amount=AMOUNT, reason=REASON)
    def hold(self, who: bytes, amount: int, reason: HoldReason) -> None:
        self.agpu.attempt(self.agpu.hold, reason, who, amount)

    @rule(who=WHO, amount=AMOUNT, reason=REASON, name=st.sampled_from(["release", "burn_held"]))
    def use_hold(self, who: bytes, amount: int, reason: HoldReason, name: str) -> None:
        self.agpu.attempt(getattr(self.agpu, name), reason, who, amount)

    @rule(who=WHO, dest=WHO, amount=AMOUNT, reason=REASON)
    def pay_from_hold(self, who: bytes, dest: bytes, amount: int, reason: HoldReason) -> None:
        self.agpu.attempt(self.agpu.transfer_on_hold, reason, who, dest, amount)

    @rule(who=WHO, amount=AMOUNT, reason=st.sampled_from(list(FreezeReason)))
    def freeze(self, who: bytes, amount: int, reason: FreezeReason) -> None:
        if self.agpu.total(who):
            self.agpu.set_freeze(reason, who, amount)

    @invariant()
    def state_is_sound(self) -> None:
        self.agpu.try_state()
        self.amax.try_state()

    @invariant()
    def events_alone_say_what_everybody_has(self) -> None:
        for record in self.bench.context.events:
            if record.pallet.name in self.books:
                self.books[record.pallet.name].apply(record.event)
        self.bench.context.events.clear()
        for ledger in (self.agpu, self.amax):
            books, state = self.books[ledger.name], holdings_of(ledger)
            books.end_block()
            assert {who: books.holding(who) for who in books.accounts()} == state
            assert books.issuance == ledger.total_issuance
            assert all(books.burned[one] == ledger.burned_by_reason[one] for one in BurnReason)


TestBalances = BalancesMachine.TestCase
TestBalances.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
