"""Every row of the attack register names real tests, or the pallet that it waits for."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import ROOT
from tests.attacks.register import REGISTER, Row
from tests.support.chain import MemoryChain

PAGE = (ROOT / "docs" / "economics.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pallets() -> frozenset[str]:
    """Return the names of the runtime's pallets."""
    return frozenset(MemoryChain().runtime().by_name)


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: row.attack)
def test_a_row_names_tests_that_run(row: Row, pallets: frozenset[str]) -> None:
    if row.pallet is not None and row.pallet not in pallets:
        assert row.pallet in {"Referral", "Oracle", "Vaults", "Rwa"}
        return
    assert row.tests, f"{row.pallet} is in the runtime: name the tests of {row.attack!r}"
    for test in row.tests:
        path, _, name = test.partition("::")
        found = functions_of(path)
        assert name in found, f"wanted the test {name} in {path}"
        assert found[name].body, test
        marks = " ".join(ast.unparse(mark) for mark in found[name].decorator_list)
        assert "skip" not in marks, f"{test} is not run: {marks}"
        assert "xfail" not in marks, f"{test} is not run: {marks}"
        assert any(isinstance(one, ast.Assert | ast.With) for one in ast.walk(found[name])), test


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: row.attack)
def test_the_documentation_lists_a_row(row: Row) -> None:
    assert f"| {row.attack} |" in PAGE


def functions_of(path: str) -> dict[str, ast.FunctionDef]:
    """Return the functions of a file, by name."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
