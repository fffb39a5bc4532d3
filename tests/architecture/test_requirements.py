"""Every requirement has a test that bears its number: `test_req_58_...`, or `..._req_58`."""

import ast
import re

from tests.architecture.source import ROOT

NUMBERS = (
    *(str(number) for number in range(1, 74)),
    *(f"c{number}" for number in range(1, 9)),
    *(f"d{number}" for number in range(1, 12)),
)
"""Of the table of requirements: the mechanisms, the node, and what other pages ask for."""

NAMED = re.compile(r"(?:req|and)_([cd]?\d+)(?![a-z0-9])")
"""`req_33_req_65` and `req_35_and_43` name two."""


def numbers_in(name: str) -> set[str]:
    """Return the requirements that the name of a test says it proves."""
    return set(NAMED.findall(name)) if "req_" in name else set()


def named_tests() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name.startswith("test_")
            ):
                for number in numbers_in(node.name):
                    found.setdefault(number, []).append(f"{path.name}::{node.name}")
    return found


def test_every_requirement_has_a_test_that_names_it() -> None:
    named = named_tests()
    assert [number for number in NUMBERS if number not in named] == []


def test_no_test_names_a_requirement_that_there_is_not() -> None:
    unknown = {number: where for number, where in named_tests().items() if number not in NUMBERS}
    assert unknown == {}


def test_a_name_may_say_several_numbers_or_none() -> None:
    assert numbers_in("test_req_25_and_42_a_referendum_raises_the_burn_share") == {"25", "42"}
    assert numbers_in("test_req_12_req_31_uptime") == {"12", "31"}
    assert numbers_in("test_a_score_req_19") == {"19"}
    assert numbers_in("test_req_d9_what_vests") == {"d9"}
    assert numbers_in("test_two_and_40_more") == set()
