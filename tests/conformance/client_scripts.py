"""Runs the scripts of foreign clients, each in its own language and environment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.needs import needs
from tests.support.patience import patient

CLIENTS = Path(__file__).parent / "clients"
INSTALL = "npm ci --prefix tests/conformance/clients"

SCRIPT_SECONDS = 120
"""The longest script follows the chain for about twenty blocks."""

needs_npm_packages = needs(
    shutil.which("node") and (CLIENTS / "node_modules").is_dir(),
    f"the JavaScript clients are not installed; with Node 20: {INSTALL}",
)


def run_client(*command: object, folder: Path = CLIENTS) -> str:
    """Run a client to its end and return what it said; a failed sentence is an error."""
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patient(SCRIPT_SECONDS),
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout
