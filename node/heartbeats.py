"""Signs of life: what the validators of a node say when chance has given them no block to author.

From the middle of a session on the chain takes a heartbeat of each validator of whom it has heard
nothing. It is an unsigned extrinsic that its audit key signs inside, and is gossiped.
"""

from __future__ import annotations

from collections.abc import Callable

from node.assembly import Ground
from node.audit_keys import AuditKeys
from node.chain import NewBest, Resync
from node.log import Logger
from node.pool.validity import Refused, Source
from runtime.pallets.im_online import Awaited
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.hashing import blake2_256

Place = tuple[int, int]
"""A session, and a place among its validators."""


class HeartbeatSender:
    """Sees to it that each validator of this node is heard of in each session.

    Invariant: there is one heartbeat for a place, however often it is submitted.
    """

    def __init__(
        self, ground: Ground, keys: AuditKeys, may_speak: Callable[[], bool], log: Logger
    ) -> None:
        self._chain, self._executive, self._pool = ground.chain, ground.executive, ground.pool
        self._keys, self._may_speak, self._log = keys, may_speak, log
        self._made: dict[Place, bytes] = {}

    async def run(self) -> None:
        """Look at every best block, until cancelled."""
        with self._chain.subscribe() as events:
            await self.look()
            async for event in events:
                if isinstance(event, NewBest | Resync):
                    await self.look()

    async def look(self) -> None:
        """Send the heartbeats that the best block awaits of this node; those it sent are sent on.

        A node that is still catching up sees sessions that are over.
        """
        if not self._may_speak():
            return
        best = self._chain.best
        runtime = self._executive.reader_at(self._chain.state_at(best.hash), best.number)
        ours = [one for one in runtime.im_online.awaited() if one.key in self._keys]
        before, self._made = self._made, {}
        for one in ours:
            place = one.heartbeat.session_index, one.heartbeat.authority_index
            self._made[place] = raw = before.get(place) or self._signed(one)
            if blake2_256(raw) not in self._pool:
                await self._submit(place, raw)

    def _signed(self, one: Awaited) -> bytes:
        rules = self._executive.rules_at(self._chain.state_at(self._chain.best.hash))
        signature = self._keys.sign(one.key, one.message)
        return encode_bare(rules.calls.encode("ImOnline", "heartbeat", one.heartbeat, signature))

    async def _submit(self, place: Place, raw: bytes) -> None:
        session, validator = place
        try:
            await self._pool.submit(raw, Source.OWN)
        except Refused as refusal:
            self._log.debug("heartbeat_waits", session=session, why=str(refusal))
        else:
            self._log.info("heartbeat_sent", session=session, validator=validator)
