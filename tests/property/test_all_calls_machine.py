"""Any sequence of calls keeps every invariant, and each planck is somewhere (reqs 4, 5, 58).

The calls are those of the runtime; a new pallet joins by itself. CI makes 10,000 steps with one
seed and 5,000 with another, besides 1,500 of each in the default run: 18,000 in all, and after each
block every invariant of every pallet is checked. In them nearly every call that anybody may make is
made with success; `out_of_reach` says of the others why not. What is found fails with its seed and
the line that repeats it.

The machine of the books (`test_books_machine`) is another: 5,000 steps of the compute market alone,
on a few pallets without blocks, in which books that are kept from events explain every payment.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from runtime.primitives.schema import schema_of
from tests.property.arguments import has_generator
from tests.property.by_hand import BY_HAND
from tests.property.everybody import RARE, Everybody, entries_of, genesis_of, is_inherent
from tests.property.out_of_reach import OUT_OF_REACH
from tests.support.chain import pair
from tests.support.flat_chain import FlatChain

SEEDS = (1, 2)
FEW, MANY, OTHERS = 1_500, 10_000, 5_000
"""Steps of a default run, of the long one with the first seed, and with any other."""
LONG_STEPS = {SEEDS[0]: MANY}

PLACES = [place for places in OUT_OF_REACH.values() for place in places.items()]
"""Files, and the calls out of reach that they make."""
LISTED = {name for _, names in PLACES for name in names}
MOST_LISTED = 40
ROOT = Path(__file__).parents[2]

LIFE = (
    "Balances.transfer_keep_alive",
    "Jobs.submit_job",
    "Jobs.start_job",
    "Jobs.commit_segment",
    "Receipts.submit",
    "Providers.register_provider",
    "Providers.heartbeat",
    "Amax.transfer_keep_alive",
    "Referenda.submit",
    "Utility.batch",
    "Scheduler.schedule",
)
"""Calls that a long run has made: without them it would be a machine that is only refused."""


def run(seed: int, steps: int) -> Everybody:
    """Let everybody do so many steps; a failure says how to see it again."""
    everybody = Everybody(seed)
    try:
        everybody.run(steps)
    except Exception as error:
        place = "tests/property/test_all_calls_machine.py"
        replay = f'./run test {place} -m "" -k "{steps_name(steps)}" --seed {seed}'
        raise AssertionError(f"seed {seed}, {everybody.step}\nreplay: {replay}") from error
    return everybody


def steps_name(steps: int) -> str:
    return "fifteen_hundred" if steps == FEW else "thousands"


def test_every_call_has_a_generator_or_parts_that_have() -> None:
    entries = entries_of(FlatChain(genesis_of([pair(n).public for n in range(1, 5)])))
    lacking = [
        f"{one.pallet}.{one.name}({argument})"
        for one in entries
        if f"{one.pallet}.{one.name}" not in BY_HAND and not is_inherent(one)
        for argument, note in one.signature
        if not has_generator(schema_of(note))
    ]
    assert lacking == [], "give each a line in BY_HAND, or its type one in BY_TYPE"


def test_every_line_by_hand_is_of_a_call_that_exists() -> None:
    entries = entries_of(FlatChain(genesis_of([pair(n).public for n in range(1, 5)])))
    assert sorted(set(BY_HAND) - {f"{one.pallet}.{one.name}" for one in entries}) == []


def test_fifteen_hundred_random_calls_break_no_invariant_and_lose_no_planck(seed: int) -> None:
    everybody = run(seed, FEW)
    assert everybody.accepted["Jobs.commit_segment"] >= 3


UNLUCKY = 8
"""Calls that are in reach and not made: a new call anywhere throws all dice anew."""


@cache
def long_run(seed: int) -> Everybody:
    """Return everybody after thousands of steps; two tests look at them."""
    return run(seed, LONG_STEPS.get(seed, OTHERS))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thousands_of_random_calls_break_no_invariant_and_lose_no_planck(seed: int) -> None:
    everybody = long_run(seed)
    tried = {name for name, _ in everybody.refused} | set(everybody.accepted)
    assert sorted(set(everybody.entries) - tried - set(RARE) - LISTED) == []
    assert [name for name in LIFE if not everybody.accepted[name]] == []
    never = sorted(set(everybody.entries) - set(everybody.accepted))
    print(f"seed {seed}: {everybody.steps} steps, {everybody.chain.number} blocks; never: {never}")
    assert len(never) < len(everybody.entries) // 4, never


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_call_is_made_with_success_in_some_run_or_said_to_be_out_of_reach() -> None:
    runs = [long_run(seed) for seed in SEEDS]
    made = {name for everybody in runs for name, count in everybody.accepted.items() if count}
    entries = set(runs[0].entries)
    print(f"made in {len(runs)} runs: {len(entries & made)} of {len(entries)} calls")
    missing = sorted(entries - made - LISTED)
    assert len(missing) <= UNLUCKY, f"make them possible, or say where they are made: {missing}"


def test_the_same_seed_does_the_same_again() -> None:
    first, second = Everybody(3), Everybody(3)
    for everybody in (first, second):
        everybody.run(200)
    assert first.step == second.step
    assert first.chain.head.hash == second.chain.head.hash
    assert first.accepted == second.accepted


def test_what_is_out_of_reach_is_a_call_and_is_made_where_it_is_said() -> None:
    entries = entries_of(FlatChain(genesis_of([pair(n).public for n in range(1, 5)])))
    assert sorted(LISTED - {f"{one.pallet}.{one.name}" for one in entries}) == []
    assert len(LISTED) == sum(len(names) for _, names in PLACES), "each stands once"
    assert len(LISTED) < MOST_LISTED
    for path, names in PLACES:
        text = (ROOT / path).read_text(encoding="utf-8")
        for name in names:
            method = name.partition(".")[2]
            assert re.search(rf'[."]{method}\b', text), f"{path} does not make {name}"
