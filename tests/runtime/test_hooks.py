"""All hooks together: a tenth of a block at the fullest state, and nothing that waits for ever."""

from dataclasses import replace

import pytest

from runtime.constants import LIMITS, TASKS
from runtime.frame import Weight
from runtime.pallets import im_online, offences
from runtime.pallets.audits import weights as audits
from runtime.pallets.audits.records import MAX_AUDITORS
from runtime.pallets.disputes import weights as disputes
from runtime.pallets.disputes.docket import LOOKING, MAX_EARLY
from runtime.pallets.jobs import hook_weights as jobs
from runtime.pallets.jobs.agenda import MAX_OPEN_JOBS
from runtime.pallets.mining import history
from runtime.pallets.mining.records import MAX_CASTS, Cast, Casts
from runtime.pallets.oracle import rounds
from runtime.pallets.pricing.pallet import PER_MARKET, PER_WAITING, TICK
from runtime.pallets.providers import weights as providers
from runtime.pallets.staking import Limits, election_weights, elections
from runtime.pallets.staking import weights as staking
from runtime.pallets.staking.records import MAX_WINNERS
from runtime.pallets.treasury.pallet import ALL_PAYMENTS
from runtime.pallets.upgrades.records import Account, Sums
from runtime.pallets.vaults import OfMarket
from runtime.pallets.vaults.assets import Part, new_tranche
from runtime.pallets.vaults.pools import Pool
from runtime.pallets.vaults.records import MAX_POSITIONS, Position, new_vault
from runtime.primitives.types import UNIT
from tests.support.full_chain import MARKETS, WORST, ElectingChain, FullChain

TENTH = LIMITS.hook_picoseconds

EPOCH_SLOTS = 600
"""Of the main chain."""


@pytest.fixture(scope="module")
def chain() -> FullChain:
    return FullChain()


def test_the_hooks_of_the_worst_block_of_the_fullest_state_use_a_tenth(chain: FullChain) -> None:
    assert (chain.number, TENTH * 10) == (WORST, LIMITS.max_picoseconds)
    rows = chain.hooks()
    by_pallet = {row.pallet: row.declared for row in rows if not row.can_wait}
    moved = TICK + PER_MARKET * len(MARKETS)
    assert by_pallet["Pricing"].reads == moved.reads
    assert by_pallet["Babe"].ref_time > TENTH // 10, "an epoch and an era begin"
    assert by_pallet["Providers"].ref_time > TENTH // 20, "bonds are renewed"
    assert sum(row.declared.ref_time for row in rows) <= TENTH
    over = [row for row in rows if row.reads > row.declared.reads]
    over += [row for row in rows if row.writes > row.declared.writes]
    assert [row for row in over if row.pallet not in UNMETERED] == []


UNMETERED = ("System", "Timestamp")
"""Their hooks write what every block has: it is part of what a block weighs empty."""


def test_what_must_happen_in_the_worst_block_leaves_something_for_what_can_wait(
    chain: FullChain,
) -> None:
    must = sum(row.declared.ref_time for row in chain.hooks() if not row.can_wait)
    everything_waits = (PER_WAITING * MAX_OPEN_JOBS).ref_time
    assert TENTH * 2 // 3 < must + everything_waits < TENTH * 9 // 10


