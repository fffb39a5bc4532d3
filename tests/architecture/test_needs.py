"""What continuous integration has installed is not skipped there, whatever a machine lacks."""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.support import needs


@pytest.mark.parametrize("is_ci", ["", "true"])
def test_what_is_missing_is_skipped_at_home_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, is_ci: str
) -> None:
    monkeypatch.setenv("CI", is_ci)
    said = "continuous integration needs this: no tool" if is_ci else "no tool"
    kind = pytest.fail.Exception if is_ci else pytest.skip.Exception
    with pytest.raises(kind, match=f"^{said}$"):
        needs.missing("no tool")


def test_ci_without_a_browser_and_node_fails_and_says_what_to_install() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "tests/explorer/test_visits.py", "tests/explorer/test_static.py"],
        cwd=ROOT,
        env={**os.environ, "CI": "true", "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout
    for reason in (needs.CHROMIUM_MISSING, needs.NODE_MISSING):
        assert f"continuous integration needs this: {reason}" in ran.stdout
    assert "skipped" not in ran.stdout
