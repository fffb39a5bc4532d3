"""The auditor of a node: what it finds, what it says of it, what it does after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from consensus.compute.audit_view import AuditorView, AuditPorts, Duty
from consensus.compute.auditor import LAST_BLOCKS, RESEND_AFTER_BLOCKS, Auditor
from consensus.compute.device_process import DeviceCrashed
from consensus.compute.provider_view import SubmissionRefused
from runtime.compute.audit import Finding, Verdict, seal, sealed_message, vrf_input
from runtime.compute.classes import BadInput, Result
from runtime.compute.contents import commit, input_root
from runtime.compute.data import Data
from runtime.compute.job import Terms
from runtime.compute.reading import NOTHING_READ, Reading, Tag, check_reading
from runtime.compute.registry import check_spec, job_spec
from runtime.compute.tables import Operation, Query
from runtime.primitives import vrf
from runtime.primitives.crypto import verify_ed25519
from tests.consensus_compute.fakes import BLOCK_SECONDS, FakeBlobs, FakeDevice, FakeLog
from tests.runtime_compute.orders import JOB, PROVIDER, order
from tests.support.bench import account
from tests.support.chain import pair

ORDER = order(40, 30, 50)
KEY, ACCOUNT = pair(31), account(31)
SEED, SHOWN_BY = b"s" * 32, b"n" * 32
COMMIT_UNTIL = 30


@dataclass
class FakeAudit:
    """A chain with one audit; everything counts at once, and shows in the next block."""

    duty: Duty
    number: int = 1
    closes: int = 6
    """The block in which the time to commit is over."""
    commits: int = 0
    found: Finding | None = None
    loses: int = 0
    refuses: int = 0

    async def best(self) -> AsyncIterator[AuditorView]:
        while True:
            yield self.view()
            await trio.sleep(BLOCK_SECONDS)
            self.number += 1

    def view(self) -> AuditorView:
        is_over = self.number >= self.closes
        shown = SHOWN_BY if is_over else None
        duty = replace(self.duty, takes_commits=not is_over, randomness=shown)
        return AuditorView(self.number, (duty,))

    def arrives(self) -> bool:
        if self.refuses:
            self.refuses -= 1
            raise SubmissionRefused("the pool is full")
        self.loses -= 1
        return self.loses < 0

    async def commit(self, duty: Duty, proof: bytes, sealed: bytes, signature: bytes) -> None:
        """Check what the chain checks."""
        self.commits += 1
        commitment = duty.commitment.hash
        vrf.verify(KEY.public, vrf_input(duty.seed, commitment), proof)
        assert verify_ed25519(signature, sealed_message(duty.seed, commitment, sealed), KEY.public)
        if self.arrives():
            self.duty = replace(self.duty, sealed=sealed)

    async def reveal(self, duty: Duty, finding: Finding, reading: Reading) -> None:
        """Check what the chain checks."""
        commitment, work = duty.commitment, check_spec(duty.spec)
        assert duty.sealed == seal(duty.seed, commitment.hash, duty.auditor, finding)
        if finding.verdict is Verdict.MISSING:
            assert reading == NOTHING_READ
        else:
            proof = vrf.prove(KEY.secret[:32], vrf_input(duty.seed, commitment.hash))
            tag = Tag(vrf.output_of(proof), finding.tag)
            check_reading(work, commitment, tag, SHOWN_BY, reading)
        if self.arrives():
            self.duty, self.found = replace(self.duty, is_shown=True), finding


class Keys:
    def prove(self, key: bytes, alpha: bytes) -> bytes:
        assert key == KEY.public
        return vrf.prove(KEY.secret[:32], alpha)

    def sign(self, key: bytes, message: bytes) -> bytes:
        assert key == KEY.public
        return KEY.sign(message)


@dataclass
class World:
    """Everything around an auditor."""

    chain: FakeAudit
    blobs: FakeBlobs = field(default_factory=FakeBlobs)
    device: FakeDevice = field(default_factory=FakeDevice)
    log: FakeLog = field(default_factory=FakeLog)

    async def run(self, blocks: float) -> None:
        """Let a fresh auditor run for some blocks."""
        ports = AuditPorts(self.chain, Keys(), self.blobs, self.chain, self.device, self.log)
        with trio.move_on_after(blocks * BLOCK_SECONDS - 0.5):
            await Auditor(ports, offload=at_once).run()

    @property
    def verdict(self) -> Verdict | None:
        return None if self.chain.found is None else self.chain.found.verdict


async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return function(*arguments)


def world_of(result: Result | None = None, **changes: Any) -> World:
    """Audit a product, right or wrong, whose contents are served."""
    made = ORDER.result() if result is None else result
    commitment = commit(ORDER.sizes, JOB, 0, PROVIDER, made)
    duty = Duty(
        audit=3,
        auditor=ACCOUNT,
        key=KEY.public,
        spec=ORDER.spec,
        commitment=commitment,
        seed=SEED,
        size=10,
        validators=4,
        until=COMMIT_UNTIL,
        takes_commits=True,
        sealed=None,
        is_shown=False,
        randomness=None,
    )
    world = World(FakeAudit(replace(duty, **changes)))
    served = {ORDER.spec.input_root: ORDER.content, commitment.out_root: made.output}
    world.blobs.content.update(served)
    return world


def histogram(*, is_wrong: bool) -> World:
    """Audit a histogram, for which there is no check but to make it again."""
    cells = np.random.default_rng(3).integers(0, 1024, 2048).astype("<i8").tobytes()
    work = Data(2048, 1, Query(Operation.HISTOGRAM, low=0, width=8, groups=128))
    result = work.run(cells)
    if is_wrong:
        result = replace(result, output=result.output[:-1] + bytes([result.output[-1] ^ 1]))
    commitment = commit(work, JOB, 0, PROVIDER, result)
    spec = job_spec(work, input_root(work, cells), Terms(10**12, 100))
    world = world_of(spec=spec, commitment=commitment)
    world.blobs.content = {spec.input_root: cells, commitment.out_root: result.output}
    if result.auxiliary:
        world.blobs.content[commitment.aux_root] = result.auxiliary
    return world


def wrong() -> Result:
    c = ORDER.c.copy()
    c[17, 5] += 1
    return ORDER.result(c)


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def test_an_exact_product_is_good(autojump_clock) -> None:
    world = world_of()
    await world.run(10)
    assert world.verdict is Verdict.GOOD
    assert world.log.events == ["verdict_sealed", "verdict_revealed"]


async def test_one_wrong_element_of_a_product_is_found_without_the_device(autojump_clock) -> None:
    world = world_of(wrong())
    await world.run(10)
    assert (world.verdict, world.device.products) == (Verdict.BAD, 0)


@pytest.mark.parametrize("is_wrong", [False, True])
async def test_other_work_is_done_again(autojump_clock, is_wrong) -> None:
    world = histogram(is_wrong=is_wrong)
    await world.run(10)
    assert world.verdict is (Verdict.BAD if is_wrong else Verdict.GOOD)
    assert world.device.products == 1


async def test_a_device_at_fault_is_asked_again(autojump_clock) -> None:
    world = histogram(is_wrong=False)
    world.device.faults = [DeviceCrashed("out of memory")]
    await world.run(12)
    assert world.verdict is Verdict.GOOD
    assert world.log.events[0] == "audit_failed"


async def test_a_result_of_an_input_that_is_none_is_bad(autojump_clock) -> None:
    world = histogram(is_wrong=False)
    world.device.refusal = BadInput("not of this class")
    await world.run(10)
    assert world.verdict is Verdict.BAD


async def test_what_nobody_serves_is_missing_but_only_at_last(autojump_clock) -> None:
    world = world_of()
    world.chain.closes = COMMIT_UNTIL
    world.blobs.content.clear()
    await world.run(COMMIT_UNTIL - LAST_BLOCKS - 1)
    assert world.chain.commits == 0
    await world.run(14)
    assert world.verdict is Verdict.MISSING


@pytest.mark.parametrize("part", ["input_root", "out_root"])
async def test_contents_under_another_root_are_as_good_as_missing(autojump_clock, part) -> None:
    world = world_of(until=LAST_BLOCKS)
    root = ORDER.spec.input_root if part == "input_root" else world.chain.duty.commitment.out_root
    world.blobs.content[root] = bytes(len(world.blobs.content[root]))
    await world.run(10)
    assert world.verdict is Verdict.MISSING


async def test_contents_that_come_late_are_judged(autojump_clock) -> None:
    world = world_of()
    world.chain.closes = 20
    output = world.blobs.content.pop(world.chain.duty.commitment.out_root)
    await world.run(5)
    world.blobs.content[world.chain.duty.commitment.out_root] = output
    await world.run(20)
    assert world.verdict is Verdict.GOOD


async def test_who_is_not_drawn_does_nothing(autojump_clock) -> None:
    world = world_of(size=0)
    await world.run(10)
    assert (world.chain.commits, world.log.events) == (0, [])


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_a_restarted_auditor_shows_what_the_one_before_committed_to(
    autojump_clock, verdict
) -> None:
    world = world_of(wrong() if verdict is Verdict.BAD else None, until=LAST_BLOCKS)
    held = dict(world.blobs.content)
    if verdict is Verdict.MISSING:
        world.blobs.content.clear()
    await world.run(3)
    assert (world.chain.commits, world.verdict) == (1, None)
    world.blobs.content.update(held)
    await world.run(12)
    assert (world.chain.commits, world.verdict) == (1, verdict)


@pytest.mark.parametrize("loss", ["loses", "refuses"])
async def test_a_verdict_that_got_lost_is_sent_again(autojump_clock, loss) -> None:
    world = world_of()
    setattr(world.chain, loss, 1)
    world.chain.closes = 8
    await world.run(8 + RESEND_AFTER_BLOCKS)
    assert (world.verdict, world.chain.commits) == (Verdict.GOOD, 2)


async def test_a_verdict_that_was_refused_is_sent_again_with_the_next_view(autojump_clock) -> None:
    world = world_of()
    world.chain.refuses = 1
    await world.run(2)
    assert (world.chain.commits, world.log.events) == (2, ["verdict_refused", "verdict_sealed"])


async def test_the_seal_of_another_key_is_left_alone(autojump_clock) -> None:
    world = world_of(sealed=bytes(32))
    await world.run(8)
    assert (world.verdict, world.log.events[0]) == (None, "seal_is_not_ours")


async def test_what_was_checked_is_served_to_other_auditors(autojump_clock) -> None:
    world = world_of()
    fetched = FakeBlobs(dict(world.blobs.content))
    put: list[bytes] = []

    async def note(root: bytes, content: bytes) -> None:
        await trio.lowlevel.checkpoint()
        put.append(root)

    fetched.put = note  # type: ignore[method-assign]
    world.blobs = fetched
    await world.run(4)
    assert put == [ORDER.spec.input_root, world.chain.duty.commitment.out_root]
