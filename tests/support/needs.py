"""What tests need of the machine: on a developer's they skip without it, in CI they fail.

`CI` is set by `.ci/run` and by every service that runs it. What CI cannot have, a GPU, is not asked
for here: those tests skip everywhere.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

CHROMIUM_MISSING = "no chromium on PATH: apt-get install chromium"
NODE_MISSING = "no Node.js on PATH: apt-get install npm"


def needs(found: object, reason: str) -> pytest.MarkDecorator:
    """Mark tests that need what was looked for; `reason` says what to install."""
    return pytest.mark.needs(bool(found), reason)


def missing(reason: str) -> NoReturn:
    """End a test that cannot run here: a failure in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(f"continuous integration needs this: {reason}", pytrace=False)
    pytest.skip(reason)


def refuse_without(item: pytest.Item) -> None:
    """End a test that is marked to need what is not here."""
    for mark in item.iter_markers("needs"):
        is_here, reason = mark.args
        if not is_here:
            missing(reason)
