"""The economy as the RPC shows it: views that the node decodes, and Protocols of who does."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class TokenBalance:
    """What an account has of one token, in its smallest unit."""

    symbol: str
    decimals: int
    free: int
    held: int
    frozen: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account."""

    account: bytes
    nonce: int
    balances: tuple[TokenBalance, ...]


@dataclass(frozen=True, slots=True)
class BlockSummary:
    """A block in one line."""

    hash: bytes
    number: int
    parent_hash: bytes
    author: bytes | None
    """The account of the author, where the digest tells it."""
    time_ms: int
    extrinsics: int
    receipts: int
    units: int
    """Verified work, in micro-CU."""


@dataclass(frozen=True, slots=True)
class JobStep:
    """A change of a job's state."""

    state: str
    block: int


@dataclass(frozen=True, slots=True)
class JobView:
    """A client's job."""

    id: bytes
    kind: str
    state: str
    client: bytes
    provider: bytes | None
    units: int
    """Work, in micro-CU."""
    max_price: int
    """The most it can cost in all, in planck of AGPU: what went on hold."""
    price: int | None
    """What was paid or is agreed, in planck of AGPU; None before a provider is assigned."""
    refunded: int | None
    input_root: bytes
    output_root: bytes | None
    deadline: int
    steps: tuple[JobStep, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A dispute, or a challenge of availability, that is not decided yet."""

    number: int
    kind: str
    challenger: bytes
    provider: bytes
    bond: int
    """In planck of AGPU."""
    content: str
    level: int
    """Of the disputed node; 0 is a leaf."""
    index: int
    turn: str
    deadline: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Work that a provider claims, and what became of the claim."""

    id: bytes
    job: bytes | None
    """None for canonical work, which has no client."""
    kind: str
    provider: bytes
    units: int
    block: int
    verdict: Literal["pending", "verified", "disputed", "expired", "slashed"]
    verified_by: str
    """Who checked: "every importer", "10 auditors"."""
    method: str
    """How: "32 of 4096 leaves recomputed"."""
    output_root: bytes
    paid: int | None


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider of work."""

    account: bytes
    state: str
    bond: int
    price_per_unit: int
    rating: int
    """Proven speed, in micro-CU a second."""
    jobs_done: int
    failures: int


class Ledger(Protocol):
    """Accounts and blocks, decoded."""

    def account(self, account: bytes, at: bytes) -> AccountView:
        """Return an account after a block; one that never was has zeros."""
        ...

    def summary(self, block_hash: bytes) -> BlockSummary | None:
        """Return a block in one line, or None when it is unknown."""
        ...


class Work(Protocol):
    """Jobs, receipts and providers on the best block, decoded."""

    def job(self, job_id: bytes) -> JobView | None:
        """Return a job."""
        ...

    def jobs(self, limit: int) -> tuple[JobView, ...]:
        """Return the newest jobs first."""
        ...

    def cases(self, job_id: bytes) -> tuple[CaseView, ...]:
        """Return the open cases against a job, in order of their numbers."""
        ...

    def receipts(self, limit: int) -> tuple[ReceiptView, ...]:
        """Return the newest receipts first."""
        ...

    def providers(self, limit: int) -> tuple[ProviderView, ...]:
        """Return providers in order of account."""
        ...


@dataclass(frozen=True, slots=True)
class RunningView:
    """A job that is being computed, and for how long."""

    job_class: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WorkerView:
    """The worker of a provider's node."""

    account: bytes | None
    device: str
    memory_bytes: int
    gpu_off: str
    mode: str
    fault: str
    is_withdrawn: bool
    slots: int
    running: tuple[RunningView, ...]
    final_block: int | None
    open_segments: int


class ProviderDesk(Protocol):
    """Where the operator of a provider asks and orders."""

    def status(self) -> WorkerView:
        """Say what the worker does."""
        ...

    def order(self, mode: str) -> None:
        """Set how far the worker works; raises ValueError."""
        ...


class ReceiptIntake(Protocol):
    """Where a provider's worker on this machine hands its receipts in."""

    async def submit(self, receipt: bytes) -> bytes:
        """Check a SCALE receipt, spread it, and return its id.

        Raises ValueError that says what is wrong with it.
        """
        ...


class Blobs(Protocol):
    """Job inputs and outputs by their root."""

    async def put(self, data: bytes) -> bytes:
        """Keep data and return its root."""
        ...

    def alias(self, chain_root: bytes, blob_root: bytes) -> None:
        """Remember under which root the chain knows a blob; whoever reads it checks that."""
        ...

    async def read(self, root: bytes, offset: int, length: int) -> tuple[bytes, int] | None:
        """Return bytes from `offset` and the whole size, or None when nobody has the blob."""
        ...
