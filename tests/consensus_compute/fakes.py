"""A chain, a blob store and a log, as far as a provider's worker can tell."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import trio

from consensus.compute.device import DeviceError, DeviceInfo, Search
from consensus.compute.executor import Capacity, Running, Runs
from consensus.compute.numpy_device import NumpyDevice
from consensus.compute.provider_view import (
    Assignment,
    Awaiting,
    BlobUnavailable,
    Check,
    Lottery,
    ProviderView,
    SubmissionRefused,
)
from runtime.compute.attestation import Vendor
from runtime.compute.challenge import RANDOMNESS_DELAY
from runtime.compute.classes import BadInput, Result, Work
from runtime.compute.job import JobSpec, ProofType
from runtime.compute.proofs import OpeningContext, verify_proof
from runtime.compute.receipt import Commitment, Opening, proof_hash
from runtime.compute.shares import Share, ShareBatch
from runtime.compute.verify import verify_shares
from runtime.compute.witnesses import draw_seats
from tests.runtime_compute.orders import PROVIDER

BLOCK_SECONDS = 6.0


def randomness_of(number: int) -> bytes:
    """What block `number` reveals."""
    return number.to_bytes(32, "little")


@dataclass
class FakeChain:
    """Views and submissions: every call counts at once, and shows in the next block."""

    number: int = 1
    assigned: dict[int, Assignment] = field(default_factory=dict)
    awaiting: dict[int, Awaiting] = field(default_factory=dict)
    lottery: Lottery | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    batches: list[ShareBatch] = field(default_factory=list)
    loses: int = 0
    """Submissions that get lost on their way."""
    refuses: int = 0
    """Submissions that the pool refuses."""
    block_seconds: float = BLOCK_SECONDS
    takes_jobs: bool = True
    validators: tuple[bytes, ...] = ()
    """By their audit keys."""
    vendors: tuple[Vendor, ...] = ()
    proofs: list[bytes] = field(default_factory=list)
    """Those that settled jobs."""

    def assign(self, job: int, spec: JobSpec) -> None:
        """Assign a job's only segment to the provider."""
        self.assigned[job] = Assignment(job, 0, spec, is_started=False)

    async def finalized(self) -> AsyncIterator[ProviderView]:
        """Finalize a block now and then."""
        while True:
            yield self.view()
            await trio.sleep(self.block_seconds)
            self.number += 1

    def view(self) -> ProviderView:
        """Show the present block."""
        awaiting = tuple(
            self._challenged(item) if self.number >= item.committed_at + RANDOMNESS_DELAY else item
            for item in self.awaiting.values()
        )
        assigned = tuple(self.assigned.values())
        return ProviderView(self.number, assigned, awaiting, self.lottery, self.takes_jobs)

    def _challenged(self, item: Awaiting) -> Awaiting:
        """Show a commitment with its randomness, and with the witnesses that this draws."""
        randomness = randomness_of(item.committed_at + RANDOMNESS_DELAY)
        seats = draw_seats(self.validators, item.commitment, randomness)
        drawn = seats if item.spec.proof is ProofType.WITNESSED else ()
        return replace(item, randomness=randomness, witnesses=drawn)

    def arrives(self) -> bool:
        """Whether this submission reaches the chain."""
        if self.refuses:
            self.refuses -= 1
            raise SubmissionRefused("the pool is full")
        self.loses -= 1
        return self.loses < 0

    async def call(self, pallet: str, call: str, arguments: Mapping[str, Any]) -> None:
        """Apply a call of the jobs pallet."""
        self.calls.append((f"{pallet}.{call}", dict(arguments)))
        if not self.arrives():
            return
        if pallet == "Providers":
            self.takes_jobs = call == "resume"
            return
        job = arguments["job"]
        match call:
            case "start_job":
                self.assigned[job] = replace(self.assigned[job], is_started=True)
            case "decline_job":
                del self.assigned[job]
            case "commit_segment":
                output = arguments["output"]
                roots = (output.out_root, output.aux_root)
                segment = arguments["segment"]
                commitment = Commitment(job, segment, PROVIDER, *roots, output.out_bytes)
                spec = self.assigned.pop(job).spec
                self.awaiting[job] = Awaiting(commitment, spec, self.number + 1, None)

    async def opening(self, opening: Opening, proof: bytes) -> None:
        """Check an opening as an importer does, and settle."""
        self.calls.append(("opening", {"job": opening.job}))
        if not self.arrives():
            return
        item = self._challenged(self.awaiting.pop(opening.job))
        assert opening.proof_hash == proof_hash(proof)
        assert item.randomness is not None
        asked = (item.spec, item.commitment, item.randomness)
        verify_proof(OpeningContext(*asked, self.vendors, item.witnesses), proof)
        self.proofs.append(proof)
        self.settled.append(opening.job)

    async def shares(self, batch: ShareBatch) -> None:
        """Check shares as an importer does."""
        if self.arrives():
            assert self.lottery is not None
            verify_shares(self.lottery.beacon, batch, self.lottery.parameters)
            self.batches.append(batch)

    @property
    def steps(self) -> list[str]:
        """The names of the submissions, in their order."""
        return [name for name, _ in self.calls]


