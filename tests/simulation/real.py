"""The real runtime as a simulated node's ledger: what `node.service` builds, without its threads.

Everything runs inline: the state, the store, the pools, the import adapters, the block factory and
the provider's worker are those of the node; the database, the device and the clock are simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import trio

from consensus.authoring import BlockFactory as Factory
from consensus.compute.worker import Offload
from consensus.equivocation import Equivocation
from consensus.finality.record import VoterStore
from consensus.finality.tally import VoterSet
from consensus.protocols import BodyChecker, Imported, Store
from consensus.protocols import Executor as ImportExecutor
from consensus.slots import EpochSource
from node.assembly import Ground
from node.chain import Chain
from node.consensus_side import VoterRecords
from node.equivocations import EquivocationReporter
from node.importing import BodyChecks, ChainStore, Epochs, Executor
from node.keystore.keystore import Keystore, KeyType
from node.pool.maintenance import PoolMaintenance
from node.pool.pool import TransactionPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.validity import Source
from node.pool.verified import VerifiedCache
from node.production import BlockFactory
from node.provider import ProviderPair, ProviderSubmit
from node.receipts.check import NotWanted, ReceiptChecker
from node.receipts.messages import OpeningWithProof, ReceiptMessage, Shares, message_of
from node.receipts.pool import PoolFull, ReceiptPool
from node.store.aux import AuxStore
from node.store.opening import open_block_store
from node.store.states import StateStore
from runtime.api import RuntimeApi
from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.verify import BadReceipt
from runtime.constants import TREASURY
from runtime.executive import Executed, Executive
from runtime.genesis_state import GenesisConfig, build_genesis, genesis_state
from runtime.primitives.block import Block, Header
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import UNIT
from runtime.validity import Checked
from tests.simulation.actors import (
    LARGE_SIDES,
    SIDES,
    Blobs,
    Customer,
    Errs,
    OnceForAll,
    Payer,
    Provider,
    SharedBlobs,
    Silence,
    SlowDevice,
    audit,
    believe,
    inline,
)
from tests.simulation.checks import check_final_chain
from tests.simulation.database import FragileDatabase
from tests.simulation.ledger import Carried, Genesis, Lie, Life
from tests.simulation.scenario import MAX_NODES
from tests.simulation.sessions import genesis_pair
from tests.support.chain import CHAIN, pair

PAYERS = tuple(pair(100 + index) for index in range(MAX_NODES))
"""The account of each node: a validator's own, from which it also pays others."""

CUSTOMER, PROVIDER = pair(200), pair(201)
CUSTOMER_NODE = 1
TRANSACTIONS_PER_MESSAGE = 64
RICH = 10_000 * UNIT
STAKE = 1_000_000
"""What a stake of 1 is, in thousandths of an AGPU: enough that slashes leave some."""


class BlockZero(NamedTuple):
    """Block 0 and the trie nodes under it."""

    header: Header
    nodes: Mapping[bytes, bytes]


def account_of(node: int) -> bytes:
    """Return the account of a node."""
    return PAYERS[node].public


@lru_cache
def block_zero(genesis: Genesis) -> BlockZero:
    """Return block 0 of the simulated chain."""
    people = (*PAYERS, CUSTOMER, PROVIDER)
    authorities = tuple(
        (genesis_pair(validator).public, stake * STAKE)
        for validator, stake in enumerate(genesis.stakes)
    )
    config = GenesisConfig(
        chain=replace(CHAIN, epoch_slots=genesis.epoch_slots, era_blocks=genesis.era_blocks),
        agpu=tuple(sorted(((TREASURY, RICH), *((one.public, RICH) for one in people)))),
        amax=((PAYERS[0].public, UNIT),),
        validators=tuple(account_of(validator) for validator in range(len(genesis.stakes))),
        babe_authorities=authorities,
        grandpa_authorities=authorities,
        randomness=bytes(32),
    )
    header, state = genesis_state(build_genesis(config))
    return BlockZero(header, state.take_nodes())


def open_ground(database: FragileDatabase, zero: BlockZero, offload: Offload) -> Ground:
    """Build what a node stands on, on a disk that may be empty."""
    states = StateStore(database)
    chain = Chain(open_block_store(database, Block(zero.header, ()), lambda: zero.nodes), states)
    executive = Executive.of_state(chain.state_at(chain.best.hash), chain.genesis_hash)
    known: VerifiedCache[Checked] = VerifiedCache()
    checker = ReceiptChecker(executive, chain, offload)
    return Ground(
        database=database,
        chain=chain,
        states=states,
        records=AuxStore(database),
        executive=executive,
        api=RuntimeApi(executive),
        known=known,
        pool=TransactionPool(RuntimeValidator(executive, chain, known)),
        checker=checker,
        receipts=ReceiptPool(checker),
    )


