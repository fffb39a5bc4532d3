"""AGPU gives no say (requirement 26): whatever its ledger holds, the same tallies decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.construct import Runtime
from runtime.frame import DispatchError, GovernanceOrigin, Signed
from runtime.frame.accounts import AccountData
from runtime.frame.dispatch import TokenError
from runtime.frame.fungible import FreezeReason, HoldReason
from runtime.frame.origins import CustomOrigin
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets.balances.types import FrozenAmount, IdAmount
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import order
from tests.property.everybody import LIVELY, genesis_of
from tests.support.bench import undone
from tests.support.chain import pair
from tests.support.flat_chain import FlatChain

PEOPLE = tuple(pair(number).public for number in range(1, 6))
STRANGER = bytes([9]) * 32
SMALL = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)
AMOUNT = st.one_of(st.just(0), st.integers(0, 10**9 * UNIT), st.just(2**128 - 1))


@dataclass(frozen=True)
class Purse:
    """All that the ledger of AGPU says of an account."""

    free: int
    reserved: int
    frozen: int
    hold: HoldReason
    freeze: FreezeReason

    def write(self, runtime: Runtime, who: bytes) -> None:
        ledger = runtime.balances
        data = ledger.store.data(who)
        ledger.store.set_data(who, AccountData(self.free, self.reserved, self.frozen, data.flags))
        ledger.holds[who] = (IdAmount(self.hold, self.reserved),) if self.reserved else ()
        ledger.freezes[who] = (FrozenAmount(self.freeze, self.frozen),) if self.frozen else ()


PURSE = st.builds(
    Purse, AMOUNT, AMOUNT, AMOUNT, st.sampled_from(HoldReason), st.sampled_from(FreezeReason)
)
LEDGER = st.fixed_dictionaries(dict.fromkeys((*PEOPLE, STRANGER), PURSE))


@pytest.fixture(scope="module")
def chain() -> FlatChain:
    """Return a chain on which three accounts vote in two referenda and for a guardian."""
    made = FlatChain(genesis_of(list(PEOPLE)))
    for who in PEOPLE[:3]:
        act(made, who, "ConvictionVoting", "season", 50_000 * UNIT)
    made.pass_blocks(7 * LIVELY.era_blocks)
    act(made, PEOPLE[4], "Guardian", "submit_candidacy")
    act(made, PEOPLE[0], "Guardian", "vote", (PEOPLE[4],), 9 * UNIT)
    for index in range(2):
        act(made, PEOPLE[3], "Referenda", "submit", SMALL, Inline(b"\0\0\0"), After(0))
        act(made, PEOPLE[3], "Referenda", "place_decision_deposit", index)
        act(made, PEOPLE[0], "ConvictionVoting", "vote", index, vote(30_000, is_aye=True))
        act(made, PEOPLE[1], "ConvictionVoting", "vote", index, vote(10_000 * index, is_aye=False))
    act(made, PEOPLE[2], "ConvictionVoting", "delegate", 20, Id(PEOPLE[0]), Conviction.NONE, UNIT)
    made.pass_blocks(3)
    return made


def act(chain: FlatChain, who: bytes, pallet: str, name: str, *arguments: Any) -> None:
    """Make a call that must succeed."""
    assert chain.sign(who, chain.call(pallet, name, *arguments)) is None


def vote(amount: int, *, is_aye: bool) -> Standard:
    return Standard(Vote(is_aye, Conviction.LOCKED2X), amount * UNIT)


def standing(runtime: Runtime) -> tuple[Any, ...]:
    """Return all that decides: tallies, who passes, the electorate, who may vote and is elected."""
    referenda = runtime.referenda
    rules = referenda.rules(20)
    polls = [referenda.poll(index) for index in range(2)]
    passing = [
        referenda.deciding.is_passing(referenda.ongoing(index).tally, rules, elapsed)
        for index in range(2)
        for elapsed in range(0, rules.decision_period, 7)
    ]
    seasoned = [
        runtime.conviction_voting.set_aside_by(who, runtime.context.number) for who in PEOPLE
    ]
    approvals = [one.approval for one in runtime.guardian.candidates]
    return polls, passing, runtime.amax.active_issuance(), seasoned, approvals


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ledger=LEDGER, issued=AMOUNT, inactive=AMOUNT)
def test_req_26_no_balance_of_agpu_moves_a_tally_or_the_electorate(
    chain: FlatChain, ledger: dict[bytes, Purse], issued: int, inactive: int
) -> None:
    runtime = chain.runtime
    before, after_a_vote = standing(runtime), standing_after_a_vote(runtime)
    with undone(runtime.context):
        for who, purse in ledger.items():
            purse.write(runtime, who)
        runtime.balances.total_issuance = issued
        runtime.balances.inactive_issuance = inactive
        assert standing(runtime) == before
        assert standing_after_a_vote(runtime) == after_a_vote


def standing_after_a_vote(runtime: Runtime) -> tuple[Any, ...]:
    """Return how all stands when three more votes have come; nothing of them is kept."""
    with undone(runtime.context):
        runtime.conviction_voting.vote(Signed(PEOPLE[1]), 0, vote(20_000, is_aye=True))
        runtime.conviction_voting.undelegate(Signed(PEOPLE[2]), 20)
        runtime.guardian.vote(Signed(PEOPLE[2]), (PEOPLE[4],), 5 * UNIT)
        return standing(runtime)


def test_amax_does_move_them(chain: FlatChain) -> None:
    """The same observations notice the token that votes."""
    runtime = chain.runtime
    before = standing(runtime)
    assert standing_after_a_vote(runtime)[0] != before[0]
    with undone(runtime.context):
        runtime.amax.burn_from(PEOPLE[3], UNIT, keep_alive=True)
        assert standing(runtime)[2] == before[2] - UNIT


def test_req_24_work_is_paid_in_agpu_and_bonds_are_too(chain: FlatChain) -> None:
    runtime = chain.runtime
    pallets = (runtime.jobs, runtime.providers, runtime.vaults, runtime.staking, runtime.oracle)
    assert all(pallet.currency is runtime.balances for pallet in pallets)
    rich_in_amax = bytes([11]) * 32
    with undone(runtime.context):
        runtime.amax.mint_into(rich_in_amax, 10**6 * UNIT)
        runtime.balances.mint_into(rich_in_amax, UNIT // 100)
        with pytest.raises(DispatchError) as refused:
            runtime.jobs.submit_job(Signed(rich_in_amax), order(chain.number), None, 0)
    assert refused.value.error is TokenError.FUNDS_UNAVAILABLE
