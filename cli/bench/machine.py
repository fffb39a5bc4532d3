"""`starminer chain bench machine`: whether a machine is fast enough to be a validator.

What is wanted follows from what blocks may ask of every validator: the prices of storage and of
checks that weights and gas are made of, and the bytes of the largest block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count as numbers
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import numpy as np
from blake3 import blake3
from cyclopts import Parameter

from cli.bars import count
from cli.errors import CommandError, UsageError
from cli.options import Output
from cli.printing import progress, show
from node.config import DEFAULT_BASE_PATH
from node.receipts.pool import BLOCK_PROOF_BYTES
from node.store.db import Batch, DatabaseError, LevelDatabase
from runtime.compute.gas import OPENING_GAS_PER_BYTE, SHARE_GAS_PER_COLUMN
from runtime.compute.reference import exact_product
from runtime.constants import BLOCK_BYTES, BLOCK_PICOSECONDS, LIMITS
from runtime.frame.dispatch import READ_PICOSECONDS, WRITE_PICOSECONDS
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri, verify_signature

PLAIN = Output()
PICO, NANO, MEGA, GIGA = 10**12, 10**9, 10**6, 10**9

SAMPLES = 5
"""Of each measurement; the median counts, so that one disturbance does not."""
LEAST_SECONDS, MOST_SECONDS = 0.001, 60.0
HASHED = os.urandom(1 << 20)
HASHED_NANOSECONDS_PER_BYTE = 2
"""What `System.remark_with_event` declares for each byte, which it hashes."""
MESSAGE_BYTES = BLOCK_BYTES + BLOCK_PROOF_BYTES
"""The largest block with its proofs."""
WRITING_PART = 20
"""A block may take a twentieth of its two seconds to be written."""
COPIES, COPYING_PART = 20, 100
"""From the socket to the disk a block is copied some twenty times, in a hundredth of that time."""
TILE_ROWS, INNER = 128, 4096
"""A tile of a canonical product, and how long its rows are."""
RECORD_BYTES = 100
"""About what a node of the trie takes."""
RECORDS = 300_000
"""Together more than LevelDB keeps in memory."""
BATCH_RECORDS = 1_000
"""What a block of some hundred transactions writes."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that a validator does, how fast it must be, and what does it once."""

    what: str
    unit: str
    wanted: float
    amount: float
    """How many units one run is."""
    run: Callable[[], object]


