"""`starminer chain bench block`: what blocks took to execute, beside what they declared."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Annotated

from cyclopts import Parameter

from cli.bars import count
from cli.bench.stretch import NEWEST, Stretch, blocks_of
from cli.blocks import USUAL, Place
from cli.errors import CommandError
from cli.options import Output
from cli.printing import progress, show
from consensus.errors import Refused
from node.assembly import Ground
from node.offline import Rerun, Stored, rerun

PLAIN = Output()
PICO, NANO = 10**12, 10**9


def block(
    *,
    place: Place = USUAL,
    stretch: Stretch = NEWEST,
    strict: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Execute blocks again, and compare the time with the weight that they declare.

    Each is executed as by an importer that never saw its transactions. `execute` is everything but
    the check of receipts, whose price is gas and not weight. No node may run on the database.
    For example: starminer chain bench block --from 1 --to 50 --strict

    Parameters
    ----------
    strict
        Exit with 1 if a block took longer than it declares.
    """
    with blocks_of(place, stretch) as (ground, found):
        runs = measured(ground, found, stretch.repeat)
    rows = [row_of(one, its) for one, its in zip(found, runs, strict=True)]
    show(rows, output.output)
    tell(rows)
    late = [row["number"] for row in rows if row["verdict"] != "ok"]
    if strict and late:
        raise CommandError(f"slower than declared: {len(late)} blocks, the first is {late[0]}")


def measured(ground: Ground, blocks: Sequence[Stored], times: int) -> list[list[Rerun]]:
    """Execute all blocks in order, as often as is wanted; return the runs of each.

    Raises: CommandError if this release refuses one.
    """
    runs: list[list[Rerun]] = [[] for _ in blocks]
    with count("blocks", len(blocks) * times) as told:
        for time in range(times):
            for place, one in enumerate(blocks):
                try:
                    runs[place].append(rerun(ground, one))
                except Refused as error:
                    raise CommandError(
                        f"block {one.number}: {type(error).__name__}: {error}"
                    ) from error
                told(time * len(blocks) + place + 1)
    return runs


def row_of(block: Stored, runs: Sequence[Rerun]) -> dict[str, object]:
    """Return what the runs of a block come to."""
    declared = runs[0].weight_picoseconds / PICO
    allowed = runs[0].gas_nanoseconds / NANO
    execute = median(run.execute_seconds for run in runs)
    check = median(run.check_seconds for run in runs)
    return {
        "number": block.number,
        "extrinsics": runs[0].extrinsics,
        "declared_ms": milliseconds(declared),
        "execute_ms": milliseconds(execute),
        "used_percent": round(100 * execute / declared, 1),
        "proofs": runs[0].proofs,
        "gas_ms": milliseconds(allowed),
        "check_ms": milliseconds(check),
        "verdict": verdict(execute > declared, allowed > 0 and check > allowed),
    }


def verdict(is_slow: bool, is_slow_to_check: bool) -> str:
    """Say what took longer than declared."""
    wrong = [word for word, is_so in (("execute", is_slow), ("check", is_slow_to_check)) if is_so]
    return f"slow: {', '.join(wrong)}" if wrong else "ok"


def tell(rows: Sequence[dict[str, object]]) -> None:
    """Say on standard error what all blocks come to."""
    declared = sum(float(str(row["declared_ms"])) for row in rows)
    took = sum(float(str(row["execute_ms"])) for row in rows)
    dearest = max(rows, key=lambda row: float(str(row["used_percent"])))
    progress(
        f"{len(rows)} blocks: {took:.1f} ms of {declared:.1f} declared, "
        f"{100 * took / declared:.1f} %; block {dearest['number']} used most of its weight, "
        f"{dearest['used_percent']} %"
    )


def milliseconds(seconds: float) -> float:
    """Return seconds as a reader of a table wants them."""
    return round(1000 * seconds, 3)
