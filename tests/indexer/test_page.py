"""The page of the index: its queries run and say what is so, and its tables are the tables."""

from __future__ import annotations

import re

import pytest

from cli.indexer.dialects import columns_of
from cli.indexer.tables import TABLES
from tests.indexer.conftest import Lived
from tests.indexer.support import asked
from tests.node.support import ROOT

PAGE = (ROOT / "docs/howto/indexer.md").read_text(encoding="utf-8")
QUERIES = [
    re.sub(r"^  ", "", found, flags=re.MULTILINE)
    for found in re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL)
]
SUMS, CALLS, FAILURES, ACTIVITY, JOBS, TREASURY = QUERIES


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_page_finds_something(lived: Lived, query: str) -> None:
    assert asked(lived.index, query)


def test_sums_in_two_parts_are_exact_beyond_63_bits(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT token, free FROM balances")
    wanted = {token: 0 for token, _ in rows}
    for token, free in rows:
        wanted[token] += int(free)
    assert max(wanted.values()) > 2**63, "what the rule is for"
    found = {token: tokens * 10**12 + planck for token, tokens, planck in asked(lived.index, SUMS)}
    assert found == wanted


def test_digits_are_ordered_by_their_length_first(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT free FROM balances ORDER BY length(free), free")
    numbers = [int(free) for (free,) in rows]
    assert numbers == sorted(numbers)


def test_calls_failures_and_jobs_are_counted(lived: Lived) -> None:
    calls = {(pallet, call): rest for pallet, call, *rest in asked(lived.index, CALLS)}
    times, failed, planck = calls["Balances", "transfer_keep_alive"]
    assert (times, failed) == (2, 1)
    assert planck > 0
    failure = ("Token.FundsUnavailable", "Balances", "transfer_keep_alive", 1)
    assert failure in asked(lived.index, FAILURES)
    ((provider, _tier, state, jobs, paid, blocks),) = asked(lived.index, JOBS)
    job = lived.client.jobs.of(lived.job)
    assert provider == lived.client.core.address(job.provider or b"")
    assert (state, jobs, paid) == ("completed", 1, job.paid)
    assert blocks > 0


def test_the_page_lists_every_table_with_its_columns() -> None:
    listed = dict(re.findall(r"^- `(\w+)`: ([\w,\s]+?)(?:\.|\n(?=- |\n))", PAGE, re.MULTILINE))
    tables = {name: tuple(re.split(r",\s*", text)) for name, text in listed.items()}
    assert {name: tables[name] for name in tables if name != "index_state"} == {
        table.name: columns_of(table) for table in TABLES
    }
