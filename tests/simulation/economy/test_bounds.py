"""Wherever referenda may lead the parameters, the whole runtime goes on: no invariant, no share.

Every block has all of its hooks within their share (`FlatChain` looks), every round every invariant
of every pallet. A market works and is paid, accounts make any call there is, and benches of single
mechanisms follow their own exact reckonings, each with parameters at the ends of their bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runtime.constants import LIMITS
from runtime.frame.fungible import HoldReason
from runtime.pallets.staking.records import Forcing
from runtime.terms.parameter import Parameter
from runtime.terms.registry import GROUPS, terms_of
from tests.property import (
    test_audits_machine,
    test_disputes_machine,
    test_providers_machine,
    test_rwa_machine,
    test_staked_jobs_machine,
    test_vaults_machine,
)
from tests.property.everybody import Everybody
from tests.property.parameter_changes import at_an_end, decide, drawn_corner, ends_of
from tests.runtime.test_hooks import UNMETERED
from tests.simulation.economy.setting import Setting
from tests.simulation.economy.world import Economy
from tests.support.full_chain import FullChain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BOUNDED = Setting(is_bounded=True, least=3)
SETTLED = 4
"""Rounds until the first epochs are closed and paid."""
LONGEST_JOB = 130
"""Blocks in which any job that was ordered is paid or refunded: start, run, and its openings."""
STEPS = 500
OF_JOBS = (HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT)


def test_a_market_works_with_each_parameter_at_its_least_and_at_its_greatest() -> None:
    """A round with each of them, one after the other: jumps that no referendum could make."""
    economy = Economy(BOUNDED)
    for _ in range(SETTLED):
        economy.play_round()
    for key in Parameter:
        for value in ends_of(key):
            decide(economy.chain.runtime, at_an_end(key, value))
            economy.play_round()
            last = economy.log[-1]
            assert last.fees > 0, f"{key.name} at {value}: nothing was paid"
            assert last.burned > 0, f"{key.name} at {value}: nothing burned"
            assert last.minted_work < last.burned, f"{key.name} at {value}"
    finish(economy)


@pytest.mark.parametrize("corner", range(4))
def test_a_market_works_at_a_corner_of_all_parameters(corner: int) -> None:
    economy = Economy(BOUNDED)
    runtime = economy.chain.runtime
    decide(runtime, drawn_corner(corner))
    for _ in range(10):
        economy.play_round()
    assert all(one.fees > 0 for one in economy.log[SETTLED:])
    burned = sum(one.burned for one in economy.log)
    assert 0 < sum(one.minted_work for one in economy.log) < burned
    finish(economy)


def finish(economy: Economy) -> None:
    """Let all time run out: no job stays open, and nothing of any client stays on hold."""
    chain = economy.chain
    chain.pass_blocks(LONGEST_JOB)
    jobs, token = chain.runtime.jobs, chain.runtime.balances
    assert [number for number, record in jobs.jobs.items() if record.state.is_open] == []
    assert jobs.open_jobs == 0
    held = [token.held(why, who) for who in economy.clients for why in OF_JOBS]
    assert set(held) == {0}


@pytest.mark.parametrize("corner", range(4))
def test_accounts_do_whatever_they_please_at_a_corner_of_all_parameters(corner: int) -> None:
    """Stakes, votes, vaults, oracles, pools and jobs; every block is checked, and the issuance."""
    everybody = Everybody(100 + corner)
    decide(everybody.chain.runtime, drawn_corner(corner))
    everybody.run(STEPS)
    assert everybody.accepted["Jobs.submit_job"] > 0
    staking = everybody.chain.runtime.staking
    staking.eras.force(Forcing.NOT_FORCING)  # a referendum may have stopped eras
    before = staking.era()
    everybody.chain.pass_blocks(6 * staking.config.session_blocks)
    assert everybody.chain.runtime.staking.era() > before, "whoever may be elected"


def test_the_hooks_of_the_fullest_state_keep_their_share_at_corners_of_all_parameters() -> None:
    chain = FullChain()
    for corner in range(8):
        rows = chain.hooks(lambda runtime, corner=corner: decide(runtime, drawn_corner(corner)))
        assert sum(row.declared.ref_time for row in rows) <= LIMITS.hook_picoseconds
        over = [row for row in rows if row.reads > row.declared.reads]
        over += [row for row in rows if row.writes > row.declared.writes]
        assert [row for row in over if row.pallet not in UNMETERED] == []


MACHINES: dict[str, Callable[[int], tuple[Any, Callable[[], None]]]] = {
    "vaults": lambda seed: with_run(test_vaults_machine.Crowd(seed), 150),
    "assets": lambda seed: with_run(test_rwa_machine.Crowd(seed), 150),
    "disputes": lambda seed: with_run(test_disputes_machine.Court(seed)),
    "audits": lambda seed: with_run(test_audits_machine.Assize(seed, 7), 2),
    "providers": lambda seed: with_run(test_providers_machine.Crowd(seed), 150),
    "stakers of markets": lambda seed: with_run(test_staked_jobs_machine.StakedCrowd(seed), 60),
}
"""Random calls with an exact reckoning of their own, by what they are about."""
OF_THE_BENCH = ("emission", "pricing")
"""Groups whose values these benches have for themselves: prices, and whether anything is minted."""


def with_run(machine: Any, *steps: int) -> tuple[Any, Callable[[], None]]:
    """Return a machine, and what lets it do so many steps."""
    return machine, lambda: machine.run(*steps)


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("corner", range(3))
def test_money_is_followed_to_the_planck_at_a_corner_of_all_parameters(
    name: str, corner: int
) -> None:
    machine, run = MACHINES[name](corner)
    terms = terms_of(drawn_corner(corner))
    for group in GROUPS:
        if group not in OF_THE_BENCH:
            setattr(machine.world.terms, group, getattr(terms, group))
    run()
