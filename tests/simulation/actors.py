"""Who uses the simulated chain: people who pay each other, a client with jobs, a provider."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import trio

from consensus.compute.audit_view import AuditPorts
from consensus.compute.auditor import Auditor
from consensus.compute.device import DeviceError, DeviceInfo, Search
from consensus.compute.executor import Capacity, Running
from consensus.compute.numpy_device import NumpyDevice
from consensus.compute.provider_view import BlobUnavailable, Check, Ports, SubmissionRefused
from consensus.compute.worker import Worker, WorkerSettings
from node.assembly import Ground
from node.audit_keys import AuditKeys
from node.auditing import AuditorSubmit, AuditorViews
from node.provider import DEFAULT_MARKET, ProviderSubmit, ProviderViews, Registration
from runtime.compute.classes import Result, Work
from runtime.compute.contents import input_root
from runtime.compute.job import Terms
from runtime.compute.matmul import matmul_of, pack_input
from runtime.compute.reference import Int8s
from runtime.compute.registry import job_spec
from runtime.compute.shares import Share
from runtime.compute.verify import BadReceipt
from runtime.construct import Runtime
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT

SECONDS_PER_NONCE = 1.5
"""Of simulated time: a slow device, so that few shares are found and checked."""

MULTIPLY_SECONDS = 2.0
RATING = 1
SECONDS_PER_TRANSFER = 0.9
"""Of all payers together: a block has three or four."""

SIDES, LARGE_SIDES = (1, 90), (400, 512)
"""Rows and columns of products; of a large one, a sample misses a leaf 98 times in 100."""

BLOCKS_PER_JOB = 40
"""How long a client waits for its product: a job has a dozen steps."""

ANOTHER_TRY_SECONDS = 10.0

Blobs = dict[bytes, bytes]
"""What clients and providers serve, by the root that the chain knows it by."""


class Silence:
    """A log that nobody reads."""

    def debug(self, event: str, **fields: object) -> None:
        return

    def info(self, event: str, **fields: object) -> None:
        return

    def warning(self, event: str, **fields: object) -> None:
        return

    def error(self, event: str, **fields: object) -> None:
        return

    def bind(self, **fields: object) -> Silence:
        return self


async def inline(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run what takes long at once: in a simulation it takes no time."""
    return function(*arguments)


class OnceForAll:
    """Runs checks inline; the nodes of a world check the same, and the verdict is the same."""

    def __init__(self) -> None:
        self._refused: dict[tuple[Any, ...], BadReceipt | None] = {}

    async def __call__(self, check: Callable[..., object], *arguments: Any) -> None:
        asked = (check, *arguments)
        if asked not in self._refused:
            self._refused[asked] = _refusal(check, arguments)
        refusal = self._refused[asked]
        if refusal is not None:
            raise refusal


def _refusal(check: Callable[..., object], arguments: tuple[Any, ...]) -> BadReceipt | None:
    try:
        check(*arguments)
    except BadReceipt as error:
        return error
    return None


async def believe(function: Callable[..., Any], *arguments: Any) -> Any:
    """Take the result of a check to be good."""
    return None


@dataclass
class Payer:
    """Sends small amounts to others, now and then."""

    submit: ProviderSubmit
    others: tuple[bytes, ...]
    rng: random.Random
    payers: int
    """How many there are: together they send as much, however many nodes a world has."""

    async def run(self) -> None:
        while True:
            await trio.sleep(self.rng.uniform(0, 2 * SECONDS_PER_TRANSFER) * self.payers)
            payee, amount = self.rng.choice(self.others), self.rng.randint(1, UNIT)
            arguments = {"dest": Id(payee), "value": amount}
            await attempt(self.submit, "Balances", "transfer_keep_alive", arguments)


