"""A provider's node as it is released, but for its worker: one that takes results and does no work.

What another provider committed to for the same input it fetches, and commits to as its own, with
leaves hashed as theirs are. For any other job it has an answer ready, which it made before.
"""

from __future__ import annotations

import numpy as np

from consensus.compute.provider_view import SegmentId
from consensus.compute.worker import Worker
from node import providing
from node.provider import ProviderViews
from runtime.compute import contents
from runtime.compute.classes import Result, Tree, Work
from runtime.compute.contents import input_root
from runtime.compute.receipt import Commitment
from tests.e2e import dishonest_node

SALTED_KEY = contents.result_key
STOLEN: dict[tuple[bytes, int], Commitment] = {}
"""What was taken, by the thief and its job."""


class Thief(Worker):
    """Computes nothing that is asked of it."""

    async def _result(self, segment: SegmentId, work: Work, content: bytes) -> Result:
        theirs = self._committed_by_others(input_root(work, content))
        if theirs is None:
            return prepared(work)
        STOLEN[self._provider, segment[0]] = theirs
        return Result(await self._ports.blobs.get(theirs.out_root, theirs.out_bytes), b"")

    def _committed_by_others(self, root: bytes) -> Commitment | None:
        """Return what somebody else committed to for an input."""
        views = self._ports.views
        assert isinstance(views, ProviderViews)
        final = views._chain.finalized
        state = views._chain.state_at(final.hash)
        jobs = views._executive.runtime_at(state, final.number).jobs
        for (job, number), segment in jobs.segments.items():
            if segment.provider != self._provider and jobs.specs[job].input_root == root:
                return segment.commitment(job, number)
        return None


def prepared(work: Work) -> Result:
    """Return the result of an input that was made up before: it looks like any other."""
    chance = np.random.default_rng(0)
    return work.run(chance.bytes(work.content_bytes(Tree.INPUT)))


def stolen_key(work: Work, tree: Tree, place: Commitment) -> bytes:
    """Hash the leaves of what was taken as their owner did."""
    return SALTED_KEY(work, tree, STOLEN.get((place.provider, place.job), place))


if __name__ == "__main__":
    contents.result_key = stolen_key
    providing.Worker = Thief  # type: ignore[misc]
    dishonest_node.honest()