@dataclass
class FakeBlobs:
    """Bytes by root."""

    content: dict[bytes, bytes] = field(default_factory=dict)
    is_full: bool = False
    kept: frozenset[bytes] = frozenset()

    def keep(self, roots: frozenset[bytes]) -> None:
        """Remember what must not be lost."""
        self.kept = roots

    async def get(self, root: bytes, size_bytes: int, check: Check | None = None) -> bytes:
        """Return what was put, or nothing."""
        await trio.lowlevel.checkpoint()
        if root not in self.content:
            raise BlobUnavailable(f"nobody serves {root.hex()[:8]}")
        if check is not None:
            await check(self.content[root])
        return self.content[root]

    async def put(self, root: bytes, content: bytes) -> None:
        """Keep bytes."""
        await trio.lowlevel.checkpoint()
        if self.is_full:
            raise BlobUnavailable("no room on the disk")
        self.content[root] = content


@dataclass
class FakeDevice:
    """Numpy in this process, each request taking a while; faults come first."""

    seconds: float = 1.0
    seconds_per_nonce: float = 1 / 16
    faults: list[DeviceError] = field(default_factory=list)
    refusal: BadInput | None = None
    products: int = 0
    searches: list[range] = field(default_factory=list)

    fault: DeviceError | None = None
    """What every probe finds."""
    slots: int = 1
    runs: Runs = field(default_factory=Runs)
    most_at_once: int = 0

    async def start(self) -> DeviceInfo:
        """Be ready."""
        return DeviceInfo("fake", 1 << 20, "this is a test")

    def capacity(self) -> Capacity:
        """Say what was set."""
        return Capacity(self.slots, len(self.runs.listed))

    def progress(self) -> tuple[Running, ...]:
        """List what runs."""
        return self.runs.listed

    async def probe(self) -> None:
        """Find the fault that was set."""
        await trio.lowlevel.checkpoint()
        if self.fault is not None:
            raise self.fault

    async def aclose(self) -> None:
        """Have nothing to end."""

    async def run(self, work: Work, content: bytes) -> Result:
        """Do a job."""
        with self.runs.one(work):
            self.most_at_once = max(self.most_at_once, len(self.runs.listed))
            await trio.sleep(self.seconds)
        if self.faults:
            raise self.faults.pop(0)
        if self.refusal is not None:
            raise self.refusal
        self.products += 1
        return NumpyDevice().run(work, content)

    async def search_shares(self, search: Search) -> tuple[Share, ...]:
        """Search."""
        await trio.sleep(self.seconds_per_nonce * search.count)
        if self.faults:
            raise self.faults.pop(0)
        self.searches.append(search.nonces)
        return NumpyDevice().search_shares(search)


@dataclass
class FakeLog:
    """Remembers events."""

    events: list[str] = field(default_factory=list)

    def info(self, event: str, **fields: Any) -> None:
        """Remember."""
        self.events.append(event)

    def warning(self, event: str, **fields: Any) -> None:
        """Remember."""
        self.events.append(event)
