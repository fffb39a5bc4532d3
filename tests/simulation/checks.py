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
from runtime.pallets.jobs import JobState
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
    events = tuple(replayed(longest))
    check_products(longest, blobs)
    return tuple(type(record.event).__name__ for record in events)


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


def check_products(ground: Ground, blobs: Mapping[bytes, bytes]) -> None:
    """Check that every job that was paid for has its exact product behind the final root."""
    final = ground.chain.finalized
    runtime = ground.executive.runtime_at(ground.chain.state_at(final.hash), final.number)
    for number, job in runtime.jobs.jobs.items():
        if job.state is JobState.COMPLETED:
            spec, segment = runtime.jobs.specs[number], runtime.jobs.segments[number, 0]
            product = check_spec(spec).run(blobs[spec.input_root]).output
            assert blobs[segment.output.out_root] == product, f"job {number} has another product"