def test_the_largest_step_of_each_pallet_fits_into_a_plain_block_that_it_comes_first_in() -> None:
    chain = FullChain()
    chain.close(is_checked=False)
    runtime = chain.runtime
    plain = sum(row.declared.ref_time for row in chain.hooks() if not row.can_wait)
    early = (disputes.LOOK * MAX_EARLY).ref_time
    room = TENTH - plain - early
    steps = {
        "Providers": providers.SWEEP + providers.VISIT,
        "Mining": history.MOST,
        "Disputes": LOOKING + disputes.OVERDUE,
        "Jobs": jobs.LEAST + jobs.PAY + jobs.LIST,
        "Audits": audits.TICK + audits.STEP + audits.faults(MAX_AUDITORS),
        "Treasury": ALL_PAYMENTS,
        "Oracle": rounds.most(runtime.oracle.config.feeds_per_block),
        "Upgrades": runtime.upgrades.most,
        "Scheduler": Weight(compute=TASKS.max_picoseconds // 1_000),
        "Staking": staking.POLL,
        "Elections": max(election_steps(), key=lambda step: step.ref_time),
        "Offences": offences.PRUNE,
        "ImOnline": im_online.REPORT,
    }
    assert list(steps) == [pallet.name for pallet in runtime.polled]
    assert {name: step for name, step in steps.items() if step.ref_time > room} == {}
    paying = jobs.due_limit(min(runtime.jobs.config.hook_picoseconds, room))
    assert paying >= (jobs.LIST + jobs.PAY).ref_time, "due work has only a part of the room"


def election_steps() -> tuple[Weight, ...]:
    """Return the largest steps of an election: to write votes down, to count, to expose one."""
    limits = Limits()
    return (
        election_weights.LOOK + election_weights.snapshot(limits.voters, limits.candidates),
        election_weights.LOOK
        + election_weights.count(limits.voters, limits.candidates, MAX_WINNERS),
        election_weights.LOOK + elections.WIDEST,
    )


def test_everything_that_can_wait_comes_to_its_end() -> None:
    chain = FullChain()
    for _ in range(3 * len(chain.runtime.polled)):
        chain.close(is_checked=False)
    runtime = chain.runtime
    assert runtime.treasury.approvals == ()
    assert runtime.oracle.next_round is not None
    assert runtime.oracle.next_round > 0
    assert runtime.providers.sweep.era == 2
    assert runtime.staking.collecting_range == (0, 0)
    assert runtime.mining.scoring is not None
    assert runtime.mining.scoring.epoch > 0
    assert runtime.disputes.timer_window.first == runtime.disputes.timer_window.end
    assert all(len(job.history) > 1 for _, job in runtime.jobs.jobs.items()), "all were matched"


def test_the_largest_election_leaves_every_block_of_the_fullest_state_below_a_tenth() -> None:
    """512 voters, 320 of which name 16 of 256 candidates, while all else that hooks do is full."""
    chain = ElectingChain()
    started, elections = chain.number, chain.runtime.elections
    while elections.current is None or not elections.current.is_over:
        rows = chain.hooks()
        assert sum(row.declared.ref_time for row in rows) <= TENTH
        over = [row for row in rows if row.reads > row.declared.reads]
        over += [row for row in rows if row.writes > row.declared.writes]
        assert [row for row in over if row.pallet not in UNMETERED] == []
        chain.close(is_checked=False)
        elections = chain.runtime.elections
    turns = 3 * len(chain.runtime.polled)
    assert chain.number - started <= turns < EPOCH_SLOTS // 2, "it is over before its session ends"
    winners, staking = elections.current.winners or (), chain.runtime.staking
    found = [staking.eras_stakers_overview[elections.current.era, who] for who in winners]
    assert len(found) == MAX_WINNERS
    assert sum(one.nominator_count for one in found) > MAX_WINNERS * 16


def test_a_pallet_that_uses_more_than_is_left_is_a_bug(
    chain: FullChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(chain.runtime.scheduler), "on_poll", greedy)
    with pytest.raises(AssertionError, match=r"Scheduler used \d+ of \d+ picoseconds"):
        chain.open()


def greedy(_self: object, _number: int, left: int) -> Weight:
    return Weight(compute=left // 1_000 + 1)


def test_a_score_of_an_account_that_has_all_it_can_have_declares_what_it_reads(
    chain: FullChain,
) -> None:
    """16 stakes, 128 votes in 55 eras of referenda, upgrades in a group, proven work."""
    runtime, overlay = chain.reading()
    who = next(account for account, _ in runtime.providers.providers.items())
    era, epoch = runtime.mining.era(), runtime.babe.current_epoch()
    part = Part(900, 1, 0, epoch, 0, ())
    stake = Position(*(UNIT, UNIT, 28, 28, UNIT, UNIT, epoch, 0, 0), (), (part,))
    tranche = replace(new_tranche(900), parts=1, stake=Pool(1, 1))
    runtime.vaults.memberships[who] = tuple(range(MAX_POSITIONS))
    for number in range(MAX_POSITIONS):
        vault = new_vault(OfMarket(MARKETS[number]), who, 0, era)
        runtime.vaults.vaults[number] = replace(vault, rwa=(tranche,))
        runtime.vaults.positions[number, who] = stake
    runtime.upgrades.accounts[who] = Account(Sums(10**6, 10**9), who)
    runtime.mining.casts[who] = Casts(tuple(Cast(poll, 0, 1) for poll in range(MAX_CASTS)), (), 0)
    runtime.mining.records[0, who] = history.EMPTY
    eras = [runtime.mining.ended_polls.slot(one) for one in range(era)]
    overlay.clear_counts()
    runtime.mining.history.score_of(0, who)
    reads = overlay.reads - set(eras)
    assert history.SCORE.reads - 2 <= len(reads) <= history.SCORE.reads, sorted(reads)
    assert len(overlay.writes) <= history.SCORE.writes
