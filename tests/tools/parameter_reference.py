"""Writes docs/reference/parameters.md from the registry of parameters.

Run it: `python -m tests.tools.parameter_reference`.
"""

from pathlib import Path

from cli.parameters import shown
from runtime.frame.storage import camel_case
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.registry import FIXED, GROUPS, ROWS, Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "parameters.md"

INTRODUCTION = """\
# Parameters of the economy

Generated from the registry by `python -m tests.tools.parameter_reference`; a test compares.

AMAX holders move these numbers by referenda that call `Parameters.set_parameter(key, value)`: within their bounds, by one step at most,
and not again before the cooldown is over. `starminer gov params` shows how they stand on a chain, `starminer gov propose KEY VALUE` submits a
referendum on the track that owns the key. What must hold between parameters is checked with each change: parts of a whole add up to at
most the whole, 2 KappaMax - KappaMin is at most 80 %, authors have at most 20 % of transaction fees, faster classes cost more, larger
tracks spend more, AGPU that may be bought is never too dear only by fees and slippage, an oracle's accident costs no more than a lie. Every bound was
played on the whole runtime, by itself and in corners with others ([decision 53](../adr/0053-bounds-that-were-played.md)). `gov propose` refuses what the chain would refuse as things stand, and names the parameters that are in the way.
Several changes go into one `Utility.batch_all`, first what makes room, then what uses it.

A change is in force from its event on. What is fixed for a time follows with the next of it: re-emission with the epoch, base prices with
the period, bonds with the era, those of validators and nominators too; an epoch's AMAX is divided as it was budgeted, a tokenised asset keeps the
haircut of its registration, and a job keeps the price and the split that it was given out at.

On the wire a part is in parts per billion, an amount in planck (10^-12 AGPU).
"""  # noqa: E501

TITLES = {
    "emission": "What is minted",
    "pricing": "What compute costs",
    "fees": "Where the fee of a job goes",
    "queue": "How jobs and providers meet",
    "bonds": "What providers put at stake",
    "transactions": "Where the fees of transactions go",
    "vaults": "What vaults ask of a stake, and what it shares",
    "oracle": "When oracles' reports make a value",
    "referral": "What referrers have",
    "treasury": "What the treasury may spend in 28 eras",
    "audits": "How often work is computed again",
    "exchange": "What swaps in pools cost",
    "distribution": "How AMAX is created",
    "stability": "When the treasury burns, buys and keeps",
    "rwa": "What is taken off the value of tokenised assets",
    "staking": "What validators and nominators have at stake at least",
}
"""Of the groups."""


def page() -> str:
    """Return the whole page."""
    lines = [INTRODUCTION]
    for group in GROUPS:
        lines += [f"## {TITLES[group]}", "", f"Storage `Parameters.{camel_case(group)}`.", ""]
        lines += ["| key | default | bounds | step | cooldown | track | why |", "|" + "---|" * 7]
        lines += [_line(key, row) for key, row in ROWS.items() if row.group == group] + [""]
    lines += ["## What only an upgrade of the runtime moves", "", "| number | value | why |"]
    lines += ["|---|---|---|", *(f"| {one.name} | {one.value} | {one.why} |" for one in FIXED)]
    return "\n".join(lines) + "\n"


def _line(key: Parameter, row: Row) -> str:
    unit, step = row.unit, row.step
    amount = shown(step.amount, unit) if step.amount else str(step)
    cells = (
        f"`{camel_case(key.name)}`",
        shown(row.of(DEFAULTS), unit),
        f"{shown(row.least, unit)} – {shown(row.most, unit)}",
        amount if step.amount else f"{amount} of it",
        f"{row.cooldown_eras} eras",
        row.owner.track,
        row.why,
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
