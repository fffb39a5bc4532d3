"""One-minter rule: after block 0 nothing but the pallet Emission creates AGPU or AMAX."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import PACKAGES, name_of, python_files

ALLOWED = {
    "mint": {
        "runtime/pallets/emission/pallet.py",
        "runtime/pallets/assets/ledger.py",  # of other assets
        "runtime/pallets/assets/pallet.py",
    },
    "mint_into": {
        "runtime/pallets/balances/pallet.py",  # what block 0 has
        "runtime/pallets/asset_conversion/liquidity.py",  # shares of pools
    },
}


def mentions(name: str) -> Iterator[str]:
    """Yield the files that name an attribute, to call it or to pass it on."""
    for path in python_files(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(tree)):
            yield name_of(path)


@pytest.mark.parametrize("name", ALLOWED)
def test_only_emission_creates_tokens_after_block_0(name: str) -> None:
    assert set(mentions(name)) == ALLOWED[name]


def test_issuance_is_written_by_the_ledger_alone() -> None:
    writers = {
        name_of(path)
        for path in python_files(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "total_issuance"
        and isinstance(node.ctx, ast.Store)
    }
    assert writers == {"runtime/pallets/balances/pallet.py"}
