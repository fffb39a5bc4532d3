"""A node without a node: a real chain of made-up blocks, everything else in memory; and clients."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any

import trio

from node.rpc.api import Backend, RpcConfig, RpcService
from node.rpc.backend import (
    ExtrinsicStatus,
    FinalityState,
    Health,
    Identity,
    PeerView,
    RoundState,
    RoundVotes,
    SubmissionRefused,
    SyncState,
)
from node.rpc.caller import Peer
from node.rpc.limits import Limits
from node.rpc.observer import Outcome, Protocol
from node.rpc.rate import RateLimit
from node.rpc.values import to_hex
from node.rpc.views import (
    AccountView,
    BlockSummary,
    CaseView,
    JobStep,
    JobView,
    ProviderView,
    ReceiptView,
    TokenBalance,
)
from node.store.db import Database
from node.store.opening import AS_IT_IS
from node.store.pruning import PruningChoice
from runtime.api import (
    DispatchQuote,
    FeeDetails,
    InclusionFee,
    RuntimeVersion,
    UnknownApi,
    version_of,
)
from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.primitives.scale import encode
from tests.node.support import Made, make_block, open_chain
from tests.rpc.clients import Served
from tests.rpc.fake_desk import FakeDesk
from tests.support.chain import MemoryChain

VERSION = version_of(MemoryChain().rules)

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
ALICE_SS58 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
BOB = bytes.fromhex("8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48")
METADATA = b"meta" + bytes(60)
BIG = 2**128 - 1
START_MS = 1_795_000_000_000


class FakePool:
    """Takes everything that begins with `ok`; otherwise the bytes name the refusal."""

    def __init__(self) -> None:
        self.extrinsics: list[bytes] = []
        self.watched: list[trio.MemorySendChannel[ExtrinsicStatus]] = []

    async def submit(self, extrinsic: bytes) -> None:
        await trio.lowlevel.checkpoint()
        if extrinsic in self.extrinsics:
            raise SubmissionRefused("already_imported")
        if not extrinsic.startswith(b"ok"):
            kind, _, detail = extrinsic.decode().partition(":")
            raise SubmissionRefused(kind, detail)  # type: ignore[arg-type]
        self.extrinsics.append(extrinsic)

    async def submit_and_watch(
        self, extrinsic: bytes
    ) -> "trio.MemoryReceiveChannel[ExtrinsicStatus]":
        await self.submit(extrinsic)
        send, receive = trio.open_memory_channel[ExtrinsicStatus](16)
        self.watched.append(send)
        send.send_nowait(ExtrinsicStatus("ready"))
        return receive

    def pending(self) -> tuple[bytes, ...]:
        return tuple(self.extrinsics)

    def next_nonce(self, account: bytes) -> int:
        return 7 + len(self.extrinsics) if account == ALICE else 0


class FakeNetwork:
    def __init__(self) -> None:
        self.now = Health(3, False, True)

    def health(self) -> Health:
        return self.now

    def peers(self) -> tuple[PeerView, ...]:
        return (PeerView("12D3KooWpeer", "AUTHORITY", bytes(32), 5, "starminer/0.1.0"),)

    def sync_state(self) -> SyncState:
        return SyncState(0, 5, 9)

    def local_peer_id(self) -> str:
        return "12D3KooWlocal"

    def listen_addresses(self) -> tuple[str, ...]:
        return ("/ip4/127.0.0.1/tcp/30333/p2p/12D3KooWlocal",)


class FakeFinality:
    def __init__(self) -> None:
        self.state: FinalityState | None = FinalityState(
            0, RoundState(4, 3, 3, RoundVotes(3, ()), RoundVotes(2, (ALICE,)))
        )

    def rounds(self) -> FinalityState | None:
        return self.state

    def finality_proof(self, number: int) -> bytes | None:
        return b"proof" if number <= 1 else None


class FakeBlobs:
    def __init__(self) -> None:
        self.stored: dict[bytes, bytes] = {}

    async def put(self, data: bytes) -> bytes:
        root = blake2b(data, digest_size=32).digest()
        self.stored[root] = data
        return root

    def alias(self, chain_root: bytes, blob_root: bytes) -> None:
        self.stored[chain_root] = self.stored[blob_root]

    async def read(self, root: bytes, offset: int, length: int) -> tuple[bytes, int] | None:
        data = self.stored.get(root)
        return None if data is None else (data[offset : offset + length], len(data))


class FakeIntake:
    async def submit(self, receipt: bytes) -> bytes:
        if receipt != b"receipt":
            raise ValueError(f"wanted a receipt, got {len(receipt)} bytes")
        return bytes([9]) * 32


class FakeKeystore:
    def rotate_keys(self) -> bytes:
        return ALICE + BOB

    def prove_keys(self, keys: bytes, owner: bytes) -> bytes:
        return b"proof of " + keys + owner

    def insert_key(self, key_type: str, secret: str, public: bytes) -> None:
        if secret != "//Alice":
            raise ValueError("the secret is not the public key's")

    def has_key(self, public: bytes, key_type: str) -> bool:
        return public == ALICE


class FakeNode:
    """Everything that the RPC asks for, with a chain that grows on command."""

    def __init__(
        self,
        keystore: FakeKeystore | None = None,
        db: Database | None = None,
        pruning: PruningChoice = AS_IT_IS,
    ) -> None:
        self.chain, genesis = open_chain(db, pruning)
        self.blocks: list[Made] = [genesis]
        self.version = VERSION
        self.pool = FakePool()
        self.network = FakeNetwork()
        self.finality = FakeFinality()
        self.blobs = FakeBlobs()
        self.keystore = keystore
        self.desk = None if keystore is None else FakeDesk()
        self.bug: Exception | None = None

    # what a test does to the node

    def grow(
        self,
        extrinsics: tuple[bytes, ...] = (),
        *,
        fork: bytes = b"",
        parent: Made | None = None,
        is_best: bool = True,
        changes: dict[bytes, bytes | None] | None = None,
    ) -> Made:
        made = make_block(parent or self.blocks[-1], extrinsics, fork=fork, changes=changes)
        self.chain.import_block(made.ready(is_best=is_best), made.state)
        if is_best:
            self.blocks.append(made)
        return made

    def finalize(self, made: Made, justification: bytes | None = None) -> None:
        self.chain.finalize(made.hash, justification)

    # RuntimeCaller

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        self.chain.state_at(at)
        if self.bug is not None:
            raise self.bug
        fee = InclusionFee(10, 20, BIG - 30)
        answers = {
            "Core_version": lambda: encode(self.version, RuntimeVersion),
            "Metadata_metadata": lambda: encode(METADATA, bytes),
            "Echo": lambda: arguments,
            "TransactionPaymentApi_query_info": lambda: encode(
                DispatchQuote(RefTime(100, 2), DispatchClass.NORMAL, BIG), DispatchQuote
            ),
            "TransactionPaymentApi_query_fee_details": lambda: encode(
                FeeDetails(fee, 0), FeeDetails
            ),
        }
        if name not in answers:
            raise UnknownApi(name)
        return answers[name]()

    # Ledger

    def account(self, account: bytes, at: bytes) -> AccountView:
        self.chain.state_at(at)
        if account != ALICE:
            return AccountView(account, 0, ())
        agpu = TokenBalance("AGPU", 12, 1_234_567_890_123_456_789_012, 5 * 10**12, 0)
        amax = TokenBalance("AMAX", 12, 42, 0, 0)
        return AccountView(account, 7, (agpu, amax))

    def summary(self, block_hash: bytes) -> BlockSummary | None:
        header = self.chain.header(block_hash)
        if header is None:
            return None
        body = self.chain.body(block_hash) or ()
        return BlockSummary(
            hash=block_hash,
            number=header.number,
            parent_hash=header.parent_hash,
            author=ALICE if header.number else None,
            time_ms=START_MS + 3_000 * header.number,
            extrinsics=len(body),
            receipts=header.number % 3,
            units=header.number % 3 * 1_500_000,
        )

    # Work

    def job(self, job_id: bytes) -> JobView | None:
        return next((job for job in self.jobs(10) if job.id == job_id), None)

    def jobs(self, limit: int) -> tuple[JobView, ...]:
        return (make_job(2, "settled"), make_job(1, "assigned"))[:limit]

    def cases(self, job_id: bytes) -> tuple[CaseView, ...]:
        if job_id != b"\1" * 32:
            return ()
        return (CaseView(4, "dispute", ALICE, BOB, 10**12, "output", 8, 3, "pick", 77),)

    def receipts(self, limit: int) -> tuple[ReceiptView, ...]:
        return (make_receipt(2, "verified"), make_receipt(1, "slashed"))[:limit]

    def providers(self, limit: int) -> tuple[ProviderView, ...]:
        return (ProviderView(BOB, "active", 10**15, 3 * 10**9, 2_000_000, 12, 1),)[:limit]

    def backend(self) -> Backend:
        return Backend(
            chain=self.chain,
            forks=self.chain.blocks,
            justifications=self.chain.blocks,
            states=self.chain,
            pins=self.chain,
            nodes=self.chain.states,
            runtime=self,
            pool=self.pool,
            identity=Identity(
                chain="Fake Dev",
                chain_type="Development",
                node_name="starminer",
                node_version="0.1.0",
                properties={"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "AGPU"},
                roles=("Authority",),
            ),
            network=self.network,
            finality=self.finality,
            ledger=self,
            work=self,
            ss58_prefix=42,
            blobs=self.blobs,
            receipts=FakeIntake(),
            keystore=self.keystore,
            desk=self.desk,
        )


def make_job(number: int, state: str) -> JobView:
    return JobView(
        id=bytes([number]) * 32,
        kind="matmul",
        state=state,
        client=ALICE,
        provider=BOB,
        units=21_475,
        max_price=5 * 10**12,
        price=1_500_000_000_000,
        refunded=3_500_000_000_000 if state == "settled" else None,
        input_root=bytes([0xAA]) * 32,
        output_root=bytes([0xBB]) * 32 if state == "settled" else None,
        deadline=100,
        steps=(JobStep("submitted", 2), JobStep(state, 2 + number)),
    )


def make_receipt(number: int, verdict: str) -> ReceiptView:
    return ReceiptView(
        id=bytes([0x70 + number]) * 32,
        job=bytes([number]) * 32,
        kind="matmul",
        provider=BOB,
        units=21_475,
        block=3 + number,
        verdict=verdict,  # type: ignore[arg-type]
        verified_by="every importer",
        method="32 of 256 leaves recomputed",
        output_root=bytes([0xBB]) * 32,
        paid=1_500_000_000_000,
    )


class Notes:
    """What the server told its observer."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bool]] = []
        self.sessions: list[str] = []
        self.reasons: list[tuple[str, str]] = []
        self.bugs: list[tuple[str, Exception]] = []

    def call_started(self, protocol: Protocol, method: str) -> None:
        pass

    def call_finished(self, protocol: Protocol, method: str, outcome: Outcome) -> None:
        self.calls.append((method, outcome.ok))

    def session_opened(self, protocol: Protocol) -> None:
        self.sessions.append(protocol)

    def session_closed(self, protocol: Protocol, reason: str, seconds: float) -> None:
        assert seconds >= 0
        self.reasons.append((protocol, reason))

    def bug(self, where: str, error: Exception) -> None:
        self.bugs.append((where, error))


@asynccontextmanager
async def serving(
    node: FakeNode | None = None, *, limits: Limits | None = None, **options: Any
) -> AsyncIterator[Served]:
    node = node or FakeNode()
    notes = Notes()
    config = RpcConfig(port=0, limits=limits or Limits(close_seconds=0.5), **options)
    service = RpcService(node.backend(), config, notes, lambda: b"metric 1\n")
    async with trio.open_nursery() as nursery:
        running = trio.CancelScope()

        async def run(task_status=trio.TASK_STATUS_IGNORED) -> None:
            with running:
                await service.run(task_status)

        port = await nursery.start(run)
        yield Served(node, notes, port, running.cancel)
        running.cancel()
    assert [repr(error) for _, error in notes.bugs if error is not node.bug] == []


def anybody() -> Peer:
    """Return a connection without limits."""
    return Peer("http", RateLimit(None))


def growing_node(blocks: int) -> FakeNode:
    node = FakeNode()
    for number in range(1, blocks + 1):
        node.grow((b"time%d" % number, b"transfer"))
    return node


def hexed(raw: bytes) -> str:
    return to_hex(raw)
