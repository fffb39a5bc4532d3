"""The two Python libraries for Substrate work with the node, each in an environment of its own."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.client_scripts import CLIENTS, run_client
from tests.e2e.commands import ROOT, LoneNode
from tests.support.needs import missing

ENVIRONMENT = ROOT / "build" / "clients" / "async-substrate-interface"
REQUIREMENTS = CLIENTS / "python" / "requirements-async.txt"

INSTALL_SECONDS = 240

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def python_of_async_client() -> Path:
    """Make the environment once per list of requirements."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp, python = ENVIRONMENT / "stamp", ENVIRONMENT / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        install = (python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS)
        try:
            subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
            subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            missing(f"the packages of {REQUIREMENTS.name} cannot be installed here: {error}")
        stamp.write_text(wanted)
    return python


def test_substrate_interface_reads_signs_and_follows_to_finality(dev_node: LoneNode) -> None:
    pytest.importorskip("substrateinterface", reason="substrate-interface is not installed")
    run_client(sys.executable, "python/with_substrate_interface.py", dev_node.url)


def test_async_substrate_interface_reads_signs_and_follows_to_finality(
    dev_node: LoneNode, python_of_async_client: Path
) -> None:
    run_client(python_of_async_client, "python/with_async_substrate_interface.py", dev_node.url)