class RealChain:
    """One life of a node on the real runtime."""

    def __init__(self, ground: Ground, life: Life, blobs: Blobs, payers: int) -> None:
        self._ground, self._life, self._blobs, self._payers = ground, life, blobs, payers
        self._reporter = EquivocationReporter(ground, life.own_keys, Silence())
        self.store: Store[Executed] = ChainStore(ground.chain)
        self.executor: ImportExecutor[Executed] = Executor(
            ground.executive, ground.chain, ground.known
        )
        self.bodies: BodyChecker = BodyChecks(ground.chain, ground.checker, None)
        self.epochs: EpochSource = Epochs(ground.executive, ground.chain)
        self.factory: Factory[Executed] = BlockFactory(ground, life.now_ms)
        self.votes: VoterStore = VoterRecords(ground.records)

    def voters(self) -> VoterSet:
        final = self._ground.chain.finalized
        state = self._ground.chain.state_at(final.hash)
        grandpa = self._ground.executive.runtime_at(state, final.number).grandpa
        return VoterSet(grandpa.current_set_id, grandpa.authorities)

    async def run(self) -> None:
        life, ground, blobs = self._life, self._ground, self._blobs
        submit, others = self._submit(PAYERS[life.index]), tuple(one.public for one in PAYERS)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(PoolMaintenance(ground.pool, ground.chain).run)
            nursery.start_soon(self._reporter.run)
            nursery.start_soon(self._send_transactions)
            nursery.start_soon(Payer(submit, others, life.rng, self._payers).run)
            if life.steward is not None:
                nursery.start_soon(life.steward.run, submit)
            shared, device = SharedBlobs(blobs, life.sometimes), SlowDevice(life.sometimes)
            nursery.start_soon(audit, ground, life.audit_keys, shared, device)
            if life.index == CUSTOMER_NODE:
                nursery.start_soon(self._customer().run)
            if life.is_provider:
                nursery.start_soon(self._provider().run)

    def _customer(self) -> Customer:
        life, submit = self._life, self._submit(CUSTOMER)
        return Customer(
            self._ground,
            CUSTOMER.public,
            submit,
            self._blobs,
            life.rng,
            life.sometimes,
            life.audit_rate,
            LARGE_SIDES if life.has_cheat else SIDES,
        )

    def _provider(self) -> Provider:
        life, submit = self._life, self._submit(PROVIDER)
        errs = Errs.LAST if life.has_cheat else Errs.NOTHING
        if life.lie is Lie.FALSE_RECEIPT:
            errs = Errs.ALL
        device = SlowDevice(life.sometimes, errs)
        return Provider(self._ground, PROVIDER.public, submit, self._blobs, device, life.sometimes)

    def on_imported(self, event: Imported) -> None:
        if event.is_best:
            self._ground.receipts.prune(event.node.header)

    def on_equivocation(self, proof: Equivocation) -> None:
        self._reporter.found(proof)

    async def receive(self, kind: str, payload: bytes) -> str | None:
        try:
            if kind == "transactions":
                batch = decode(payload, tuple[bytes, ...])
                await self._ground.pool.submit_batch(batch, Source.GOSSIP)
                return None
            assert kind == "receipt", f"wanted transactions or a receipt, got {kind}"
            message: ReceiptMessage = decode(payload, ReceiptMessage)
        except DecodeError:
            return "garbage"
        try:
            await self._take_receipt(message)
        except (NotWanted, PoolFull):
            return None
        except BadReceipt as error:
            receipt = message.batch if isinstance(message, Shares) else message.opening
            is_settled = self._ground.receipts.is_settled(receipt)
            return f"{type(error).__name__}: {error}" if is_settled else None
        return None

    def block(self, block_hash: bytes) -> Carried | None:
        blocks = self._ground.chain.blocks
        block = blocks.block(block_hash)
        if block is None:
            return None
        return Carried(block, blocks.proofs(block_hash), blocks.justification(block_hash))

    def justification(self) -> bytes | None:
        chain = self._ground.chain
        return chain.blocks.justification(chain.finalized.hash)

    async def _take_receipt(self, message: ReceiptMessage) -> None:
        pool, best = self._ground.receipts, self._ground.chain.best
        match message:
            case OpeningWithProof(opening, proof):
                if not pool.has_opening(opening):
                    await pool.add_opening(opening, proof, best)
            case Shares(batch):
                await pool.add_shares(batch, best)
            case _:
                raise AssertionError("openings of small jobs travel with their proofs")

    async def _send_transactions(self) -> None:
        while True:
            batch = await self._ground.pool.gossip.take(TRANSACTIONS_PER_MESSAGE)
            self._life.pass_on("transactions", encode(batch, tuple[bytes, ...]))

    def _submit(self, by: Pair) -> ProviderSubmit:
        keystore = Keystore()
        keystore.insert(KeyType.PROVIDER, by)
        signer = ProviderPair(keystore, by.public)
        return ProviderSubmit(self._ground, signer, self._publish_opening, self._publish_shares)

    async def _publish_opening(self, opening: Opening, proof: bytes) -> None:
        self._life.publish("receipt", encode(message_of(opening, proof), ReceiptMessage))

    async def _publish_shares(self, batch: ShareBatch) -> None:
        self._life.publish("receipt", encode(Shares(batch), ReceiptMessage))


class RealLedger:
    """The real runtime as a world's ledger."""

    def __init__(self, genesis: Genesis) -> None:
        self._zero, self._payers = block_zero(genesis), len(genesis.stakes)
        self._blobs: Blobs = {}
        self._checks = OnceForAll()

    def make_disk(self) -> FragileDatabase:
        return FragileDatabase()

    def make_chain(self, disk: FragileDatabase, life: Life) -> RealChain:
        checks = believe if life.lie is Lie.FALSE_RECEIPT else self._checks
        ground = open_ground(disk, self._zero, checks)
        return RealChain(ground, life, self._blobs, self._payers)

    def check(self, final: Mapping[int, bytes], disks: Sequence[FragileDatabase]) -> Sequence[str]:
        grounds = [open_ground(disk, self._zero, inline) for disk in disks]
        return check_final_chain(final, grounds, self._blobs)