@dataclass
class Customer:
    """Orders one product after another."""

    ground: Ground
    account: bytes
    submit: ProviderSubmit
    blobs: Blobs
    rng: random.Random
    sometimes: Callable[[str], bool]
    audit_rate: int
    """What part of its segments are checked in full, in parts per billion."""
    sides: tuple[int, int] = SIDES
    """The least and the most rows and columns of its products."""

    async def run(self) -> None:
        while True:
            if self._may_order():
                await self._order()
            await trio.sleep(ANOTHER_TRY_SECONDS)
            if self.sometimes("a client withdraws its jobs"):
                await self._withdraw()

    async def _withdraw(self) -> None:
        jobs = self._runtime().jobs.jobs.items()
        for number in [number for number, job in jobs if job.state.is_open]:
            await attempt(self.submit, "Jobs", "cancel_job", {"job": number})

    def _may_order(self) -> bool:
        """Say whether there is a provider, and no job of ours is open."""
        runtime = self._runtime()
        return (
            runtime.providers.has_idle(DEFAULT_MARKET)
            and not (runtime.jobs.jobs_by_client[self.account])
        )

    async def _order(self) -> None:
        inner = self.rng.randint(*SIDES)
        a = self._matrix(self.rng.randint(*self.sides), inner)
        b = self._matrix(inner, self.rng.randint(*self.sides))
        work, content = matmul_of(a, b), pack_input(a, b)
        root = input_root(work, content)
        self.blobs[root] = content
        deadline = self.ground.chain.best.number + BLOCKS_PER_JOB
        terms = Terms(2 * UNIT, deadline, DEFAULT_MARKET, audit_rate=self.audit_rate)
        spec = job_spec(work, root, terms)
        arguments = {"spec": spec, "provider": None, "tip": 0}
        await attempt(self.submit, "Jobs", "submit_job", arguments)

    def _runtime(self) -> Runtime:
        best = self.ground.chain.best
        state = self.ground.chain.state_at(best.hash)
        return self.ground.executive.reader_at(state, best.number)

    def _matrix(self, rows: int, columns: int) -> Int8s:
        entries = np.frombuffer(self.rng.randbytes(rows * columns), np.int8)
        return entries.reshape(rows, columns)


async def attempt(submit: ProviderSubmit, pallet: str, call: str, arguments: Any) -> None:
    """Send a call; what the pool refuses is not tried again."""
    try:
        await submit.call(pallet, call, arguments)
    except SubmissionRefused:
        await trio.lowlevel.checkpoint()


class SharedBlobs:
    """Bulk bytes, as if every node that has them served them in time."""

    def __init__(self, blobs: Blobs, sometimes: Callable[[str], bool]) -> None:
        self._blobs, self._sometimes = blobs, sometimes

    async def get(self, root: bytes, size_bytes: int, check: Check | None = None) -> bytes:
        await trio.sleep(0.5)
        content = self._blobs.get(root)
        if content is None or self._sometimes("a blob is missing"):
            raise BlobUnavailable(f"nobody serves {root.hex()}")
        if check is not None:
            await check(content[:size_bytes])
        return content[:size_bytes]

    async def put(self, root: bytes, content: bytes) -> None:
        self._blobs[root] = content

    def keep(self, roots: frozenset[bytes]) -> None:
        """Hear what must not be lost: nothing ever is here."""


class Errs(Enum):
    """What a device gets wrong in each product."""

    NOTHING = slice(0)
    LAST = slice(-1, None)
    """One element: a sample of leaves misses it where there are many."""
    ALL = slice(None)


class SlowDevice:
    """Numpy, in simulated time, with errors in its products if it is asked for them."""

    def __init__(self, sometimes: Callable[[str], bool], errs: Errs = Errs.NOTHING) -> None:
        self._device, self._sometimes, self._errs = NumpyDevice(), sometimes, errs

    async def start(self) -> DeviceInfo:
        return DeviceInfo("simulated", self._device.memory_bytes, "simulated")

    async def run(self, work: Work, content: bytes) -> Result:
        await trio.sleep(MULTIPLY_SECONDS)
        if self._sometimes("the device fails"):
            raise DeviceError("a fault on purpose")
        result = self._device.run(work, content)
        cells = np.frombuffer(result.output, "<i4").copy()
        cells[self._errs.value] += 1
        return Result(cells.tobytes(), result.auxiliary)

    async def search_shares(self, search: Search) -> tuple[Share, ...]:
        await trio.sleep(SECONDS_PER_NONCE * search.count)
        return self._device.search_shares(search)

    async def probe(self) -> None:
        await trio.lowlevel.checkpoint()

    def capacity(self) -> Capacity:
        return Capacity(slots=1, busy=0)

    def progress(self) -> tuple[Running, ...]:
        return ()

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


@dataclass
class Provider:
    """Registers, mines, and answers jobs: the worker of the node on a simulated device."""

    ground: Ground
    account: bytes
    submit: ProviderSubmit
    blobs: Blobs
    device: SlowDevice
    sometimes: Callable[[str], bool]

    async def run(self) -> None:
        log, ground = Silence(), self.ground
        await Registration(ground, self.submit, self.account, RATING, log).run()
        views = ProviderViews(ground.executive, ground.chain, self.account)
        blobs = SharedBlobs(self.blobs, self.sometimes)
        ports = Ports(views, blobs, self.submit, self.device, log)
        await Worker(self.account, WorkerSettings(rest_seconds=1.0), ports, inline).run()


async def audit(ground: Ground, keys: AuditKeys, blobs: SharedBlobs, device: SlowDevice) -> None:
    """Check in full what the validator is drawn for: the auditor of the node."""
    views = AuditorViews(ground.executive, ground.chain, keys)
    ports = AuditPorts(views, keys, blobs, AuditorSubmit(ground), device, Silence())
    await Auditor(ports, inline).run()
