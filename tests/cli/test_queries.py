"""Queries as people write them: what they mean, and where they go wrong."""

from decimal import Decimal

import pytest

from cli.errors import UsageError
from cli.sdk.queries import Question, Where, parse_query
from runtime.compute.tables import Comparison, Operation

NO_BOUND = "wanted a number, or a text such as 'Paris' at character 15"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("summary of price", Question(Operation.SUMMARY, value="price")),
        ("summary of price by city", Question(Operation.SUMMARY, value="price", key="city")),
        (
            "histogram of age from -0.5 to 100 in 10 bins",
            Question(
                Operation.HISTOGRAM,
                value="age",
                low=Decimal("-0.5"),
                high=Decimal(100),
                bins=10,
            ),
        ),
        (
            'rows where age>=18 and "home town" != \'São Paulo, "SP"\'',
            Question(
                Operation.FILTER,
                conditions=(
                    Where("age", Comparison.AT_LEAST, Decimal(18)),
                    Where("home town", Comparison.OTHER, 'São Paulo, "SP"'),
                ),
            ),
        ),
        (
            'rows sorted by "by" where where = +1.5',
            Question(
                Operation.SORT,
                value="by",
                conditions=(Where("where", Comparison.EQUAL, Decimal("1.5")),),
            ),
        ),
        ("  rows\n  ", Question(Operation.FILTER)),
    ],
)
def test_a_query_is_understood(text: str, meaning: Question) -> None:
    assert parse_query(text) == meaning


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "wanted summary of, histogram of, or rows at character 1, got nothing"),
        ("select *", "wanted summary of, histogram of, or rows at character 1, got select *"),
        ("summary price", "wanted of at character 8, got price"),
        ("summary of", "wanted the name of a column at character 11, got nothing"),
        ("summary of 3", "wanted the name of a column at character 11, got 3"),
        ("rows sorted age", "wanted by at character 12, got age"),
        ("rows of x", "wanted where at character 5, got of x"),
        ("rows where x", "wanted one of = != < <= > >= at character 13, got nothing"),
        (
            "rows where x = Paris",
            f"{NO_BOUND}, got Paris",
        ),
        ("rows where x = 1 or y = 2", "wanted its end at character 17, got or y = 2"),
        ("rows where x < 'a'", "wanted = or != before the text 'a', got <"),
        (
            "rows where x = 1e5",
            f"{NO_BOUND}, got 1e5",
        ),
        ("rows where x = 'a", f"{NO_BOUND}, got 'a"),
        ("histogram of x from 1 to 1 in 3 bins", "wanted some bins between a number and a larger"),
        ("histogram of x from 1 to 2 in 0 bins", "wanted some bins between a number and a larger"),
        ("histogram of x from 1 to 2 in 1.5 bins", "wanted some bins between a number and a larg"),
        ("rows where " + " and ".join(["x = 1"] * 5), "wanted at most 4 conditions, got 5"),
        ("rows" + " " * 5000, "wanted at most 4096 characters, got 5004"),
    ],
)
def test_a_bad_query_is_refused_with_its_place(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(text)
    assert str(caught.value).startswith(f"--query: {what}")
