"""Claims on insurance from the command line: of whom parts are collected, and what is refused."""

from typing import Any

import pytest

from cli.errors import CommandError
from cli.insurance import COLLECTED_AT_ONCE, claim_row, to_collect


def found(collected: int, *uncollected: int) -> dict[str, Any]:
    """Return an answer with one claim of 100 planck."""
    return {
        "collected": str(collected),
        "claims": [{"claim": 7, "client": "client", "amount": "100"}],
        "uncollected": [
            {"who": f"{n:03}", "amount": str(part)} for n, part in enumerate(uncollected)
        ],
    }


def test_what_is_missing_is_collected_of_those_who_have_most_to_bear() -> None:
    assert to_collect(found(100, 5, 5), 7) == []
    assert to_collect(found(0, 30, 80, 60), 7) == ["001", "002"]
    assert to_collect(found(50, 30, 80, 60), 7) == ["001"]


def test_one_transaction_collects_of_sixteen_at_most() -> None:
    assert len(to_collect(found(0, *range(1, 40)), 7)) <= COLLECTED_AT_ONCE
    assert len(to_collect(found(0, *([1] * 40)), 7)) == COLLECTED_AT_ONCE


def test_an_unknown_claim_is_refused_with_where_to_look() -> None:
    with pytest.raises(CommandError, match="there is no claim 8: see `starminer vault insured`"):
        to_collect(found(0), 8)


def test_a_claim_says_what_can_be_paid_now() -> None:
    row = claim_row(found(40)["claims"][0], found(40))
    assert (row["amount"], row["payable_now"]) == ("0.0000000001 AGPU", "0.00000000004 AGPU")
