"""An unmodified polkadot-api works with the node, with types that it makes from our metadata."""

import os
import shutil
from pathlib import Path

import pytest

from tests.conformance.client_scripts import CLIENTS, needs_npm_packages, run_client
from tests.e2e.commands import LoneNode

MODULES = CLIENTS / "node_modules"
CLI = MODULES / "polkadot-api" / "bin" / "cli.js"
TYPESCRIPT = MODULES / "typescript" / "bin" / "tsc"

WEBSOCKET = "--experimental-websocket"
"""Node 20 hides what the command line of polkadot-api needs; later ones take the flag as well."""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), needs_npm_packages]


@pytest.fixture(scope="module")
def project(dev_node: LoneNode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an application: types from the node's metadata, then its code checked against them."""
    folder = tmp_path_factory.mktemp("papi") / "application"
    shutil.copytree(CLIENTS / "papi", folder)
    os.symlink(MODULES, folder / "node_modules")
    source = ("--wsUrl", dev_node.url, "--config", "polkadot-api.json")
    run_client("node", WEBSOCKET, CLI, "add", "dev", *source, folder=folder)
    run_client("node", TYPESCRIPT, folder=folder)
    return folder


@pytest.mark.parametrize("offer", ["new", "legacy", "raw"])
def test_it_reads_signs_and_follows_whatever_interface_is_offered(
    dev_node: LoneNode, project: Path, offer: str
) -> None:
    assert "# fail 0" in run_client("node", "session.js", dev_node.url, offer, folder=project)
