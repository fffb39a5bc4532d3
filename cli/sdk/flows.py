"""The flows of an epoch as a node tells them, added up once more by the one who asked."""

from __future__ import annotations

from typing import Any

from runtime.books.flows import SEGMENT_PARTS, Check, Flows, Snapshot, checks_of

Answer = dict[str, Any]
"""The result of `economy_flows`."""


def checks_in(answer: Answer) -> tuple[Check, ...]:
    """Return every equality that the terms of an answer must obey."""
    return checks_of(_sums(answer["opening"]), _sums(answer["closing"]), _flows(answer))


def _sums(told: Answer) -> Snapshot:
    return Snapshot(
        int(told["issuance"]),
        int(told["treasury"]),
        _amounts(told["minted"]),
        _amounts(told["burned"]),
    )


def _flows(answer: Answer) -> Flows:
    """Return the flows in the words of the runtime's own counter."""
    jobs, treasury = answer["jobs"], answer["treasury"]
    flows: Flows = {}
    flows |= {f"mint.{name}": amount for name, amount in _amounts(answer["minted"]).items()}
    flows |= {f"burn.{name}": amount for name, amount in _amounts(answer["burned"]).items()}
    flows |= {f"fees.{name}": int(amount) for name, amount in answer["fees"].items()}
    flows |= {f"jobs.{name}": int(jobs[_told_as(name)]) for name in SEGMENT_PARTS}
    for way, told in (("in", treasury["inflows"]), ("out", treasury["outflows"])):
        flows |= {f"treasury.{way}.{name}": amount for name, amount in _amounts(told).items()}
    flows["deferred.paid"] = int(answer["deferred"]["paid"])
    return flows


def _told_as(part: str) -> str:
    """Return how RPC calls a part of a fee."""
    return {"provider_paid": "provider", "scarcity_burn": "scarcityBurn"}.get(part, part)


def _amounts(told: list[Answer]) -> dict[str, int]:
    return {one["cause"]: int(one["amount"]) for one in told}
