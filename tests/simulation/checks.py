"""Checks of what nodes on the real runtime kept: the final chain, executed again from genesis."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

from node.assembly import Ground
from runtime.compute.registry import check_spec
from runtime.construct import Runtime
from runtime.executive import Executed, Executive
from runtime.frame.pallet import Record
from runtime.genesis_state import empty_state
from runtime.pallets import balances
from runtime.pallets.audits import AuditDecided, Outcome
from runtime.pallets.jobs import JobState, SegmentCommitted
from runtime.state.trie import Trie

ADDED = (balances.Minted, balances.Deposit)
TAKEN = (balances.Burned, balances.BurnedHeld, balances.DustLost, balances.Withdraw)
"""Events that change the total issuance over a block; of fees, what is not paid in is burned."""


def check_final_chain(
    final: Mapping[int, bytes], grounds: Sequence[Ground], blobs: Mapping[bytes, bytes]
) -> tuple[str, ...]:
    """Check the final chain on every disk; return the names of its events in order."""
    for ground in grounds:
        check_disk(final, ground)
    longest = max(grounds, key=lambda ground: ground.chain.finalized.number)
    events = tuple(record.event for record in replayed(longest))
    check_results(longest, events, blobs)
    return tuple(map(told, events))


def check_disk(final: Mapping[int, bytes], ground: Ground) -> None:
    """Check that a disk holds the one final chain, and each of its states."""
    chain = ground.chain
    for number in range(1, chain.finalized.number + 1):
        block_hash = chain.hash_at(number)
        assert block_hash == final.get(number), f"another final block {number}"
        header = chain.blocks.known_header(final[number])
        assert ground.states.has(header.state_root), f"the state of block {number} is gone"
    kept = ground.states.state_at(chain.finalized.state_root)
    assert rebuilt(kept).root == chain.finalized.state_root, "the state is not what its root says"


def rebuilt(state: Trie) -> Trie:
    """Build a state anew from its entries."""
    return empty_state().updated({key: state.get(key) for key in state.keys(b"")})


def replayed(ground: Ground) -> Iterator[Record]:
    """Execute the final chain from genesis, checking each state; yield its events."""
    chain, parent = ground.chain, ground.chain.blocks.known_header(ground.chain.genesis_hash)
    executive = Executive(ground.executive.config, chain.genesis_hash, ground.executive.versions)
    state = ground.states.state_at(parent.state_root)
    for number in range(1, chain.finalized.number + 1):
        block_hash = chain.hash_at(number)
        block = None if block_hash is None else chain.blocks.block(block_hash)
        assert block is not None, f"final block {number} is gone"
        executed = finished(executive.execute(block, parent, state, {}))
        after = executive.runtime_at(executed.state, number)
        after.try_state()
        check_issuance(executive.runtime_at(state, parent.number), after, executed)
        parent, state = block.header, executed.state
        yield from executed.events


def finished(steps: Generator[None, None, Executed]) -> Executed:
    """Run an execution to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            executed: Executed = stop.value
            return executed


def check_issuance(before: Runtime, after: Runtime, executed: Executed) -> None:
    """Check that the events of a block account for the change of the total issuance."""
    change = 0
    for record in executed.events:
        if record.pallet.name == "Balances":
            amount = getattr(record.event, "amount", 0)
            change += amount * (isinstance(record.event, ADDED) - isinstance(record.event, TAKEN))
    issued, was = after.balances.total_issuance, before.balances.total_issuance
    assert issued - was == change, f"issuance moved by {issued - was}, by its events {change}"
    assert after.amax.total_issuance == before.amax.total_issuance, "AMAX was made or lost"


def check_results(ground: Ground, events: Sequence[object], blobs: Mapping[bytes, bytes]) -> None:
    """Check each audit's outcome against the product itself, and every product that was paid for.

    A wrong product is paid for only where too few auditors spoke. What was asked of a job that the
    chain has forgotten, seven eras after it ended, nobody can compute any more.
    """
    final = ground.chain.finalized
    jobs = ground.executive.runtime_at(ground.chain.state_at(final.hash), final.number).jobs

    def is_exact(job: int, out_root: bytes) -> bool:
        spec = jobs.specs[job]
        return check_spec(spec).run(blobs[spec.input_root]).output == blobs[out_root]

    committed: dict[tuple[int, int], bytes] = {}
    undecided = set()
    for event in events:
        if isinstance(event, SegmentCommitted):
            committed[event.job, event.segment] = event.output.out_root
        if isinstance(event, AuditDecided):
            if event.outcome is Outcome.UNDECIDED:
                undecided.add(event.job)
                continue
            if event.job not in jobs.specs:
                continue
            exact = is_exact(event.job, committed[event.job, event.segment])
            assert exact is (event.outcome is Outcome.GOOD), f"{event} of an exact result: {exact}"
    for number, job in jobs.jobs.items():
        if job.state is JobState.COMPLETED and number not in undecided:
            out_root = jobs.segments[number, 0].output.out_root
            assert is_exact(number, out_root), f"job {number} has another product"


def told(event: object) -> str:
    """Return what a world tells of an event: its name, and how an audit ended."""
    outcome = f" {event.outcome.name}" if isinstance(event, AuditDecided) else ""
    return type(event).__name__ + outcome
