"""Answers of a provider to those who dispute its results or demand leaves of them.

Nothing is remembered but what was just sent: a restarted provider finds the demands in the next
view, and what they are about among its blobs, or computes it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from consensus.compute.job_contents import Gathered, Offload
from consensus.compute.provider_view import UNANSWERED, Demand, Ports, ProviderView
from runtime.compute.bisection import Node, hashes_below
from runtime.compute.classes import chunk_count
from runtime.compute.contents import result_key, tree_of
from runtime.compute.job import JobSpec
from runtime.compute.opening import prove_leaf
from runtime.compute.receipt import Commitment, Opening, proof_hash

RESEND_AFTER_BLOCKS = 3
"""An answer that finalized state does not show by then was lost; a turn is several times longer."""

Gather = Callable[[JobSpec, Commitment], Awaitable[Gathered]]


class Answers:
    """Answers each demand of a view once, and again if that was lost."""

    def __init__(self, ports: Ports, gather: Gather, offload: Offload) -> None:
        self._ports, self._gather, self._offload = ports, gather, offload
        self._sent: dict[tuple[int, Node], int] = {}
        """Blocks in which answers were sent, by case and node."""

    async def answer(self, view: ProviderView) -> None:
        """Answer what a view demands; what cannot be answered now is tried with the next view."""
        current = {(demand.case, demand.node) for demand in view.demands}
        self._sent = {key: at for key, at in self._sent.items() if key in current}
        for demand in view.demands:
            sent = self._sent.get((demand.case, demand.node))
            if sent is not None and view.number < sent + RESEND_AFTER_BLOCKS:
                continue
            try:
                await self._answer(demand)
            except UNANSWERED as error:
                self._ports.log.warning("answer_delayed", case=demand.case, reason=str(error))
            else:
                self._sent[demand.case, demand.node] = view.number

    async def _answer(self, demand: Demand) -> None:
        held = await self._gather(demand.spec, demand.commitment)
        if demand.leaf is None:
            await self._show(demand, held)
        else:
            await self._open(demand, demand.leaf, held)

    async def _show(self, demand: Demand, held: Gathered) -> None:
        """Show the hashes below a node."""
        key = result_key(held.work, demand.tree, demand.commitment)
        stored = held.result.of(demand.tree)
        tree = await self._offload(tree_of, held.work, demand.tree, key, stored)
        hashes = hashes_below(tree, chunk_count(held.work, demand.tree), demand.node)
        arguments = {"case": demand.case, "hashes": hashes}
        await self._ports.submit.call("Disputes", "show_nodes", arguments)
        self._ports.log.info("nodes_shown", case=demand.case, level=demand.node.level)

    async def _open(self, demand: Demand, leaf: int, held: Gathered) -> None:
        """Publish a leaf with all that it takes to recompute it."""
        commitment = demand.commitment
        proof = await self._offload(
            prove_leaf, demand.spec, commitment, leaf, held.input.content, held.result
        )
        opening = Opening(commitment.job, commitment.segment, proof_hash(proof), demand.case)
        await self._ports.submit.opening(opening, proof)
        self._ports.log.info("leaf_opened", case=demand.case, leaf=leaf, proof_bytes=len(proof))
