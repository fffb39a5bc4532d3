"""The threat model names tests that exist, and every attack of the register."""

import ast
import re

import pytest

from tests.architecture.source import ROOT
from tests.attacks.register import REGISTER, Row

PAGE = (ROOT / "docs" / "THREAT_MODEL.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists_and_runs(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name: node for node in tree.body if isinstance(node, kinds)}
    assert name in found, f"wanted the test {name} in {path}"
    marks = " ".join(ast.unparse(mark) for mark in found[name].decorator_list)
    assert "skip" not in marks
    assert "xfail" not in marks


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: row.attack)
def test_an_attack_of_the_register_is_in_the_model_with_its_tests(row: Row) -> None:
    tests = ", ".join(f"`{test}`" for test in row.tests)
    assert f"| {row.attack} | {tests} |" in PAGE


def test_every_kind_of_attack_has_tests() -> None:
    parts = PAGE.split("## Attacks and the tests that show each")[1].split("\n### ")[1:]
    assert [part.splitlines()[0] for part in parts if "::test_" not in part] == []
    assert len(NAMED) >= 40
