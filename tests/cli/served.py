"""A node that says a job is completed and serves its contents, rightly or not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Any

from cli.sdk.client import Client, enhex
from runtime.compute.classes import Tree
from runtime.compute.contents import root_on_chain
from runtime.compute.job import Market, Terms
from runtime.compute.registry import job_spec
from runtime.pallets.jobs.records import (
    Job,
    JobState,
    Output,
    Segment,
    SegmentStatus,
    Transition,
    new_job,
)
from tests.runtime_compute.any_class import Ordered
from tests.runtime_compute.networks import perceptron
from tests.runtime_compute.orders import JOB, PROVIDER

CLIENT = bytes(32)
FINAL_HASH = b"\x01" * 32


@dataclass
class Served:
    """Stands for a client and its node. Invariant: the chain says what `job` committed to."""

    job: Ordered
    contents: dict[str, bytes] = field(default_factory=dict)
    """What is served under each root: at first what was committed to."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    """Given instead of the right ones, in turn."""
    events_of: dict[int, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tree in Tree:
            if self.job.work.content_bytes(tree):
                self.contents[enhex(self.root(tree))] = self.content(tree)

    @property
    def client(self) -> Client:
        """Return it as what the commands take."""
        return self  # type: ignore[return-value]

    @property
    def rpc(self) -> Served:
        """The node's RPC."""
        return self

    def root(self, tree: Tree) -> bytes:
        """Return the root on chain of a content."""
        if tree is Tree.INPUT:
            return self.job.spec.input_root
        return root_on_chain(tree, self.job.commitment)

    def content(self, tree: Tree) -> bytes:
        """Return the right bytes."""
        return self.job.content if tree is Tree.INPUT else self.job.result.of(tree)

    def spoil(self, tree: Tree, offset: int) -> None:
        """Serve one bit of a content wrong."""
        wrong = bytearray(self.content(tree))
        wrong[offset] ^= 1
        self.contents[enhex(self.root(tree))] = bytes(wrong)

    async def call(self, method: str, root: str, offset: int, length: int) -> Any:
        """Answer `blobs_get`."""
        assert method == "blobs_get"
        self.asked.append((root, offset))
        if self.answers:
            return self.answers.pop(0)
        content = self.contents[root]
        return part(content, offset, length)

    async def block_hash(self, at: str = "best") -> bytes:
        """Return a hash: that of a number holds the number."""
        return FINAL_HASH if at in ("best", "final") else int(at).to_bytes(32, "big")

    async def storage(self, pallet: str, item: str, *keys: Any, at: bytes | None = None) -> Any:
        """Return what the chain keeps of the job, in its final state alone."""
        assert (pallet, keys[0], at) == ("Jobs", JOB, FINAL_HASH), (pallet, keys, at)
        committed = self.job.commitment
        output = Output(committed.out_root, committed.aux_root, committed.out_bytes)
        segment = Segment(PROVIDER, 1, output, 9, SegmentStatus.SETTLED, None)
        known = {"Jobs": record(), "Specs": self.job.spec, "Segments": segment}
        return known[item]

    async def events(self, at: bytes) -> list[Any]:
        """Return the events of a block."""
        return [Recorded(event) for event in self.events_of[int.from_bytes(at, "big")]]

    def address(self, account: bytes) -> str:
        """Return an account in short."""
        return account[:2].hex()


@dataclass(frozen=True)
class Recorded:
    """An event with its place, as far as it is looked at."""

    event: Any


def part(content: bytes, offset: int, length: int) -> dict[str, Any]:
    """Return a part of a content as a node does."""
    data = b64encode(content[offset : offset + length]).decode()
    return {"offset": offset, "size": len(content), "data": data}


def record(*states: tuple[JobState, int], **changes: Any) -> Job:
    """Write the record of a job that went through some states; by default, completed."""
    work, _ = perceptron(4, (5, 6, 7))
    spec = job_spec(work, bytes(32), Terms(max_price=1, deadline=90, market=Market(1, 0)))
    steps = states or ((JobState.QUEUED, 3), (JobState.COMPLETED, 20))
    history = tuple(Transition(state, block) for state, block in steps)
    made = new_job(CLIENT, spec, 0, 3, 1)
    return replace(made, state=steps[-1][0], history=history, **changes)
