"""The heartbeats of a node on the real runtime: sent once, in time, for the keys that it has."""

from __future__ import annotations

import io

from node.audit_keys import AuditKeys
from node.heartbeats import HeartbeatSender
from node.keystore.keystore import Keystore, KeyType
from node.log import LogFormat, LogLevels, Logs
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.validity import Source
from node.pool.verified import VerifiedCache
from runtime.pallets.im_online import HeartbeatReceived, SomeOffline
from runtime.primitives.crypto import Pair
from tests.node.backend_support import MemoryNode
from tests.node.ground import ground_of
from tests.support.chain import CHAIN, MemoryChain, pair

MIDDLE = CHAIN.epoch_slots // 2


class Validating(MemoryNode):
    """A node that watches a chain of three validators, of whom the first authors every block."""

    def __init__(self, *own: Pair) -> None:
        super().__init__(MemoryChain(validators=3))
        ground = ground_of(self)
        self.pool = ground.pool
        keystore = Keystore()
        for one in own:
            keystore.insert(KeyType.AUDIT, one)
        self.is_syncing, self.said = False, io.StringIO()
        logs = Logs(LogFormat.JSON, LogLevels.parse(()), node="test", stream=self.said)
        self.sender = HeartbeatSender(
            ground, AuditKeys(keystore), lambda: not self.is_syncing, logs.logger("online")
        )

    def waiting(self) -> list[bytes]:
        return [entry.raw for entry in self.pool.ready()]

    async def include_ready(self) -> list[object]:
        """Make a block of what is ready; return its events."""
        raws = self.waiting()
        executed = self.grow(*raws)
        await self.pool.follow(executed.header.number, [], raws)
        return [one.event for one in executed.events]


async def test_a_validator_without_a_block_is_heard_of_from_the_middle_on() -> None:
    node = Validating(pair(2))
    for _ in range(MIDDLE):
        await node.sender.look()
        assert node.waiting() == []
        node.grow()
    node.grow()
    await node.sender.look()
    assert HeartbeatReceived(pair(2).public) in await node.include_ready()
    await node.sender.look()
    assert node.waiting() == []
    assert node.said.getvalue().count("heartbeat_sent") == 1


async def test_the_same_heartbeat_is_sent_on_while_it_is_in_no_block() -> None:
    node = Validating(pair(2), pair(3))
    node.pass_blocks(MIDDLE + 1)
    await node.sender.look()
    first = node.waiting()
    assert len(first) == 2
    node.grow()
    await node.sender.look()
    assert node.waiting() == first


async def test_who_authored_and_whose_key_is_elsewhere_is_not_spoken_for() -> None:
    node = Validating(pair(1))
    node.pass_blocks(MIDDLE + 1)
    await node.sender.look()
    assert node.waiting() == []


async def test_a_node_that_catches_up_says_nothing() -> None:
    node = Validating(pair(2))
    node.pass_blocks(MIDDLE + 1)
    node.is_syncing = True
    await node.sender.look()
    assert node.waiting() == []


async def test_heartbeats_come_from_peers_too_and_are_passed_on() -> None:
    node = Validating(pair(2))
    node.pass_blocks(MIDDLE + 1)
    await node.sender.look()
    (raw,) = node.waiting()
    validator = RuntimeValidator(node.executive, node.chain, VerifiedCache())
    assert validator.validate(raw, Source.GOSSIP).propagate
    assert await node.pool.gossip.take(1) == (raw,)


async def test_req_54_on_the_real_runtime_two_of_three_away_owe_a_hundredth() -> None:
    node = Validating(pair(2))
    node.pass_blocks(CHAIN.epoch_slots)
    events = [one.event for one in node.grow().events]
    (told,) = [one for one in events if isinstance(one, SomeOffline)]
    assert [who for who, _ in told.offline] == [pair(2).public, pair(3).public]
    slashes = node.runtime().staking.unapplied_slashes[0]
    exposed = {who: exposure.own for who, exposure in told.offline}
    assert {one.validator: one.own for one in slashes} == {
        who: own // 100 for who, own in exposed.items()
    }
    assert node.runtime().session.disabled() == ()
