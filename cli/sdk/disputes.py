"""Disputing a result: compute it again, find where it is wrong, and take each turn on the chain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import trio

from cli.errors import CommandError
from cli.sdk.client import Client, enhex
from cli.sdk.downloads import fetch_checked
from cli.sdk.jobs import Committed, job_of
from cli.sdk.transactions import Receipt, prepare, submit
from runtime.compute.bisection import hashes_below, step_towards
from runtime.compute.classes import Result, Tree, Work, chunk_count, leaf_count, place_of
from runtime.compute.contents import (
    COMMITTED,
    check_content,
    check_input,
    chunks_of,
    commit,
    result_key,
    root_on_chain,
    tree_of,
)
from runtime.compute.job import JobSpec
from runtime.compute.registry import work_of
from runtime.pallets.disputes import Case, CaseClosed, CaseOpened, Content, Turn
from runtime.pallets.jobs.records import Segment
from runtime.primitives.crypto import Pair

LOOK_SECONDS = 1.0
"""Between two looks at a case: less than a block takes."""

Told = Callable[[str], None]
"""Hears of progress."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a dispute is to come down to."""

    held: Committed
    content: Content
    exact: Result
    leaf: int | None
    """Where among the chunks of its content the wrong leaf is, if that is known beforehand."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case that is on the chain."""

    case: int
    bond: int
    block: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that was decided, and in which block."""

    event: CaseClosed
    block: int


async def committed_of(client: Client, job: int) -> Committed:
    """Return what the provider of a job has committed to, by the best block.

    Raises: CommandError if it has committed to nothing.
    """
    at = await client.block_hash()
    await job_of(client, job, at)
    spec: JobSpec = await client.storage("Jobs", "Specs", job, at=at)
    held: Segment | None = await client.storage("Jobs", "Segments", job, 0, at=at)
    if held is None:
        raise CommandError(f"job {job} has no result yet: `starminer job watch {job}` waits for it")
    return Committed(spec, work_of(spec.job_class, spec.params), held.commitment(job, 0))


async def find_error(client: Client, held: Committed) -> Aim | None:
    """Compute a result again and find out where to dispute it; None if it is right.

    Raises: CommandError if the input is gone, or where there is no telling which leaf is wrong.
    """
    work, commitment = held.work, held.commitment
    root = held.spec.input_root
    check = partial(check_input, work, root)
    content = await fetch_checked(client, root, held.spec.input_bytes, check)
    exact = await trio.to_thread.run_sync(work.run, content)
    ours = commit(work, commitment.job, commitment.segment, commitment.provider, exact)
    if ours == commitment:
        return None
    served = await _served(client, held)
    if served is not None:
        return _aim_at(held, wrong_leaf(work, content, served, exact), exact)
    if _has_loops(work):
        raise CommandError(
            "the result is wrong, but its provider does not serve it, and of generated tokens the "
            "hashes alone do not say which leaf is: use `starminer job challenge`"
        )
    is_auxiliary = ours.aux_root != commitment.aux_root
    return Aim(held, Content.AUXILIARY if is_auxiliary else Content.OUTPUT, exact, None)


def wrong_leaf(work: Work, content: bytes, served: Result, exact: Result) -> int:
    """Return a leaf that does not follow from the chunks that it needs, as they were committed to.

    It is one of those that differ from the exact result: where the others follow from wrong ones,
    one of these follows from exact ones.
    """
    held = {tree: list(chunks_of(work, tree, served.of(tree))) for tree in COMMITTED}
    right = {tree: list(chunks_of(work, tree, exact.of(tree))) for tree in COMMITTED}
    held[Tree.INPUT] = list(chunks_of(work, Tree.INPUT, content))
    for leaf in range(leaf_count(work)):
        place = place_of(work, leaf)
        claim = held[place.tree][place.index]
        if claim == right[place.tree][place.index]:
            continue
        needed = [held[chunk.tree][chunk.index] for chunk in work.needs(leaf)]
        if work.recompute(leaf, needed).tobytes() != claim:
            return leaf
    raise AssertionError("a wrong result has a leaf that does not follow from what it needs")


async def open_dispute(client: Client, pair: Pair, aim: Aim) -> Opened:
    """Put a dispute on the chain; raises DispatchFailed."""
    return await _open(client, pair, *dispute_call(aim))


async def open_challenge(client: Client, pair: Pair, held: Committed, leaf: int) -> Opened:
    """Demand a leaf on the chain; raises DispatchFailed."""
    return await _open(client, pair, *challenge_call(held, leaf))


def dispute_call(aim: Aim) -> tuple[str, int, int, Content]:
    """Return the call of the pallet Disputes that opens a dispute: its name and its arguments."""
    held = aim.held.commitment
    return "dispute_segment", held.job, held.segment, aim.content


def challenge_call(held: Committed, leaf: int) -> tuple[str, int, int, int]:
    """Return the call of the pallet Disputes that demands a leaf: its name and its arguments."""
    return "challenge_leaf", held.commitment.job, held.commitment.segment, leaf


async def take_turns(client: Client, pair: Pair, opened: Opened, aim: Aim, told: Told) -> Closed:
    """Point at what is wrong whenever it is our turn, until the case is decided."""
    tree, work = aim.content.tree, aim.held.work
    key = result_key(work, tree, aim.held.commitment)
    own = await trio.to_thread.run_sync(tree_of, work, tree, key, aim.exact.of(tree))
    count = chunk_count(work, tree)

    async def act(case: Case) -> None:
        if case.turn is not Turn.PICK:
            return
        if aim.leaf is not None:
            place = step_towards(count, case.node, aim.leaf)
        else:
            place = differing(case.shown, hashes_below(own, count, case.node))
        told(f"case {opened.case}: hash {place} of {len(case.shown)} at level {case.node.level}")
        await _signed(client, pair, "pick_node", opened.case, place)

    return await follow_case(client, opened, act)


async def follow_case(
    client: Client, opened: Opened, act: Callable[[Case], Awaitable[None]] | None = None
) -> Closed:
    """Look at a case until it is decided; act on it with each look."""
    while True:
        at = await client.block_hash()
        case: Case | None = await client.storage("Disputes", "Cases", opened.case, at=at)
        if case is None:
            return await _closing(client, opened, await client.number(at))
        if act is not None:
            await act(case)
        await trio.sleep(LOOK_SECONDS)


def differing(shown: tuple[bytes, ...], own: tuple[bytes, ...]) -> int:
    """Return the first place in which two rows of hashes differ."""
    pairs = enumerate(zip(shown, own, strict=True))
    return next(place for place, (hashed, exact) in pairs if hashed != exact)


async def _served(client: Client, held: Committed) -> Result | None:
    """Fetch what the provider serves of its result, if it is what it committed to."""
    contents = {Tree.OUTPUT: b"", Tree.AUXILIARY: b""}
    for tree in (tree for tree in COMMITTED if held.work.content_bytes(tree)):
        root = root_on_chain(tree, held.commitment)
        if await client.rpc.call("blobs_get", enhex(root), 0, 1) is None:
            return None
        check = partial(check_content, held.work, tree, held.commitment)
        size = held.work.content_bytes(tree)
        try:
            contents[tree] = await fetch_checked(client, root, size, check)
        except CommandError:
            return None  # what is served is not what was committed to
    return Result(contents[Tree.OUTPUT], contents[Tree.AUXILIARY])


def _aim_at(held: Committed, leaf: int, exact: Result) -> Aim:
    place = place_of(held.work, leaf)
    content = Content.OUTPUT if place.tree is Tree.OUTPUT else Content.AUXILIARY
    return Aim(held, content, exact, place.index)


def _has_loops(work: Work) -> bool:
    """Say whether leaves of both contents need each other, so that none is first."""
    leaves = range(chunk_count(work, Tree.OUTPUT), leaf_count(work))
    return any(chunk.tree is Tree.OUTPUT for leaf in leaves for chunk in work.needs(leaf))


async def _open(client: Client, pair: Pair, call: str, *arguments: object) -> Opened:
    receipt = await _signed(client, pair, call, *arguments)
    for record in receipt.events:
        if isinstance(record.event, CaseOpened):
            return Opened(record.event.case, record.event.bond, receipt.block_number)
    raise CommandError("the block does not say which case was opened")


async def _signed(client: Client, pair: Pair, call: str, *arguments: object) -> Receipt:
    encoded = client.calls.encode("Disputes", call, *arguments)
    prepared = await prepare(client, encoded, pair)
    return (await submit(client, prepared, "included")).required()


async def _closing(client: Client, opened: Opened, best: int) -> Closed:
    for number in range(opened.block, best + 1):
        for record in await client.events(await client.block_hash(str(number))):
            event = record.event
            if isinstance(event, CaseClosed) and event.case == opened.case:
                return Closed(event, number)
    raise CommandError(f"case {opened.case} is on another branch now: look at it again")
