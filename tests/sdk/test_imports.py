"""What the SDK loads: nothing of the network, and of itself only what is asked for."""

import ast
import subprocess
import sys

import pytest

import cli.sdk
from tests.architecture.source import ROOT

LOADED = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
NETWORK = {"libp2p", "p2p", "plyvel", "multiaddr", "fastecdsa", "google", "zeroconf"}
COMMANDS = {"cyclopts", "rich"}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after a statement."""
    words = [sys.executable, "-c", f"{statement}\n{LOADED}"]
    asked = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(asked.stdout.split())


def test_the_package_alone_loads_nothing_heavy() -> None:
    loaded = loaded_by("import cli.sdk")
    assert loaded & {"trio", "numpy", "runtime", "node", "consensus", "genesis", *NETWORK} == set()


def test_a_client_with_all_its_verbs_knows_no_network_and_no_consensus() -> None:
    names = ", ".join(name for name in cli.sdk.__all__ if name.lower() != "devnet")
    loaded = loaded_by(f"from cli.sdk import {names}")
    assert loaded & (NETWORK | COMMANDS | {"consensus"}) == set()
    assert {"trio", "runtime"} <= loaded


def test_a_chain_in_this_process_runs_without_libp2p() -> None:
    use = """
from cli.sdk import Keypair, agpu, connect, devnet
with devnet() as chain, connect(chain.url) as client:
    client.balances.transfer(Keypair.from_uri("//Alice"), "//Bob", agpu(1))
"""
    loaded = loaded_by(use)
    assert loaded & {"libp2p", "multiaddr", "fastecdsa", "zeroconf"} == set()
    assert {"node", "consensus"} <= loaded


def test_what_the_type_checker_sees_is_what_there_is() -> None:
    tree = ast.parse((ROOT / "cli/sdk/__init__.py").read_text())
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    seen = {one.asname or one.name: node.module for node in imports for one in node.names}
    assert seen == cli.sdk.PLACES | {"SdkError": "cli.errors"}
    assert sorted(seen) == sorted(cli.sdk.__all__)
    for name in cli.sdk.__all__:
        assert getattr(cli.sdk, name) is not None


def test_a_name_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(AttributeError, match=r"cli\.sdk has no 'Blanace': wanted one of connect, "):
        cli.sdk.Blanace  # noqa: B018
