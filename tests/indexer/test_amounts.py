"""Amounts of 128 bits in a database whose numbers end at 63: what the page promises of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cli.indexer.dialects import POSTGRES_DIALECT, SQLITE_DIALECT, columns_of, values_of
from cli.indexer.tables import TABLES, Amount, Flow, Referendum
from runtime.primitives.types import U128_MAX

FLOWS = next(table for table in TABLES if table.row is Flow)
REFERENDA = next(table for table in TABLES if table.row is Referendum)

TWO_PARTS = (
    "SELECT sum(CAST(substr(amount, 1, max(length(amount) - 12, 0)) AS BIGINT)), "
    "sum(CAST(substr(amount, -12) AS BIGINT)) FROM flows"
)

amounts = st.lists(st.integers(0, U128_MAX).map(Amount), min_size=1, max_size=20)
small = st.lists(st.integers(0, 2**58).map(Amount), min_size=1, max_size=20)


@contextmanager
def holding(found: list[Amount]) -> Iterator[sqlite3.Connection]:
    """A database with these amounts, one a block."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in SQLITE_DIALECT.create():
            if statement.startswith(("CREATE TABLE flows", "CREATE TABLE referenda")):
                connection.execute(statement)
        rows = [Flow(number, "mint", "work", amount) for number, amount in enumerate(found)]
        connection.executemany(SQLITE_DIALECT.upsert(FLOWS), values_of(FLOWS, rows))
        yield connection


@settings(max_examples=30)
@given(amounts)
@example([Amount(U128_MAX)])
def test_any_amount_comes_back_as_it_was_and_in_order(found: list[Amount]) -> None:
    with holding(found) as connection:
        rows = connection.execute("SELECT amount FROM flows ORDER BY block_number").fetchall()
        assert [int(digits) for (digits,) in rows] == found
        rows = connection.execute("SELECT amount FROM flows ORDER BY length(amount), amount")
        assert [int(digits) for (digits,) in rows] == sorted(found)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10**30).map(Amount), min_size=1, max_size=20))
def test_sums_in_two_parts_are_exact(found: list[Amount]) -> None:
    """Up to the number of tokens that fits 63 bits: 9 · 10¹⁸ of them."""
    with holding(found) as connection:
        ((tokens, planck),) = connection.execute(TWO_PARTS).fetchall()
    assert tokens * 10**12 + planck == sum(found)


@settings(max_examples=30)
@given(small)
def test_sums_of_what_fits_are_exact(found: list[Amount]) -> None:
    with holding(found) as connection:
        ((total,),) = connection.execute("SELECT sum(CAST(amount AS BIGINT)) FROM flows").fetchall()
    assert total == sum(found)


def test_a_sum_that_does_not_fit_is_an_error_and_never_rounded() -> None:
    with (
        holding([Amount(2**62), Amount(2**62)]) as connection,
        pytest.raises(sqlite3.OperationalError, match="integer overflow"),
    ):
        connection.execute("SELECT sum(CAST(amount AS BIGINT)) FROM flows").fetchall()


def test_an_amount_has_a_type_that_is_exact_in_either_database() -> None:
    for dialect, wanted in ((SQLITE_DIALECT, "TEXT"), (POSTGRES_DIALECT, "NUMERIC(39, 0)")):
        (flows,) = [text for text in dialect.create() if text.startswith("CREATE TABLE flows")]
        assert f"amount {wanted} NOT NULL" in flows
    assert U128_MAX < 10**39


def test_what_a_row_does_not_say_is_kept_where_the_table_keeps_it() -> None:
    ongoing = Referendum(7, "deciding", 2, 5, "5Grw", Amount(U128_MAX), Amount(1), Amount(2), 6)
    ended = Referendum(7, "approved", None, None, None, None, None, None, 9)
    with holding([]) as connection:
        for row in (ongoing, ended):
            connection.executemany(SQLITE_DIALECT.upsert(REFERENDA), values_of(REFERENDA, [row]))
        rows = connection.execute("SELECT * FROM referenda").fetchall()
    kept = (7, "approved", 2, 5, "5Grw", str(U128_MAX), "1", "2", 9)
    assert rows == [kept]
    assert len(kept) == len(columns_of(REFERENDA))
