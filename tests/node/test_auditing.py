"""The auditor of a node on the real runtime: from its view of a draw to its verdict in a block."""

from __future__ import annotations

import pytest
import trio

from consensus.compute.audit_view import AuditPorts
from consensus.compute.auditor import Auditor
from node.audit_keys import AuditKeys
from node.auditing import AuditorSubmit, AuditorViews
from node.keystore.keystore import Keystore, KeyType, UnfitKey
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.validity import Source
from node.pool.verified import VerifiedCache
from runtime.compute.contents import commit, input_root
from runtime.compute.job import PERBILL, JobSpec, Terms
from runtime.compute.registry import job_spec
from runtime.pallets import audits, jobs
from runtime.primitives import vrf
from runtime.primitives.types import UNIT
from tests.consensus_compute.fakes import FakeBlobs, FakeDevice, FakeLog
from tests.node.backend_support import MemoryNode
from tests.node.ground import ground_of
from tests.pallets.audit_world import CONTENT, RESULT, WORK, flipped
from tests.simulation.actors import inline


class Auditing(MemoryNode):
    """A node with a pool, whose author is the one validator, and audits."""

    def __init__(self) -> None:
        super().__init__()
        self.result = RESULT
        self.ground = ground_of(self)
        self.pool = self.ground.pool
        self.keystore = Keystore()
        self.keystore.insert(KeyType.BABE, self.author)
        self.blobs, self.log = FakeBlobs(), FakeLog()
        self.decided: list[audits.Outcome] = []
        self.register()

    def order(self, **terms: object) -> JobSpec:
        terms_of = Terms(2 * UNIT, self.number + 500, audit_rate=PERBILL)
        return job_spec(WORK, input_root(WORK, CONTENT), terms_of)

    def committed(self) -> int:
        job = self.assigned()
        self.act(self.provider, "Jobs", "start_job", job)
        stated = commit(WORK, job, 0, self.provider.public, self.result)
        output = jobs.Output(stated.out_root, stated.aux_root, stated.out_bytes)
        self.act(self.provider, "Jobs", "commit_segment", job, 0, output)
        self.blobs.content[input_root(WORK, CONTENT)] = CONTENT
        self.blobs.content[stated.out_root] = self.result.output
        return job

    def views(self) -> AuditorViews:
        return AuditorViews(self.executive, self.chain, AuditKeys(self.keystore))

    def auditor(self) -> Auditor:
        ports = AuditPorts(
            self.views(),
            AuditKeys(self.keystore),
            self.blobs,
            AuditorSubmit(self.ground),
            FakeDevice(),
            self.log,
        )
        return Auditor(ports, offload=inline)

    async def include_ready(self) -> None:
        """Make a block of what is ready, and let everybody hear of it."""
        raws = [entry.raw for entry in self.pool.ready()]
        executed = self.grow(*raws)
        self.decided += [
            one.event.outcome
            for one in executed.events
            if isinstance(one.event, audits.AuditDecided)
        ]
        await self.pool.follow(executed.header.number, [], raws)
        await trio.testing.wait_all_tasks_blocked()


@pytest.mark.parametrize("is_wrong", [False, True])
async def test_a_verdict_gets_into_blocks_and_decides(is_wrong: bool) -> None:
    node = Auditing()
    node.result = flipped() if is_wrong else RESULT
    job = node.verified()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(node.auditor().run)
        for _ in range(12):
            await node.include_ready()
        nursery.cancel_scope.cancel()
    assert node.decided == [audits.Outcome.BAD if is_wrong else audits.Outcome.GOOD]
    state = node.runtime().jobs.jobs[job].state
    assert state is not jobs.JobState.COMPLETED if is_wrong else state is jobs.JobState.COMPLETED
    assert node.log.events == ["verdict_sealed", "verdict_revealed"]


async def test_verdicts_may_come_from_peers_and_are_passed_on() -> None:
    node = Auditing()
    node.verified()
    node.pass_blocks(2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(node.auditor().run)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    (entry,) = node.pool.ready()
    validator = RuntimeValidator(node.executive, node.chain, VerifiedCache())
    assert validator.validate(entry.raw, Source.GOSSIP).propagate
    assert await node.pool.gossip.take(1) == (entry.raw,)


def test_a_node_without_the_key_of_a_drawn_validator_has_no_duty() -> None:
    node = Auditing()
    node.verified()
    node.pass_blocks(2)
    (duty,) = node.views().view(node.chain.best).duties
    assert (duty.key, duty.auditor, duty.validators) == (
        node.author.public,
        node.author.public,
        1,
    )
    node.keystore = Keystore()
    assert node.views().view(node.chain.best).duties == ()


def test_an_audit_key_of_its_own_proves_and_signs() -> None:
    node = Auditing()
    store = Keystore()
    key = store.insert(KeyType.AUDIT, node.client)
    keys = AuditKeys(store)
    assert key in keys
    assert vrf.verify(key, b"alpha", keys.prove(key, b"alpha"))
    assert node.client.sign(b"message") == keys.sign(key, b"message")
    with pytest.raises(UnfitKey):
        store.vrf_seed(key, KeyType.PROVIDER)
