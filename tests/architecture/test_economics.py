"""The numbers of docs/economics.md are those of the runtime: a program writes them there."""

import re

import pytest

from tests.tools import economics_curves, economics_page
from tests.tools.economics_derived import DERIVED
from tests.tools.economics_page import NUMBER, PAGE, TABLE, UnknownNumber, filled
from tests.tools.economics_tables import TABLES

TEXT = PAGE.read_text(encoding="utf-8")
PLAYED = "## The economy on the real runtime"
"""Its numbers are results: `./run simulate economy --write` makes them."""
AFTER = "### At the ends of the bounds"
WITH_UNIT = re.compile(r"\d[\d.,]* ?(?:%|ppb|million|AGPU|AMAX|eras?\b|epochs?\b|blocks?\b)")
ASSUMED = (
    "1 AGPU = 10^12 planck",
    "100 CU at a base price of 1 AGPU",
    "for a supply of 200 million AGPU",
    "From 40 million at block 0",
    "200 million AGPU in the treasury",
    "of 40 million AMAX 25 million are the treasury's",
    "15 million are those of who launches it",
    "the same for a job of 0.1 AGPU and for one of 10",
)
"""Definitions, and what an example, a preset or an attack begins with: numbers of no rule."""


def test_the_page_is_as_the_runtime_has_it() -> None:
    assert economics_page.page() == TEXT, "run `python -m tests.tools.references`"


def test_the_curves_are_those_of_the_runtime() -> None:
    drawn = economics_curves.PAGE.read_text(encoding="utf-8")
    assert economics_curves.page() == drawn, "run `python -m tests.tools.references`"


def test_no_number_of_a_rule_stands_in_the_page_by_hand() -> None:
    rules, _, rest = TEXT.partition(PLAYED)
    by_hand = rules + rest.partition(AFTER)[2]
    by_hand = NUMBER.sub("", TABLE.sub("", by_hand))
    by_hand = re.sub(r"```.*?```|`[^`]*`", "", by_hand, flags=re.DOTALL)
    by_hand = " ".join(by_hand.split())
    for words in ASSUMED:
        assert words in by_hand, f"nothing assumes {words!r} any more"
        by_hand = by_hand.replace(words, "")
    assert [found[0] for found in WITH_UNIT.finditer(by_hand)] == []


def test_the_table_of_returns_has_each_sum_in_its_column() -> None:
    """At first, at the worst that referenda may set, and with a κmax that they may not."""
    table = TABLES["returns"]()
    assert "| the provider | 0.883 | 0.928 | 0.909 |" in table
    assert "| all roles but burn and treasury | 0.948 | ≤ 0.980 | 1.002 |" in table


def test_every_table_and_every_derived_number_is_in_the_page() -> None:
    assert {found["name"] for found in TABLE.finditer(TEXT)} == set(TABLES)
    assert set(DERIVED) <= {found["name"] for found in NUMBER.finditer(TEXT)}
    assert TEXT.count("<!--=") == len(NUMBER.findall(TEXT)), "every mark is one that is filled"
    assert TEXT.count("<!--table ") == len(TABLE.findall(TEXT))


def test_a_number_is_filled_in_by_its_name_and_format() -> None:
    text = "of <!--=ScarcityBurn-->1<!--/--> and <!--=jobs.money.FLICKER_SHARE %--><!--/-->"
    wanted = (
        "of <!--=ScarcityBurn-->52 %<!--/--> and <!--=jobs.money.FLICKER_SHARE %-->10 %<!--/-->"
    )
    assert filled(text) == wanted == filled(wanted)
    assert filled("<!--=chain.vaults.config.deposit AGPU--><!--/-->").count("1 AGPU") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!--=Scarcity--><!--/-->", "wanted a number of the runtime, got Scarcity: no Scarcity"),
        ("<!--=jobs.money.NONE--><!--/-->", "got jobs.money.NONE: no NONE"),
        ("<!--=jobs.money.fee_part--><!--/-->", "got jobs.money.fee_part: no fee_part"),
        ("<!--=jobs.money--><!--/-->", "wanted the name of a whole number, got jobs.money"),
        ("<!--=Target furlongs--><!--/-->", "wanted a format of None, %, x"),
        ("<!--table none-->\n<!--/table-->", "wanted a table of prices, classes"),
    ],
)
def test_an_unknown_name_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(UnknownNumber, match=re.escape(message)):
        filled(text)
