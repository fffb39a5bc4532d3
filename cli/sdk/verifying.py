"""Checking a job again at home: everything that its provider committed to, or a sample of it.

Nothing is believed but the final block: input, output and auxiliary content are fetched from
whoever serves them, held to the roots on chain, and the leaves are recomputed on this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from cli.errors import CommandError
from cli.sdk.client import Client
from cli.sdk.downloads import Shown, fetch_checked, unseen
from cli.sdk.jobs import Committed, committed_job
from runtime.compute.challenge import challenge
from runtime.compute.classes import Tree, Work, leaf_count, place_of, recompute_all
from runtime.compute.contents import (
    COMMITTED,
    check_content,
    check_input,
    chunks_of,
    root_on_chain,
)

LEAVES_AT_ONCE = 64
"""Recomputed together: few enough that the memory for what they need stays small."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found about a job."""

    leaves: int
    recomputed: int
    wrong: tuple[int, ...]
    """Leaves whose committed bytes are not what their formula gives."""


async def verify_job(
    client: Client, job: int, leaves: int | None, seed: bytes, shown: Shown = unseen
) -> Verified:
    """Fetch all contents of a completed job, check their roots, and recompute leaves.

    With `leaves`, that many drawn by a seed that the provider could not know; without, all.
    Raises: CommandError if a content is not what the chain's root says, or is not served.
    """
    held = await committed_job(client, job)
    if held.spec.is_private:
        raise CommandError(f"job {job} is private: what would be recomputed is sealed")
    contents = {tree: await _fetched(client, held, tree, shown) for tree in Tree}
    count = leaf_count(held.work)
    chosen = challenge(b"job verify", seed, count, count if leaves is None else leaves)
    wrong = await trio.to_thread.run_sync(wrong_leaves, held.work, contents, chosen)
    return Verified(count, len(chosen), wrong)


def wrong_leaves(
    work: Work, contents: Mapping[Tree, bytes], leaves: tuple[int, ...]
) -> tuple[int, ...]:
    """Recompute leaves from the contents of their job; list those that are not committed right."""
    chunks = {tree: list(chunks_of(work, tree, content)) for tree, content in contents.items()}
    wrong = []
    for start in range(0, len(leaves), LEAVES_AT_ONCE):
        some = leaves[start : start + LEAVES_AT_ONCE]
        needed = [[chunks[one.tree][one.index] for one in work.needs(leaf)] for leaf in some]
        places = [place_of(work, leaf) for leaf in some]
        exact = recompute_all(work, some, needed)
        wrong += [
            leaf
            for leaf, place, cells in zip(some, places, exact, strict=True)
            if cells.tobytes() != chunks[place.tree][place.index]
        ]
    return tuple(wrong)


async def _fetched(client: Client, held: Committed, tree: Tree, shown: Shown) -> bytes:
    """Fetch one content of a job and hold it to its root."""
    size = held.work.content_bytes(tree)
    if not size:
        return b""
    root = held.spec.input_root if tree is Tree.INPUT else root_on_chain(tree, held.commitment)

    def check(content: bytes) -> None:
        if tree in COMMITTED:
            check_content(held.work, tree, held.commitment, content)
        else:
            check_input(held.work, held.spec.input_root, content)

    try:
        with shown(f"fetching the {tree.value}", size) as told:
            return await fetch_checked(client, root, size, check, told=told)
    except CommandError as error:
        raise CommandError(f"{tree.value} of job {held.commitment.job}: {error}") from error
