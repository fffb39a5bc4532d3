"""The pool: takes extrinsics in, keeps them valid as blocks come, and hands them to authors.

Everything but waiting happens in plain calls on one task's time, so nobody sees the pool half
changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import trio

from node.pool import watch
from node.pool.gossip_queue import GossipQueue
from node.pool.graph import Graph, ReadyIterator
from node.pool.limits import VALIDATIONS_PER_SLICE, PoolLimits
from node.pool.validity import (
    Pooled,
    RefusalKind,
    Refused,
    SignatureCheck,
    Source,
    Validator,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import U64_MAX
from runtime.validity import Invalid, InvalidTransaction, ValidTransaction

T = TypeVar("T")


class TransactionPool:
    """Extrinsics that wait for a block.

    Invariant: every extrinsic in the pool was valid on a best block, and is looked at again when
    its sender acts, when its time is over, and in turn.
    """

    def __init__(
        self,
        validator: Validator,
        signatures: SignatureCheck | None = None,
        limits: PoolLimits | None = None,
        now: Callable[[], float] = trio.current_time,
    ) -> None:
        """Start empty; without `signatures` the validator checks them one by one."""
        self.limits = limits or PoolLimits()
        self.watchers = watch.Watchers()
        self.gossip = GossipQueue()
        self._validator = validator
        self._signatures = signatures
        self._now = now
        self._graph = Graph()
        self._by_sender: dict[bytes, dict[bytes, None]] = {}
        self._banned: OrderedDict[bytes, float] = OrderedDict()
        self._checking: set[bytes] = set()
        self._turn: OrderedDict[bytes, None] = OrderedDict()
        """Hashes in the order in which they are looked at again."""
        self._sequence = 0
        self._best_number = 0

    # reading

    def __contains__(self, extrinsic_hash: bytes) -> bool:
        return extrinsic_hash in self._graph

    def get(self, extrinsic_hash: bytes) -> Pooled | None:
        """Return an extrinsic in the pool, or None."""
        return self._graph.get(extrinsic_hash)

    def ready(self) -> ReadyIterator:
        """Iterate over what can go into a block, best first, each after what it requires."""
        return self._graph.in_order()

    def future(self) -> Iterator[Pooled]:
        """Iterate over what waits for another extrinsic."""
        return iter(tuple(self._graph.future.entries.values()))

    def ready_of(self, sender: bytes) -> tuple[Pooled, ...]:
        """Return what an account has ready, in order of arrival."""
        ready = self._graph.ready.entries
        return tuple(ready[name] for name in self._by_sender.get(sender, ()) if name in ready)

    @property
    def ready_count(self) -> int:
        """How many extrinsics are ready."""
        return len(self._graph.ready.entries)

    @property
    def future_count(self) -> int:
        """How many extrinsics wait for another one."""
        return len(self._graph.future.entries)

    @property
    def size_bytes(self) -> int:
        """The raw bytes of all extrinsics in the pool."""
        return self._graph.ready.size_bytes + self._graph.future.size_bytes

    # taking in

    async def submit(self, raw: bytes, source: Source = Source.LOCAL) -> bytes:
        """Take an extrinsic in and return its hash; raises Refused."""
        (result,) = await self.submit_batch((raw,), source)
        if isinstance(result, Refused):
            raise result
        return result

    async def submit_and_watch(
        self, raw: bytes, shape: Callable[[watch.Status], T]
    ) -> watch.Watcher[T]:
        """Take a client's extrinsic in and return the stream of its statuses, each in `shape`.

        Raises Refused, TooManyWatchers.
        """
        watcher = self.watchers.watch(blake2_256(raw), shape)
        try:
            await self.submit(raw)
        except BaseException:
            self.watchers.leave(watcher)
            raise
        return watcher

    async def submit_batch(
        self, raws: Sequence[bytes], source: Source
    ) -> tuple[bytes | Refused, ...]:
        """Take extrinsics in, their signatures checked together; return hash or refusal of each."""
        results: list[bytes | Refused] = []
        fresh: dict[bytes, bytes] = {}
        for raw in raws:
            extrinsic_hash = blake2_256(raw)
            refusal = self._refusal_at_sight(extrinsic_hash, raw, source)
            results.append(refusal or extrinsic_hash)
            if refusal is None:
                fresh[extrinsic_hash] = raw
                self._checking.add(extrinsic_hash)
        try:
            refused = await self._admit_all(fresh, source)
        finally:
            self._checking.difference_update(fresh)
        return tuple(
            refused.get(result, result) if isinstance(result, bytes) else result
            for result in results
        )

    async def _admit_all(self, fresh: dict[bytes, bytes], source: Source) -> dict[bytes, Refused]:
        refused: dict[bytes, Refused] = {}
        signed: Sequence[bool] = [True] * len(fresh)
        if self._signatures is not None and fresh:
            signed = await self._signatures.check(tuple(fresh.values()))
        for i, ((extrinsic_hash, raw), good) in enumerate(zip(fresh.items(), signed, strict=True)):
            try:
                if not good:
                    raise self._ban(extrinsic_hash, Invalid.BAD_PROOF)
                self._admit(extrinsic_hash, raw, source)
            except Refused as refusal:
                refused[extrinsic_hash] = refusal
            if i % VALIDATIONS_PER_SLICE == VALIDATIONS_PER_SLICE - 1:
                await trio.lowlevel.checkpoint()
        return refused

    def _refusal_at_sight(
        self, extrinsic_hash: bytes, raw: bytes, source: Source
    ) -> Refused | None:
        """Return why an extrinsic is refused before it is decoded, or None."""
        if len(raw) > self.limits.extrinsic_bytes:
            detail = f"wanted at most {self.limits.extrinsic_bytes} bytes, got {len(raw)}"
            return Refused(RefusalKind.TOO_LARGE, detail)
        name = f"0x{extrinsic_hash.hex()}"
        if extrinsic_hash in self._graph or extrinsic_hash in self._checking:
            return Refused(RefusalKind.ALREADY_KNOWN, name)
        until = self._banned.get(extrinsic_hash)
        if until is not None and until > self._now() and source is not Source.OWN:
            return Refused(RefusalKind.BANNED, name)
        return None

    def _admit(self, extrinsic_hash: bytes, raw: bytes, source: Source) -> None:
        """Validate an extrinsic and put it where it belongs; raises Refused."""
        sender = self._validator.sender(raw)
        mine = self._by_sender.get(sender, {}) if sender is not None else {}
        if len(mine) >= self.limits.per_sender:
            detail = f"wanted at most {self.limits.per_sender}, got one more"
            raise Refused(RefusalKind.SENDER_LIMIT, detail)
        try:
            validity = self._validator.validate(raw, source)
        except InvalidTransaction as error:
            raise self._ban(extrinsic_hash, error.kind, str(error)) from error
        self._sequence += 1
        until = self._valid_until(validity)
        entry = Pooled(extrinsic_hash, raw, validity, sender, source, self._sequence, until)
        self._insert(entry)
        self._enforce_limits(newest=entry)
        if validity.propagate and extrinsic_hash in self._graph.ready.entries:
            self.gossip.put(extrinsic_hash, raw)

    def _insert(self, entry: Pooled) -> None:
        """Add a valid extrinsic, in place of cheaper ones that provide the same; raises Refused."""
        conflict = self._graph.conflict(entry)
        if conflict is not None:
            if not conflict.yields_to(entry):
                detail = f"wanted more than the priority of {len(conflict.entries)} in its place"
                raise Refused(RefusalKind.TOO_LOW_PRIORITY, detail)
            for old in conflict.entries:
                self._drop(old, watch.Usurped(entry.hash))
        promoted = self._graph.add(entry)
        self._turn[entry.hash] = None
        if entry.sender is not None:
            self._by_sender.setdefault(entry.sender, {})[entry.hash] = None
        if entry.hash in self._graph.future.entries:
            self.watchers.tell(entry.hash, watch.Future())
        self._tell_ready(promoted)

    def _enforce_limits(self, newest: Pooled) -> None:
        """Drop the least worthy until the limits hold; raises Refused if `newest` is among them."""
        ready, future, limits = self._graph.ready, self._graph.future, self.limits
        dropped = False
        while len(ready.entries) > limits.ready_count or ready.size_bytes > limits.ready_bytes:
            dropped |= self._drop_worst(ready.worst(), newest)
        while len(future.entries) > limits.future_count or future.size_bytes > limits.future_bytes:
            dropped |= self._drop_worst(future.worst(), newest)
        if dropped:
            raise Refused(RefusalKind.POOL_FULL, f"0x{newest.hash.hex()}")

    def _drop_worst(self, worst: Pooled, newest: Pooled) -> bool:
        self._drop(worst, watch.Dropped())
        return worst.hash == newest.hash

    def sent(self, raws: Iterable[bytes], peers: tuple[str, ...]) -> None:
        """Tell watchers that their extrinsics, taken from `gossip`, went to these peers."""
        if peers and len(self.watchers):
            for raw in raws:
                self.watchers.tell(blake2_256(raw), watch.Broadcast(peers))

    # following the chain

    async def follow(
        self,
        best_number: int,
        retracted: Iterable[bytes],
        enacted: Iterable[bytes],
        *,
        is_upgraded: bool = False,
    ) -> None:
        """Adapt to a new best block: `enacted` extrinsics leave, `retracted` ones come back.

        All that stay are looked at again where the runtime `is_upgraded`: signatures cover it.

        The validator must answer for the new best block already.
        """
        self._best_number = best_number
        touched: dict[bytes, None] = {}
        included = {blake2_256(raw): raw for raw in enacted}
        for extrinsic_hash, raw in included.items():
            self._leave_for_block(extrinsic_hash, raw, touched)
        back = {blake2_256(raw): raw for raw in retracted if self._validator.sender(raw)}
        for extrinsic_hash in included:
            back.pop(extrinsic_hash, None)
        for extrinsic_hash, raw in back.items():
            self._banned.pop(extrinsic_hash, None)
            self._touch(raw, touched)
        self._prune_expired()
        await self._take_back(back)
        await self._revalidate(tuple(self._turn) if is_upgraded else self._chosen(touched))

    def invalid(self, extrinsic_hash: bytes, kind: Invalid) -> None:
        """Throw out an extrinsic that an author found it cannot apply."""
        entry = self._graph.get(extrinsic_hash)
        if entry is not None:
            self._drop(entry, watch.Invalid(kind))
            self._ban(extrinsic_hash, kind)

    async def _take_back(self, back: dict[bytes, bytes]) -> None:
        """Submit what a retracted block held again, and tell watchers if that fails."""
        results = await self.submit_batch(tuple(back.values()), Source.RETRACTED)
        for extrinsic_hash, result in zip(back, results, strict=True):
            if isinstance(result, Refused) and extrinsic_hash not in self._graph:
                invalid = result.invalid
                status = watch.Dropped() if invalid is None else watch.Invalid(invalid)
                self.watchers.tell(extrinsic_hash, status)

    def _leave_for_block(
        self, extrinsic_hash: bytes, raw: bytes, touched: dict[bytes, None]
    ) -> None:
        """Remove an extrinsic that is in a block, or note that its sender did something else."""
        entry = self._graph.get(extrinsic_hash)
        if entry is None:
            self._touch(raw, touched)
        else:
            self._forget(entry)
            self._tell_ready(self._graph.include(extrinsic_hash))
        self._remember_banned(extrinsic_hash)

    def _touch(self, raw: bytes, touched: dict[bytes, None]) -> None:
        if not self._by_sender:
            return  # nothing to look at again, as while synchronising
        sender = self._validator.sender(raw)
        if sender in self._by_sender:
            touched[sender] = None

    def _prune_expired(self) -> None:
        graph = self._graph
        for entry in (*graph.ready.entries.values(), *graph.future.entries.values()):
            if entry.valid_until <= self._best_number and entry.hash in graph:
                self._drop(entry, watch.Invalid(Invalid.ANCIENT_BIRTH_BLOCK))

    def _chosen(self, touched: Iterable[bytes]) -> tuple[bytes, ...]:
        """Return what to look at again: all of the senders touched, and some others in turn."""
        chosen: dict[bytes, None] = {}
        for sender in touched:
            if len(chosen) < self.limits.revalidated_of_touched_senders:
                chosen.update(self._by_sender.get(sender, {}))
        for _ in range(min(self.limits.revalidated_per_block, len(self._turn))):
            extrinsic_hash, _ = self._turn.popitem(last=False)
            self._turn[extrinsic_hash] = None
            chosen[extrinsic_hash] = None
        return tuple(chosen)

    async def _revalidate(self, hashes: Iterable[bytes]) -> None:
        for i, extrinsic_hash in enumerate(hashes):
            entry = self._graph.get(extrinsic_hash)
            if entry is not None:
                self._revalidate_one(entry)
            if i % VALIDATIONS_PER_SLICE == VALIDATIONS_PER_SLICE - 1:
                await trio.lowlevel.checkpoint()

    def _revalidate_one(self, entry: Pooled) -> None:
        try:
            validity = self._validator.validate(entry.raw, entry.source)
        except InvalidTransaction as error:
            self._drop(entry, watch.Invalid(error.kind))
            self._ban(entry.hash, error.kind)
            return
        until = self._valid_until(validity)
        fresh = replace(entry, validity=validity, valid_until=until)
        if fresh.valid_until == entry.valid_until and _ranks_alike(fresh, entry):
            return
        was_ready = entry.hash in self._graph.ready.entries
        demoted = self._graph.remove(entry.hash)
        if self._graph.conflict(fresh) is not None:
            self._forget(entry)
            self.watchers.tell(entry.hash, watch.Dropped())
            promoted: tuple[Pooled, ...] = ()
        else:
            promoted = self._graph.add(fresh)
        known = {moved.hash for moved in demoted} | ({entry.hash} if was_ready else set())
        self._tell_ready(moved for moved in promoted if moved.hash not in known)
        self._tell_future(moved for moved in demoted if moved.hash in self._graph.future.entries)

    # helpers

    def _valid_until(self, validity: ValidTransaction) -> int:
        """Return the best number at which an extrinsic validated now is out of time."""
        return min(self._best_number + validity.longevity, U64_MAX)

    def _drop(self, entry: Pooled, status: watch.Status) -> None:
        self._forget(entry)
        demoted = self._graph.remove(entry.hash)
        self.watchers.tell(entry.hash, status)
        self._tell_future(demoted)

    def _forget(self, entry: Pooled) -> None:
        """Remove an extrinsic from everything but the graph."""
        self._turn.pop(entry.hash, None)
        self.gossip.forget(entry.hash)
        mine = self._by_sender.get(entry.sender, {}) if entry.sender is not None else {}
        mine.pop(entry.hash, None)
        if not mine and entry.sender is not None:
            self._by_sender.pop(entry.sender, None)

    def _tell_ready(self, entries: Iterable[Pooled]) -> None:
        for entry in entries:
            self.watchers.tell(entry.hash, watch.Ready())
            if entry.validity.propagate:
                self.gossip.put(entry.hash, entry.raw)

    def _tell_future(self, entries: Iterable[Pooled]) -> None:
        for entry in entries:
            self.watchers.tell(entry.hash, watch.Future())

    def _ban(self, extrinsic_hash: bytes, kind: Invalid, detail: str = "") -> Refused:
        """Do not look at an extrinsic for a while; return the refusal."""
        self._remember_banned(extrinsic_hash)
        return Refused(RefusalKind.INVALID, detail or kind.sentence, invalid=kind)

    def _remember_banned(self, extrinsic_hash: bytes) -> None:
        self._banned.pop(extrinsic_hash, None)
        self._banned[extrinsic_hash] = self._now() + self.limits.ban_seconds
        if len(self._banned) > self.limits.banned_count:
            self._banned.popitem(last=False)


def _ranks_alike(one: Pooled, other: Pooled) -> bool:
    """Say whether two views of an extrinsic put it at the same place of the pool."""
    a, b = one.validity, other.validity
    return (a.priority, a.requires, a.provides) == (b.priority, b.requires, b.provides)
