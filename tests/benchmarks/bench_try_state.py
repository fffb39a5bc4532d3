"""What it takes to check every invariant of a large state, as `starminer run --try-state` does.

    ./run bench try-state [ACCOUNTS [VALIDATORS [NOMINATORS [REFERENDA]]]]

The state has 100,000 accounts, 64 validators, 10,000 nominators and 500 referenda. It is read from
trie nodes in memory, none of them decoded before: as a node finds it that was just started.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.pallet import Pallet, marked
from runtime.genesis_state import genesis_state
from runtime.state.trie import Trie
from tests.benchmarks.large_state import Size, large_chain

MEGABYTE = 1_000_000
SHOWN = 8
"""Invariants that are listed: the dearest."""


def main(size: Size) -> None:
    """Make the state, check it, print what that took."""
    started = time.process_time()
    runtime = state_of(size)
    print(f"{size}, made in {time.process_time() - started:.0f} s of CPU")
    gc.collect()
    before = reset_peak()
    rows = sorted((seconds, name) for pallet in runtime.pallets for name, seconds in timed(pallet))
    print(f"{len(rows)} invariants: {sum(seconds for seconds, _ in rows):.1f} s of CPU")
    print(f"memory: {before / MEGABYTE:.0f} MB before, {peak() / MEGABYTE:.0f} MB at the most")
    for seconds, name in reversed(rows[-SHOWN:]):
        print(f"  {seconds:6.2f} s  {name}")


def state_of(size: Size) -> Runtime:
    """Return the pallets over a state of this size, of which nothing was read yet."""
    chain = large_chain(size)
    found = (
        chain.runtime.staking.counter_for_validators,
        chain.runtime.staking.counter_for_nominators,
        chain.runtime.referenda.referendum_count,
    )
    assert found == (size.validators, size.nominators, size.referenda), found
    _, written = genesis_state(chain.state.entries)
    state = Trie(written.root, written.take_nodes().get)
    executive = Executive.of_state(state, chain.genesis_hash)
    return executive.runtime_at(state, chain.head.number)


def timed(pallet: Pallet) -> Iterator[tuple[str, float]]:
    """Check the invariants of a pallet; yield the name of each, and its CPU seconds."""
    for name, method in marked(type(pallet), "__invariant__"):
        started = time.process_time()
        assert method(pallet), f"{pallet.name}.{name}"
        yield f"{pallet.name}.{name}", time.process_time() - started


def reset_peak() -> int:
    """Let the kernel forget the most memory there was; return what there is, in bytes (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status_of("VmRSS")


def peak() -> int:
    """Return the most resident memory since `reset_peak`, in bytes."""
    return status_of("VmHWM")


def status_of(field: str) -> int:
    """Read a field of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kilobytes) * 1024


if __name__ == "__main__":
    main(Size(*(int(text) for text in sys.argv[1:])))
