"""The provider's side of the node: what its worker sees of the chain, and how it acts on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import trio

from consensus.compute.provider_view import (
    Assignment,
    Awaiting,
    Demand,
    Lottery,
    ProviderView,
    SubmissionRefused,
)
from node.assembly import Ground
from node.chain import Chain, Finalized, Resync
from node.keystore.keystore import Keystore, KeyType
from node.log import Logger
from node.pool.validity import Refused
from runtime.compute.job import Market
from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.verify import BadReceipt
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.pallets.disputes import Accused, Case
from runtime.pallets.jobs import Job, JobState, SegmentStatus
from runtime.pallets.providers import (
    ProviderInfo,
    ProviderStatus,
)
from runtime.primitives.block import Header
from runtime.primitives.extrinsic import Era, Extra, Signature, encode_signed, signing_payload
from runtime.rules import Rules

ERA_BLOCKS = 64
"""How long a transaction of the provider is valid: longer than any step may take."""

REGISTER_AFTER_BLOCKS = 10
"""A registration that is not in a block by then is sent again."""

OPEN_STATES = (JobState.ASSIGNED, JobState.RUNNING)

DEFAULT_MARKET = Market(1, 0)
"""Tier 1, the first region."""


class ProviderPair:
    """The provider's account key, wherever the keystore keeps it."""

    def __init__(self, keystore: Keystore, public: bytes) -> None:
        self._keystore, self.account = keystore, public
        self.kind = keystore.kind_of(KeyType.PROVIDER, public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`."""
        return self._keystore.sign(KeyType.PROVIDER, self.account, message)


class ProviderViews:
    """Finalized blocks, as one provider sees them."""

    def __init__(self, executive: Executive, chain: Chain, provider: bytes) -> None:
        self._executive, self._chain, self._provider = executive, chain, provider

    async def finalized(self) -> AsyncIterator[ProviderView]:
        """Yield the newest view whenever there is a newer one."""
        with self._chain.subscribe() as events:
            yield self.view(self._chain.finalized)
            async for event in events:
                if isinstance(event, Finalized | Resync):
                    yield self.view(self._chain.finalized)

    def view(self, header: Header) -> ProviderView:
        """Return what a finalized block means for the provider."""
        runtime = self._executive.reader_at(self._chain.state_at(header.hash), header.number)
        assigned, awaiting = [], []
        kept: list[bytes] = []
        for number, job in runtime.jobs.jobs.items():
            if job.provider != self._provider:
                continue
            if may_be_demanded(runtime, job):
                kept += _roots(runtime, number)
            if not job.state.is_open:
                continue
            spec, segment = runtime.jobs.specs[number], job.next_segment
            if job.state in OPEN_STATES:
                started = job.state is JobState.RUNNING
                assigned.append(Assignment(number, segment, spec, started))
            stored = runtime.jobs.segments.get((number, segment))
            if stored is not None and stored.status is SegmentStatus.COMMITTED:
                commitment = stored.commitment(number, segment)
                randomness = runtime.babe.of_block(stored.committed_at + 2)
                context = runtime.receipts.opening_context(number, segment)
                witnesses = () if context is None else context.witnesses
                committed = stored.committed_at
                awaiting.append(Awaiting(commitment, spec, committed, randomness, witnesses))
        record = runtime.providers.providers.get(self._provider)
        demands = runtime.disputes.demands_on(self._provider)
        beats = runtime.providers.telemetry_book
        return ProviderView(
            header.number,
            tuple(assigned),
            tuple(awaiting),
            self._lottery(runtime),
            takes_jobs=record is not None and record.status is ProviderStatus.ACTIVE,
            demands=tuple(_demand(runtime, *found) for found in demands),
            kept=frozenset(kept),
            beat_due=beats.beat_due(self._provider) if record is not None else None,
        )

    def _lottery(self, runtime: Runtime) -> Lottery | None:
        epoch = runtime.babe.current_epoch()
        context = runtime.receipts.share_context(self._provider, epoch)
        if context is None:
            return None
        beacon, parameters = context
        last = runtime.receipts.last_counted(self._provider, epoch)
        return Lottery(epoch, beacon, parameters, 0 if last is None else last.nonce + 1)


def may_be_demanded(runtime: Runtime, job: Job) -> bool:
    """Say whether anybody can still ask for what a job was made from."""
    last = job.entered_at + runtime.disputes.config.window_blocks
    return job.state.is_open or runtime.context.number <= last


def _roots(runtime: Runtime, number: int) -> tuple[bytes, ...]:
    """Return the roots of a job's input and of its first segment, the only one."""
    stored = runtime.jobs.segments.get((number, 0))
    given = runtime.jobs.specs[number].input_root
    return (given,) if stored is None else (given, *stored.roots)


def _demand(runtime: Runtime, number: int, case: Case, accused: Accused) -> Demand:
    is_leaf = case.node.is_leaf
    leaf = runtime.disputes.leaf_of(case, accused.spec) if is_leaf else None
    tree = case.content.tree
    return Demand(number, accused.commitment, accused.spec, tree, case.node, leaf)


class ProviderSubmit:
    """The provider's way onto the chain: signed calls through the pool, receipts by gossip."""

    def __init__(
        self,
        ground: Ground,
        pair: ProviderPair,
        publish_opening: Callable[[Opening, bytes], Awaitable[None]],
        publish_shares: Callable[[ShareBatch], Awaitable[None]],
    ) -> None:
        self._executive, self._chain, self._pool = ground.executive, ground.chain, ground.pool
        self._receipts, self._pair = ground.receipts, pair
        self._publish_opening, self._publish_shares = publish_opening, publish_shares
        self._turn = trio.Lock()

    async def call(self, pallet: str, call: str, arguments: Mapping[str, Any]) -> None:
        """Sign a call and submit it; its nonce follows those that wait in the pool."""
        raw = self._rules().calls.encode(pallet, call, *arguments.values())
        async with self._turn:
            try:
                await self._pool.submit(self._signed(raw))
            except Refused as error:
                raise SubmissionRefused(str(error)) from error

    async def opening(self, opening: Opening, proof: bytes) -> None:
        """Publish an opening and its proof for the next author."""
        try:
            await self._receipts.add_opening(opening, proof, self._chain.best)
        except BadReceipt as error:
            raise SubmissionRefused(f"{type(error).__name__}: {error}") from error
        await self._publish_opening(opening, proof)

    async def shares(self, batch: ShareBatch) -> None:
        """Publish canonical shares for the next author."""
        try:
            await self._receipts.add_shares(batch, self._chain.best)
        except BadReceipt as error:
            raise SubmissionRefused(f"{type(error).__name__}: {error}") from error
        await self._publish_shares(batch)

    def _signed(self, call: bytes) -> bytes:
        best, pair = self._chain.best, self._pair
        runtime = self._executive.reader_at(self._chain.state_at(best.hash), best.number)
        waiting = sum(1 for entry in self._pool.ready() if entry.sender == pair.account)
        nonce = runtime.system.nonce(pair.account) + waiting
        extra = Extra(Era.mortal(ERA_BLOCKS, self._birth()), nonce, 0)
        birth = self._chain.hash_at(extra.era.birth(best.number))
        assert birth is not None, "the era began on our chain"
        additional = self._rules().signatures.additional.encode(birth)
        payload = signing_payload(call, extra.encode(), additional)
        return encode_signed(call, Signature(pair.account, pair.kind, pair.sign(payload), extra))

    def _rules(self) -> Rules:
        return self._executive.rules_at(self._chain.state_at(self._chain.best.hash))

    def _birth(self) -> int:
        """Return the block from which a transaction counts: a final one, as all branches share it.

        While finality stands still it is half of its time back at most, and not dead soon.
        """
        chain = self._chain
        return max(chain.finalized.number, chain.best.number - ERA_BLOCKS // 2)


class Registration:
    """Waits until a key acts for a registered provider; registers its own account if told to."""

    def __init__(
        self,
        ground: Ground,
        submit: ProviderSubmit,
        key: bytes,
        rating: int | None,
        log: Logger,
    ) -> None:
        """Register with the least bond that `rating` asks for; None leaves it to the operator."""
        self._executive, self._chain, self._submit = ground.executive, ground.chain, submit
        self._key, self._rating, self._log = key, rating, log

    async def run(self) -> bytes:
        """Return the provider in finalized state that the key is, or is the node key of."""
        sent_at: int | None = None
        with self._chain.subscribe() as events:
            if self._rating is None and self._provider() is None:
                self._log.info("registration_awaited", key=self._key.hex())
            while (provider := self._provider()) is None:
                best = self._chain.best.number
                is_due = sent_at is None or best > sent_at + REGISTER_AFTER_BLOCKS
                if self._rating is not None and best > 0 and is_due:
                    sent_at = best
                    await self._register(self._rating)
                await events.receive()
        self._log.info("provider_registered", account=provider.hex())
        return provider

    def _provider(self) -> bytes | None:
        final = self._chain.finalized
        runtime = self._executive.reader_at(self._chain.state_at(final.hash), final.number)
        return runtime.providers.acting_for(self._key)

    async def _register(self, rating: int) -> None:
        best = self._chain.best
        runtime = self._executive.reader_at(self._chain.state_at(best.hash), best.number)
        info = ProviderInfo(
            node_key=self._key,
            market=DEFAULT_MARKET,
            memory_mib=1024,
            rating=rating,
            hardware=b"",
        )
        bond = runtime.providers.bond_needed(info)
        arguments = {"info": info, "bond": bond}
        try:
            await self._submit.call("Providers", "register_provider", arguments)
        except SubmissionRefused as error:
            self._log.warning("registration_refused", reason=str(error), bond=bond)
