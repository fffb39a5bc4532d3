"""Queries as people write them: `summary of price by city where age >= 18 and country = 'FR'`.

    question  = "summary of" COLUMN ["by" COLUMN]
              | "histogram of" COLUMN "from" NUMBER "to" NUMBER "in" COUNT "bins"
              | "rows" ["sorted by" COLUMN]
    query     = question ["where" condition {"and" condition}]
    condition = COLUMN ("=" | "!=" | "<" | "<=" | ">" | ">=") (NUMBER | 'TEXT')

A column is a word, or anything between double quotes; a text stands between single ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from cli.errors import UsageError
from runtime.compute.tables import MAX_CONDITIONS, Comparison, Operation

MAX_CHARACTERS = 4096
TOKEN = re.compile(
    r"""\s*(?:(?P<name>"[^"]+")|(?P<text>'[^']*')|(?P<number>[+-]?\d+(?:\.\d*)?(?![\w.]))"""
    r"""|(?P<word>[^\W\d][\w.]*)|(?P<sign>!=|<=|>=|=|<|>))"""
)
SIGNS = {
    "=": Comparison.EQUAL,
    "!=": Comparison.OTHER,
    "<": Comparison.BELOW,
    "<=": Comparison.AT_MOST,
    ">": Comparison.ABOVE,
    ">=": Comparison.AT_LEAST,
}
QUESTIONS = "summary of, histogram of, or rows"


@dataclass(frozen=True, slots=True)
class Where:
    """A condition, with its column by name."""

    column: str
    comparison: Comparison
    bound: Decimal | str


@dataclass(frozen=True, slots=True)
class Question:
    """A query, with its columns by name."""

    operation: Operation
    value: str | None = None
    key: str | None = None
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    bins: int = 0
    conditions: tuple[Where, ...] = ()


def parse_query(text: str) -> Question:
    """Read a query.

    Raises: UsageError that says what was wanted, and where.
    """
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"--query: wanted at most {MAX_CHARACTERS} characters, got {len(text)}")
    return _Parser(text).query()


class _Parser:
    """Reads a query from its front. Invariant: what is before `_at` has been understood."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text.rstrip(), 0

    def query(self) -> Question:
        """Read all of it."""
        question = self._question()
        conditions = []
        if self._has("where"):
            conditions.append(self._condition())
            while self._has("and"):
                conditions.append(self._condition())
        if self._at < len(self._text):
            self._fail("its end" if conditions else "where")
        if len(conditions) > MAX_CONDITIONS:
            raise UsageError(
                f"--query: wanted at most {MAX_CONDITIONS} conditions, got {len(conditions)}"
            )
        return Question(*question, conditions=tuple(conditions))

    def _question(
        self,
    ) -> tuple[Operation, str | None, str | None, Decimal, Decimal, int]:
        zero = Decimal(0)
        if self._has("rows"):
            if not self._has("sorted"):
                return Operation.FILTER, None, None, zero, zero, 0
            self._must("by")
            return Operation.SORT, self._column(), None, zero, zero, 0
        if self._has("summary"):
            self._must("of")
            value = self._column()
            key = self._column() if self._has("by") else None
            return Operation.SUMMARY, value, key, zero, zero, 0
        if not self._has("histogram"):
            self._fail(QUESTIONS)
        self._must("of")
        value = self._column()
        self._must("from")
        low = self._number()
        self._must("to")
        high = self._number()
        self._must("in")
        bins = self._number()
        self._must("bins")
        if bins != int(bins) or bins < 1 or not low < high:
            raise UsageError(
                f"--query: wanted some bins between a number and a larger one, "
                f"got {bins} from {low} to {high}"
            )
        return Operation.HISTOGRAM, value, None, low, high, int(bins)

    def _condition(self) -> Where:
        column = self._column()
        sign = self._next("sign") or self._fail(f"one of {' '.join(SIGNS)}")
        text = self._next("text")
        if text is None:
            return Where(column, SIGNS[sign], self._number("a number, or a text such as 'Paris'"))
        if sign not in ("=", "!="):
            raise UsageError(f"--query: wanted = or != before the text {text}, got {sign}")
        return Where(column, SIGNS[sign], text[1:-1])

    def _column(self) -> str:
        name = self._next("name")
        return name[1:-1] if name else self._next("word") or self._fail("the name of a column")

    def _number(self, wanted: str = "a number") -> Decimal:
        return Decimal(self._next("number") or self._fail(wanted))

    def _must(self, word: str) -> None:
        if not self._has(word):
            self._fail(word)

    def _has(self, word: str) -> bool:
        """Take a word, if it is the next."""
        found = TOKEN.match(self._text, self._at)
        if found is None or found["word"] != word:
            return False
        self._at = found.end()
        return True

    def _next(self, kind: str) -> str | None:
        """Take what comes next, if it is of a kind."""
        found = TOKEN.match(self._text, self._at)
        if found is None or found[kind] is None:
            return None
        self._at = found.end()
        return str(found[kind])

    def _fail(self, wanted: str) -> NoReturn:
        rest = self._text[self._at :].strip()[:40] or "nothing"
        raise UsageError(f"--query: wanted {wanted} at character {self._at + 1}, got {rest}")
