"""No swap mints AGPU or lowers the product of a pool, whatever people do (req 66)."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.frame import DispatchError
from runtime.frame.fungible import BurnReason
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets.asset_conversion.formulas import (
    buy_agpu,
    buy_agpu_for,
    gross_for,
    sell_agpu,
    sell_agpu_for,
)
from runtime.primitives.types import UNIT
from runtime.terms import Trading
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from tests.pallets.pools import CENTS, COIN, DAY, PEOPLE, SHELL, PoolWorld

FEES = st.builds(
    Trading,
    *(
        st.integers(ROWS[key].least, ROWS[key].most)
        for key in (Parameter.LP_FEE, Parameter.POOL_BURN, Parameter.POOL_TREASURY)
    ),
)
"""Whatever referenda may decide."""
RESERVE = st.integers(1, 2**100)
AMOUNT = st.integers(1, 2**100)


@given(fees=FEES, agpu=RESERVE, other=RESERVE, amount=AMOUNT)
@settings(max_examples=200)
def test_no_swap_lowers_the_product(fees: Trading, agpu: int, other: int, amount: int) -> None:
    sale = sell_agpu(fees, agpu, other, amount)
    after = (agpu + amount - sale.protocol) * (other - sale.amount_out)
    assert after >= agpu * other
    buy = buy_agpu(fees, agpu, other, amount)
    assert (agpu - buy.amount_out - buy.protocol) * (other + amount) >= agpu * other
    parts = (one for swap in (sale, buy) for one in (swap.burned, swap.to_treasury))
    assert min(sale.amount_out, buy.amount_out, *parts) >= 0


@given(fees=FEES, agpu=RESERVE, other=RESERVE, amount=AMOUNT)
@settings(max_examples=200)
def test_what_an_exact_swap_wants_is_enough_and_one_less_is_not(
    fees: Trading, agpu: int, other: int, amount: int
) -> None:
    if amount < other:
        needed = sell_agpu_for(fees, agpu, other, amount).amount_in
        assert sell_agpu(fees, agpu, other, needed).amount_out >= amount
        assert sell_agpu(fees, agpu, other, needed - 1).amount_out < amount
    if gross_for(fees, amount) < agpu:
        exact = buy_agpu_for(fees, agpu, other, amount)
        assert buy_agpu(fees, agpu, other, exact.amount_in).amount_out >= amount
        assert buy_agpu(fees, agpu, other, exact.amount_in - 1).amount_out < amount
        after = (agpu - amount - exact.protocol) * (other + exact.amount_in)
        assert after >= agpu * other


WHO = st.sampled_from(PEOPLE[:4])
KIND = st.sampled_from([NATIVE, WithId(COIN), WithId(SHELL)])
PART = st.integers(1, 10**6)


class PoolsMachine(RuleBasedStateMachine):
    """Whatever people swap, add and take out: no swap mints, and a share never loses to one."""

    def __init__(self) -> None:
        super().__init__()
        self.world = PoolWorld(agpu=1_000, coins=1_000)
        self.issued = self.world.agpu.total_issuance

    def amount(self, kind: object, part: int) -> int:
        return part * (UNIT // 1_000 if kind == NATIVE else CENTS // 1_000)

    @rule(who=WHO, kinds=st.lists(KIND, min_size=2, max_size=3), part=PART, is_exact=st.booleans())
    def swap(self, who: bytes, kinds: list[object], part: int, is_exact: bool) -> None:
        before = [self.world.product(coin) for coin in (COIN, SHELL)]
        with suppress(DispatchError):
            if is_exact:
                self.world.swap_for(tuple(kinds), self.amount(kinds[-1], part), who=who)
            else:
                self.world.swap(tuple(kinds), self.amount(kinds[0], part), who=who)
        after = [self.world.product(coin) for coin in (COIN, SHELL)]
        assert all(new >= old for new, old in zip(after, before, strict=True))

    @rule(who=WHO, coin=st.sampled_from([COIN, SHELL]), part=PART, other=PART)
    def add(self, who: bytes, coin: int, part: int, other: int) -> None:
        with suppress(DispatchError):
            self.world.add_to(
                self.amount(NATIVE, part), self.amount(None, other), coin=coin, who=who
            )

    @rule(who=WHO, coin=st.sampled_from([COIN, SHELL]), part=st.integers(1, 100))
    def take(self, who: bytes, coin: int, part: int) -> None:
        value = self.world.product(coin)
        supply = self.world.shares.ledger.total_issuance(coin - COIN)
        with suppress(DispatchError):
            self.world.take_out(self.world.owned(who, coin) * part // 100, coin=coin, who=who)
        left = self.world.shares.ledger.total_issuance(coin - COIN)
        assert self.world.product(coin) * supply**2 >= value * left**2

    @rule(blocks=st.integers(1, DAY))
    def wait(self, blocks: int) -> None:
        self.world.context.number += blocks
        for coin in (COIN, SHELL):
            found = self.world.pools.twap(coin)
            assert found is None or found > 0

    @invariant()
    def no_swap_mints_agpu(self) -> None:
        burned = self.world.agpu.burned_by_reason[BurnReason.SWAP]
        dust = self.world.agpu.burned_by_reason[BurnReason.DUST]
        assert self.world.agpu.total_issuance == self.issued - burned - dust


TestPools = PoolsMachine.TestCase
TestPools.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
