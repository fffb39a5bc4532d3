"""What jobs of tests go through on a shared, perhaps busy, devnet."""

from __future__ import annotations

from typing import Any

WAY = ["queued", "assigned", "running", "committed", "verifying", "settled", "completed"]


def last_attempt(job: dict[str, Any]) -> list[str]:
    """Return the states of a job since it was last queued: a provider may have been late before."""
    states = [step["state"] for step in job["history"]]
    return states[len(states) - 1 - states[::-1].index("queued") :]
