"""A provider of a chain in this process: real work in numpy, real proofs, a block for each step.

It takes what waits in the market where providers without further wishes offer themselves. Nothing
runs beside the chain: a job goes on as far as blocks are made, and in the same blocks each time.
"""

from __future__ import annotations

import trio

from cli.errors import CommandError
from cli.sdk.lone_chain import LoneChain
from consensus.compute.provider_view import Assignment, Awaiting, ProviderView
from node.keystore.keystore import KeyType
from node.provider import DEFAULT_MARKET, ProviderPair, ProviderSubmit, ProviderViews
from runtime.compute.classes import Result
from runtime.compute.contents import commit
from runtime.compute.opening import prove_opening
from runtime.compute.receipt import Opening, proof_hash
from runtime.compute.registry import check_spec
from runtime.construct import Runtime
from runtime.pallets.jobs.records import Output
from runtime.pallets.providers import ProviderInfo

RATING = 10_000
"""Micro-CU per second that it offers; its bond is the least that this asks for."""

MOST_BLOCKS = 1_000
"""A job is done in some dozens; one to whose audit nobody comes is paid after some hundreds."""


class LoneProvider:
    """The account of the authority as a provider. Invariant: it holds the results it committed."""

    def __init__(self, chain: LoneChain, contents: dict[bytes, bytes]) -> None:
        """Read inputs from, and put outputs into, the contents that the RPC serves by root."""
        self._chain, self._contents = chain, contents
        (self._account, *_) = chain.keystore.public_keys(KeyType.PROVIDER)
        pair = ProviderPair(chain.keystore, self._account)
        self._submit = ProviderSubmit(chain.ground, pair, _to_nobody, _to_nobody)
        ground = chain.ground
        self._views = ProviderViews(ground.executive, ground.chain, self._account)
        self._done: dict[int, tuple[bytes, Result]] = {}
        self._turn = trio.Lock()

    async def run(self) -> None:
        """Do jobs as they come, until cancelled.

        Raises: CommandError if one cannot be done.
        """
        with self._chain.ground.chain.subscribe() as events:
            while True:
                await self.work()
                await events.receive()

    async def work(self) -> int:
        """Do every open job of the market to its end; return how many blocks that took.

        Raises: CommandError if they are not done after a thousand.
        """
        async with self._turn:
            first = self._chain.head.number
            await self._register()
            while left := self._open():
                if self._chain.head.number - first >= MOST_BLOCKS:
                    raise CommandError(f"jobs {left} are not done after {MOST_BLOCKS} blocks")
                await self._act(self._views.view(self._chain.head))
                await self._chain.build()
            return self._chain.head.number - first

    async def _register(self) -> None:
        """Become a provider, unless it is one."""
        runtime = self._runtime()
        if self._account in runtime.providers.providers:
            return
        info = ProviderInfo(
            node_key=self._account,
            market=DEFAULT_MARKET,
            memory_mib=16_384,
            rating=RATING,
            hardware=b"numpy, in a test",
        )
        bond = runtime.providers.bond_needed(info)
        await self._submit.call("Providers", "register_provider", {"info": info, "bond": bond})
        await self._chain.build()

    def _open(self) -> list[int]:
        """Return the jobs that wait for this provider, or for any in its market."""
        jobs = self._runtime().jobs
        return [
            number
            for number, job in jobs.jobs.items()
            if job.state.is_open
            and job.provider in (None, self._account)
            and jobs.specs[number].market == DEFAULT_MARKET
        ]

    async def _act(self, view: ProviderView) -> None:
        """Hand in what the next block should have."""
        for assignment in view.assigned:
            if not assignment.is_started:
                await self._submit.call("Jobs", "start_job", {"job": assignment.job})
            elif assignment.job not in self._done:
                await self._commit(assignment)
        for awaiting in view.awaiting:
            if awaiting.randomness is not None and awaiting.commitment.job in self._done:
                await self._prove(awaiting, awaiting.randomness)

    async def _commit(self, assignment: Assignment) -> None:
        """Compute, and say what came out."""
        spec = assignment.spec
        content = self._contents.get(spec.input_root)
        if content is None:
            raise CommandError(f"the input of job {assignment.job} was not uploaded here")
        work = check_spec(spec)
        result = work.run(content)
        stated = commit(work, assignment.job, assignment.segment, self._account, result)
        self._done[assignment.job] = content, result
        self._contents[stated.out_root] = result.output
        self._contents[stated.aux_root] = result.auxiliary
        output = Output(stated.out_root, stated.aux_root, stated.out_bytes)
        arguments = {"job": stated.job, "segment": stated.segment, "output": output}
        await self._submit.call("Jobs", "commit_segment", arguments)

    async def _prove(self, awaiting: Awaiting, randomness: bytes) -> None:
        """Open the leaves that the chain has drawn."""
        job, segment = awaiting.id
        content, result = self._done.pop(job)
        proof = prove_opening(awaiting.spec, awaiting.commitment, randomness, content, result)
        await self._submit.opening(Opening(job, segment, proof_hash(proof)), proof)

    def _runtime(self) -> Runtime:
        head, ground = self._chain.head, self._chain.ground
        return ground.executive.reader_at(ground.chain.state_at(head.hash), head.number)


async def _to_nobody(*_: object) -> None:
    """Spread a receipt among no peers."""