def machine(
    *,
    base_path: Path = DEFAULT_BASE_PATH,
    seconds: float = 1.0,
    strict: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Measure what a validator needs of a machine: checks, hashes, memory, disk and products.

    What is wanted is what blocks may ask for. Stop what else runs on the machine first.
    For example: starminer chain bench machine --base-path /var/lib/starminer --strict

    Parameters
    ----------
    base_path
        Where the node will keep its data: its disk is measured, in a directory that is deleted.
    seconds
        How long each line is measured, 0.001 to 60.
    strict
        Exit with 1 if the machine is too slow in something.
    """
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise UsageError(f"--seconds: wanted {LEAST_SECONDS} to {MOST_SECONDS:.0f}, got {seconds}")
    rows: list[dict[str, object]] = []
    load = os.getloadavg()[0]
    try:
        with ExitStack() as stack:
            directory = stack.enter_context(
                TemporaryDirectory(prefix=".starminer-bench-", dir=existing(base_path))
            )
            database = LevelDatabase(Path(directory) / "db")
            stack.callback(database.close)
            measures = [*checks(), *memory(), *disk(database), product()]
            told = stack.enter_context(count("measurements", len(measures)))
            for place, measure in enumerate(measures):
                rows.append(row_of(measure, speed(measure, seconds)))
                told(place + 1)
    except (DatabaseError, OSError) as error:
        raise CommandError(f"{base_path}: {error}") from error
    show(rows, output.output)
    if words := busy(load, os.cpu_count() or 1):
        progress(words)
    if strict and (slow := [str(row["what"]) for row in rows if row["verdict"] != "ok"]):
        raise CommandError(f"too slow for a validator: {', '.join(slow)}")


def existing(place: Path) -> Path:
    """Return a place, or what of it there is already: it is on the same disk."""
    found = place.expanduser().absolute()
    while not found.exists():
        found = found.parent
    return found


def speed(measure: Measure, seconds: float) -> float:
    """Run a measure for so long, once at least in each sample; return units a second."""
    measure.run()  # the first run warms caches up
    found = []
    for _ in range(SAMPLES):
        runs, began = 0, perf_counter()
        while (took := perf_counter() - began) < seconds / SAMPLES or not runs:
            measure.run()
            runs += 1
        found.append(runs * measure.amount / took)
    return median(found)


def row_of(measure: Measure, found: float) -> dict[str, object]:
    """Return a measure beside what it wants."""
    return {
        "what": measure.what,
        "unit": measure.unit,
        "wanted": rounded(measure.wanted),
        "found": rounded(found),
        "verdict": "ok" if found >= measure.wanted else "slow",
    }


def busy(load: float, cores: int) -> str:
    """Say that other programs took the time of what was measured, if they did."""
    if load < cores / 2:
        return ""
    return f"other programs ran: load {load:.1f} on {cores} cores; stop them and measure again"


def rounded(value: float) -> float:
    """Return a number with the digits that a reader looks at."""
    return round(value) if value >= 100 else round(value, 2)


def checks() -> Iterator[Measure]:
    """Yield signatures and hashes: what each transaction has, whatever it does."""
    wanted = PICO / LIMITS.extrinsic_picoseconds
    for kind in (KeyKind.ED25519, KeyKind.SR25519):
        check = signature_check(pair_from_uri(kind, "//Alice"))
        yield Measure(f"{kind.name.lower()} signatures", "checks/s", wanted, 1, check)
    size = len(HASHED) / MEGA
    declared = NANO / HASHED_NANOSECONDS_PER_BYTE / MEGA
    blake2 = lambda: blake2b(HASHED, digest_size=32).digest()  # noqa: E731
    yield Measure("blake2-256 of 1 MiB", "MB/s", declared, size, blake2)
    priced = NANO / OPENING_GAS_PER_BYTE / MEGA
    yield Measure("blake3 of 1 MiB", "MB/s", priced, size, lambda: blake3(HASHED).digest())


def signature_check(pair: Pair) -> Callable[[], object]:
    """Return what checks one signature."""
    message = HASHED[:128]
    signature = pair.sign(message)

    def check() -> None:
        assert verify_signature(pair.kind, signature, message, pair.public)

    return check


def memory() -> Iterator[Measure]:
    """Yield the copying of what fits no cache of the processor."""
    source = np.zeros(64 << 20, np.uint8)
    target = np.ones_like(source)
    wanted = COPIES * COPYING_PART * MESSAGE_BYTES * PICO / BLOCK_PICOSECONDS / GIGA
    copy = lambda: np.copyto(target, source)  # noqa: E731
    yield Measure("memory copy of 64 MiB", "GB/s", wanted, len(source) / GIGA, copy)


def disk(database: LevelDatabase) -> Iterator[Measure]:
    """Yield what a database does: blocks in order, and state in no order."""
    wanted = MESSAGE_BYTES * WRITING_PART * PICO / BLOCK_PICOSECONDS / MEGA
    size = MESSAGE_BYTES / MEGA
    blocks = [os.urandom(1 << 18) for _ in range(MESSAGE_BYTES >> 18)]
    places = numbers()

    def write_block() -> None:
        batch, place = Batch(), next(places) % 16
        for part, content in enumerate(blocks):
            batch.put(b"b" + bytes((place, part)), content)
        database.write(batch, sync=True)

    def read_block() -> None:
        assert sum(len(value) for _, value in database.iterate(b"b\0")) == MESSAGE_BYTES

    yield Measure("database, a block written to the disk", "MB/s", wanted, size, write_block)
    yield Measure("database, a block read", "MB/s", wanted, size, read_block)
    yield from random_access(database)


def random_access(database: LevelDatabase) -> Iterator[Measure]:
    """Yield the writing and reading of small records whose keys have no order."""
    generator = np.random.default_rng(1)
    keys = [b"s" + generator.bytes(32) for _ in range(RECORDS)]
    value = HASHED[:RECORD_BYTES]
    writes, reads = numbers(), numbers()

    def write_some() -> None:
        first = next(writes) * BATCH_RECORDS % RECORDS
        batch = Batch()  # of state, which is synced when it is final
        for key in keys[first : first + BATCH_RECORDS]:
            batch.put(key, value)
        database.write(batch)

    def read_some() -> None:
        first = next(reads) * BATCH_RECORDS % RECORDS
        for key in keys[first : first + BATCH_RECORDS]:
            assert database.get(key) == value

    for _ in range(RECORDS // BATCH_RECORDS):
        write_some()
    wanted = PICO / WRITE_PICOSECONDS
    yield Measure("database, random writes", "records/s", wanted, BATCH_RECORDS, write_some)
    wanted = PICO / READ_PICOSECONDS
    yield Measure("database, random reads", "records/s", wanted, BATCH_RECORDS, read_some)


def product() -> Measure:
    """Return the int8 product that the check of a share makes."""
    generator = np.random.default_rng(1)
    left, right = (
        generator.integers(-128, 128, (TILE_ROWS, INNER), np.int8, endpoint=False) for _ in range(2)
    )
    operations = 2 * TILE_ROWS * TILE_ROWS
    wanted = operations / SHARE_GAS_PER_COLUMN * NANO / GIGA
    amount = operations * INNER / GIGA
    multiply = lambda: exact_product(left, right)  # noqa: E731
    return Measure("int8 product, 128 x 4096 x 128", "GOPS", wanted, amount, multiply)
