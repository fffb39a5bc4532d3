"""The session keys of simulated validators: made, changed, given up and taken again."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from operator import itemgetter

import trio

from consensus.finality.tally import VoterSet
from node.audit_keys import AuditKeys
from node.keys import AuthorKeys, VoterKey, VoterKeys
from node.keystore.keystore import Keystore, KeyType
from node.keystore.rpc_adapter import SESSION_KEYS
from node.provider import ProviderSubmit
from runtime.pallets.session import SessionKeys, ownership_message
from runtime.primitives.crypto import SEED_BYTES, KeyKind, Pair, pair_from_seed
from tests.simulation.actors import attempt


def genesis_pair(validator: int) -> Pair:
    """Return the key that a validator begins with; it serves every purpose."""
    return pair_from_seed(KeyKind.ED25519, bytes([validator + 1]) * SEED_BYTES)


class Keyring:
    """The keys of a validator. They are files: no crash takes them."""

    def __init__(self, rng: random.Random, first: Pair | None) -> None:
        """Hold `first` for every purpose; without it the node is no validator."""
        self._rng, self._keystore = rng, Keystore()
        self.publics: set[bytes] = set()
        if first is not None:
            self._take(dict.fromkeys(SESSION_KEYS, first))
        self.authors = AuthorKeys(self._keystore)
        self.audits = AuditKeys(self._keystore)

    def voter_key(self, voters: VoterSet) -> VoterKey | None:
        """Return our key in a set of voters."""
        return VoterKeys(self._keystore)(voters)

    def rotated(self, account: bytes) -> tuple[SessionKeys, bytes]:
        """Make new keys, and the proof that they belong to an account."""
        pairs = {
            key_type: pair_from_seed(KeyKind.ED25519, self._rng.randbytes(SEED_BYTES))
            for key_type in SESSION_KEYS
        }
        self._take(pairs)
        message = ownership_message(account)
        proof = b"".join(pair.sign(message) for pair in pairs.values())
        return SessionKeys(*(pair.public for pair in pairs.values())), proof

    def _take(self, pairs: dict[KeyType, Pair]) -> None:
        for key_type, pair in pairs.items():
            self.publics.add(self._keystore.insert(key_type, pair))


class Change(Enum):
    """What a validator does about its keys."""

    ROTATE = "rotate"
    """Sets new keys; a validator that retired comes back by it."""
    RETIRE = "retire"


@dataclass
class Steward:
    """Changes the keys of a validator when it is time, and once more what got lost meanwhile."""

    account: bytes
    keyring: Keyring
    plan: deque[tuple[float, Change]] = field(default_factory=deque)
    """When to do what; it outlives restarts."""

    async def run(self, submit: ProviderSubmit) -> None:
        """Follow the plan to its end."""
        while self.plan:
            at, change = self.plan[0]
            await trio.sleep_until(at)
            await self._do(change, submit)
            self.plan.popleft()

    async def _do(self, change: Change, submit: ProviderSubmit) -> None:
        if change is Change.RETIRE:
            await attempt(submit, "Session", "purge_keys", {})
            return
        keys, proof = self.keyring.rotated(self.account)
        await attempt(submit, "Session", "set_keys", {"keys": keys, "proof": proof})


def drawn_plans(
    rng: random.Random, validators: int, leavers: range, rotations: int, until: float
) -> list[deque[tuple[float, Change]]]:
    """Draw when each validator changes its keys; who leaves is back by `until`."""
    plans: list[list[tuple[float, Change]]] = [[] for _ in range(validators)]
    for _ in range(rotations):
        plans[rng.randrange(validators)].append((rng.uniform(0, until), Change.ROTATE))
    for leaver in leavers:
        times = sorted((rng.uniform(0, until), rng.uniform(0, until)))
        plans[leaver] += zip(times, (Change.RETIRE, Change.ROTATE), strict=True)
    return [deque(sorted(plan, key=itemgetter(0))) for plan in plans]
