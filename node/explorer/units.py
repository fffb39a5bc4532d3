"""Numbers whose types do not say what they count: in their unit, and as people read them.

The value of a parameter is a bare number on the wire, whose unit is that of its row in the
registry; some calls and events give parts per billion, blocks or eras as bare numbers as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genesis.notation import format_amount
from runtime.construct import Runtime
from runtime.terms.registry import BLOCKS, EPOCHS, ERAS, PLANCK, POINT, PPB, ROWS

PARAMETERS = {
    "Parameters.set_parameter": ("value",),
    "Parameters.ParameterSet": ("old", "new"),
}
"""What a call, and the event that follows, says of the parameter that is its `key`."""

UNITS: Mapping[tuple[str, str], str] = {
    ("Pricing.set_region_factor", "factor"): PPB,
    ("Pricing.RegionFactorSet", "factor"): PPB,
    ("Rwa.approve_rwa", "haircut"): PPB,
    ("Stability.set_ceiling", "part"): PPB,
    ("Stability.CeilingSet", "part"): PPB,
    ("Staking.set_min_commission", "new"): PPB,
    ("Upgrades.submit_claim", "gain"): PPB,
    ("Upgrades.ClaimSubmitted", "gain"): PPB,
    ("Proxy.add_proxy", "delay"): BLOCKS,
    ("Proxy.create_pure", "delay"): BLOCKS,
    ("Proxy.remove_proxy", "delay"): BLOCKS,
    ("Proxy.ProxyAdded", "delay"): BLOCKS,
    ("Proxy.ProxyRemoved", "delay"): BLOCKS,
    ("Scheduler.schedule_after", "after"): BLOCKS,
    ("Scheduler.schedule_named_after", "after"): BLOCKS,
    ("Reservations.reserve", "epochs"): EPOCHS,
    ("Vaults.join", "lock"): ERAS,
    ("Vaults.Joined", "lock"): ERAS,
}
"""In what members of other calls and events count, by the name of either and of the member."""

SPANS = ((100, 1, "s"), (6_000, 60, "min"), (172_800, 3_600, "h"))
"""Below how many seconds a time is told in which unit of so many seconds; days from there on."""

DAY = (86_400, "d")


@dataclass(frozen=True, slots=True)
class Pace:
    """How many milliseconds a unit of time takes on a chain that misses no slot."""

    milliseconds: Mapping[str, int]

    @staticmethod
    def of(runtime: Runtime) -> Pace:
        """Return the pace of a runtime."""
        times, eras = runtime.babe.config, runtime.parameters.era_blocks
        block = times.slot_milliseconds
        return Pace({BLOCKS: block, EPOCHS: times.epoch_slots * block, ERAS: eras * block})


def unit_of(owner: str, name: str, members: Mapping[str, Any]) -> str:
    """Return in what a member of a call or an event counts; nothing where its type says that."""
    if name in PARAMETERS.get(owner, ()):
        return ROWS[members["key"]].unit
    return UNITS.get((owner, name), "")


def measure(value: int, unit: str, pace: Pace) -> dict[str, str | None]:
    """Return a number with its unit, and as people read it where that is something else."""
    return {"$": "measure", "value": str(value), "unit": unit, "read": read_of(value, unit, pace)}


def read_of(value: int, unit: str, pace: Pace) -> str | None:
    """Return a number as people read it; None where the number and its unit say it as well."""
    if unit == PPB:
        whole, rest = divmod(value, POINT)
        return f"{whole}{f'.{rest:07}'.rstrip('0').rstrip('.')} %"
    if unit.startswith(PLANCK):
        return format_amount(value) + unit.removeprefix(PLANCK)
    if unit in pace.milliseconds:
        return f"about {span(value * pace.milliseconds[unit] / 1000)}"
    return None


def span(seconds: float) -> str:
    """Return for how long, in the largest unit that says it well."""
    size, name = next(((size, name) for below, size, name in SPANS if seconds < below), DAY)
    return f"{round(seconds / size)} {name}"
