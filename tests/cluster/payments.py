"""Transfers to accounts that nobody else pays, each sent until it is final."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass, field

from cli.sdk.client import without_length
from cli.sdk.transactions import on_wire
from genesis.build import build_block
from runtime.executive import Executive
from runtime.pallets.system import AccountInfo
from runtime.primitives.crypto import KeyKind, pair_from_seed, pair_from_uri
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode
from runtime.primitives.types import UNIT
from tests.cluster.cluster import Cluster, Member
from tests.e2e.commands import Refused, rpc
from tests.support.signing import signed_transfer

PAYERS = tuple(pair_from_uri(KeyKind.ED25519, f"//{name}") for name in ("Eve", "Ferdie"))
"""They are in the genesis of the local chain, under the ed25519 keys of their names."""

AGAIN_SECONDS = 15.0
"""A transfer that is not final by then is sent again, to another node: some pool died with it."""


@dataclass
class Payment:
    """A transfer, signed once; the very same bytes are sent again."""

    raw: bytes
    payee: bytes
    amount: int
    sent_at: float = -float("inf")

    @property
    def hash(self) -> bytes:
        return blake2_256(self.raw)


@dataclass
class Payments:
    """All transfers that were sent, and those that are not final yet."""

    cluster: Cluster
    rng: random.Random
    sent: list[Payment] = field(default_factory=list)
    open: dict[bytes, Payment] = field(default_factory=dict)
    times_final: dict[bytes, int] = field(default_factory=dict)
    """How often each extrinsic is in a final block."""
    read_to: int = 0
    """The last final block that was read."""

    def __post_init__(self) -> None:
        genesis = self._genesis = build_block(self.cluster.spec)
        self._executive = Executive.of_state(genesis.state, genesis.hash)
        self._rules = self._executive.rules_at(genesis.state)

    def pay(self) -> None:
        """Send one new transfer, and what is late again."""
        number = len(self.sent)
        payer = PAYERS[number % len(PAYERS)]
        payee = pair_from_seed(KeyKind.ED25519, (10**6 + number).to_bytes(32, "big")).public
        amount = UNIT + number
        raw = signed_transfer(self._rules, payer, number // len(PAYERS), payee, amount)
        payment = Payment(raw, payee, amount)
        self.sent.append(payment)
        self.open[payment.hash] = payment
        self.send_late()

    def send_late(self) -> None:
        """Send every transfer that is not final, unless it was sent lately."""
        for payment in list(self.open.values()):
            if time.monotonic() - payment.sent_at >= AGAIN_SECONDS:
                self._send(payment)

    def read_final(self) -> None:
        """Read the final blocks that are new; a node that answers tells all."""
        member = self.rng.choice(self.cluster.up)
        head = member.head()
        if head is None:
            return
        for number in range(self.read_to + 1, head.final + 1):
            try:
                extrinsics = extrinsics_of(member, number)
            except (OSError, Refused):
                return
            for extrinsic_hash in extrinsics:
                times = self.times_final.get(extrinsic_hash, 0)
                self.times_final[extrinsic_hash] = times + 1
                self.open.pop(extrinsic_hash, None)
            self.read_to = number

    def wrongly_paid(self, member: Member, height: int) -> list[tuple[int, int]]:
        """Return what was sent and what is there, in a final state, for each payee they differ."""
        block_hash = rpc(member.rpc_port, "chain_getBlockHash", height)
        accounts = self._executive.runtime_at(self._genesis.state, 0).system.account
        wrong = []
        for payment in self.sent:
            key = "0x" + accounts.slot(payment.payee).hex()
            raw = rpc(member.rpc_port, "state_getStorage", key, block_hash)
            held = 0 if raw is None else decode(bytes.fromhex(raw[2:]), AccountInfo).data.free
            if held != payment.amount:
                wrong.append((payment.amount, held))
        return wrong

    def _send(self, payment: Payment) -> None:
        member = self.rng.choice(self.cluster.up)
        # a refusal says that it is in that pool already, or in a block that is not final yet; a
        # node that does not answer was killed: either way the transfer is sent again if need be
        with suppress(OSError, Refused):
            rpc(member.rpc_port, "author_submitExtrinsic", "0x" + on_wire(payment.raw).hex())
        payment.sent_at = time.monotonic()


def extrinsics_of(member: Member, number: int) -> list[bytes]:
    """Return the hashes of the extrinsics in a block of a node's best chain."""
    block_hash = rpc(member.rpc_port, "chain_getBlockHash", number)
    extrinsics = rpc(member.rpc_port, "chain_getBlock", block_hash)["block"]["extrinsics"]
    return [blake2_256(without_length(bytes.fromhex(raw[2:]))) for raw in extrinsics]
