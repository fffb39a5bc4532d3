"""`starminer chain bench pallet`: what hooks and calls really cost, beside their weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median
from typing import Annotated

from cyclopts import Parameter

from cli.bars import count
from cli.bench.stretch import NEWEST, Stretch, blocks_of
from cli.blocks import USUAL, Place
from cli.errors import CommandError, UsageError
from cli.options import Output
from cli.printing import progress, show
from node.assembly import Ground
from node.metering import HOOK, POLL, Cost, costs_of
from node.offline import Stored
from runtime.block_execution import ExhaustedBlock
from runtime.frame import Pallet, Weight
from runtime.frame.pallet import calls_of
from runtime.validity import InvalidTransaction

PLAIN = Output()
MICRO = 10**6
PICO = 10**12
PICOSECONDS_PER_MICRO = PICO // MICRO


def pallet(
    name: str | None = None,
    /,
    *,
    place: Place = USUAL,
    stretch: Stretch = NEWEST,
    strict: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Measure what hooks and calls of a chain's blocks cost, beside the weights they declare.

    Of each the dearest one shows: keys read and written, and microseconds with nothing decoded
    yet. A call that no block of these has is not measured. No node may run on the database.
    For example: starminer chain bench pallet Balances --from 1 --to 50

    Parameters
    ----------
    name
        A pallet, such as Balances; all of them when not given.
    strict
        Exit with 1 if something read or wrote more keys, or took longer, than it declares.
    """
    with blocks_of(place, stretch) as (ground, found):
        chain, head = ground.chain, ground.chain.best
        pallets = ground.executive.runtime_at(chain.state_at(head.hash), head.number).pallets
        wanted = {one.name for one in pallets} if name is None else {pallet_named(pallets, name)}
        costs = measured(ground, found, stretch.repeat)
    rows = rows_of(cost for cost in costs if cost.pallet in wanted)
    show(rows, output.output)
    many = sum(len(calls_of(type(one))) for one in pallets if one.name in wanted)
    calls = sum(1 for row in rows if str(row["what"]).rpartition(".")[2] not in (HOOK, POLL))
    progress(f"{calls} of {many} calls are in blocks {found[0].number} to {found[-1].number}")
    if strict and (wrong := [str(row["what"]) for row in rows if row["verdict"] != "ok"]):
        raise CommandError(f"above what is declared: {', '.join(wrong)}")


def pallet_named(pallets: Sequence[Pallet], name: str) -> str:
    """Return a pallet's name in its own spelling.

    Raises: UsageError, with the names that there are.
    """
    names = {one.name.lower(): one.name for one in pallets}
    if name.lower() not in names:
        raise UsageError(f"wanted a pallet ({', '.join(names.values())}), got {name!r}")
    return names[name.lower()]


def measured(ground: Ground, blocks: Sequence[Stored], times: int) -> list[Cost]:
    """Return what each hook and each call of blocks cost: its keys, and the median of its times.

    Raises: CommandError if a block cannot be executed any more.
    """
    found: list[Cost] = []
    with count("blocks", len(blocks)) as told:
        for place, one in enumerate(blocks):
            state = ground.chain.state_at(one.parent.hash)
            rules = ground.executive.rules_at(state)
            try:
                keys = costs_of(rules, one, state, with_keys=True)
                runs = [costs_of(rules, one, state, with_keys=False) for _ in range(times)]
            except (InvalidTransaction, ExhaustedBlock) as error:
                raise CommandError(
                    f"block {one.number}: {type(error).__name__}: {error}"
                ) from error
            for cost, *timed in zip(keys, *runs, strict=True):
                found.append(replace(cost, seconds=median(run.seconds for run in timed)))
            told(place + 1)
    return found


def rows_of(costs: Iterable[Cost]) -> list[dict[str, object]]:
    """Return a row for each hook that does anything and for each call, by pallet and name."""
    by_name: dict[tuple[str, str], list[Cost]] = {}
    for cost in costs:
        if cost.declared != Weight() or cost.reads or cost.writes:
            by_name.setdefault((cost.pallet, cost.name), []).append(cost)
    return [row_of(f"{pallet}.{name}", by_name[pallet, name]) for pallet, name in sorted(by_name)]


def row_of(what: str, costs: Sequence[Cost]) -> dict[str, object]:
    """Return the dearest of what one hook or call cost, each number beside its own declaration."""
    reads = max(costs, key=lambda cost: (cost.reads - cost.declared.reads, cost.reads))
    writes = max(costs, key=lambda cost: (cost.writes - cost.declared.writes, cost.writes))
    time = max(costs, key=used)
    return {
        "what": what,
        "times": len(costs),
        "reads": reads.reads,
        "reads_declared": reads.declared.reads,
        "writes": writes.writes,
        "writes_declared": writes.declared.writes,
        "us": round(time.seconds * MICRO, 1),
        "us_declared": time.declared.ref_time // PICOSECONDS_PER_MICRO,
        "used_percent": round(100 * used(time), 1),
        "verdict": verdict(reads, writes, time),
    }


def used(cost: Cost) -> float:
    """Return which part of its declared time something took; of no weight, all of it at least."""
    return cost.seconds * PICO / max(cost.declared.ref_time, 1)


def verdict(reads: Cost, writes: Cost, time: Cost) -> str:
    """Say what is above its declaration."""
    wrong = [
        word
        for word, is_wrong in (
            ("reads", reads.reads > reads.declared.reads),
            ("writes", writes.writes > writes.declared.writes),
            ("slow", used(time) > 1),
        )
        if is_wrong
    ]
    return ", ".join(wrong) or "ok"
