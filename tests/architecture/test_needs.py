"""What continuous integration has installed is not skipped there, whatever a machine lacks."""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.support import needs

ALL_SKIPPED, SOME_FAILED = 0, 1


@pytest.mark.parametrize("is_ci", ["", "true"])
def test_what_is_missing_is_skipped_at_home_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, is_ci: str
) -> None:
    monkeypatch.setenv("CI", is_ci)
    said = "continuous integration needs this: no tool" if is_ci else "no tool"
    kind = pytest.fail.Exception if is_ci else pytest.skip.Exception
    with pytest.raises(kind, match=f"^{said}$"):
        needs.missing("no tool")


@pytest.mark.parametrize(("is_ci", "code"), [("", ALL_SKIPPED), ("true", SOME_FAILED)])
def test_a_machine_without_a_browser_and_node_says_what_to_install(is_ci: str, code: int) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "tests/explorer/test_visits.py", "tests/explorer/test_static.py"],
        cwd=ROOT,
        env={**os.environ, "CI": is_ci, "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout
    for reason in (needs.CHROMIUM_MISSING, needs.NODE_MISSING):
        assert reason in ran.stdout
