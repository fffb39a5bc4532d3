"""One-minter rule: after block 0 only Emission creates AGPU, and only AmaxDistribution AMAX."""

import ast
from collections.abc import Iterator

import pytest

from runtime.construct import Runtime
from runtime.frame import Context
from runtime.genesis_state import empty_state
from runtime.state.overlay import Overlay
from tests.architecture.source import PACKAGES, name_of, python_files
from tests.support.chain import CHAIN

ALLOWED = {
    "mint": {
        "runtime/pallets/amax_distribution/pallet.py",
        "runtime/pallets/emission/pallet.py",
        "runtime/pallets/assets/ledger.py",  # of other assets
        "runtime/pallets/assets/pallet.py",
    },
    "mint_into": {
        "runtime/pallets/balances/pallet.py",  # what block 0 has
        "runtime/pallets/asset_conversion/liquidity.py",  # shares of pools
        "runtime/pallets/rwa/pallet.py",  # tokens of things outside, never AGPU or AMAX
        "runtime/genesis_state.py",  # what pools hold in block 0 of other assets
    },
}


def mentions(name: str) -> Iterator[str]:
    """Yield the files that name an attribute, to call it or to pass it on."""
    for path in python_files(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(tree)):
            yield name_of(path)


@pytest.mark.parametrize("name", ALLOWED)
def test_only_two_pallets_create_tokens_after_block_0(name: str) -> None:
    assert set(mentions(name)) == ALLOWED[name]


def test_each_of_them_creates_one_token() -> None:
    runtime = Runtime(Context(Overlay(empty_state()), number=0), CHAIN)
    assert runtime.emission.token is runtime.balances
    assert runtime.amax_distribution.token is runtime.amax


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
