"""A chain as validators make it: the real runtime, real claims and seals, real finality proofs.

Everything happens at once and in one place, so that a test can have any history to sync from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Precommit, SignedMessage, signing_payload
from consensus.fork_choice import Record, extended, genesis_record
from consensus.lottery import claim_slot
from consensus.verification import pre_runtime, sealed
from node.assembly import Ground, ground_on
from node.chain import Chain
from node.importing import Epochs
from node.store.blocks import BlockImport
from node.store.db import Database, MemoryDatabase
from node.store.pruning import PruningChoice
from runtime.genesis_state import GenesisConfig, build_genesis, genesis_state
from runtime.pallets.session import SessionKeys, ownership_message
from runtime.primitives import vrf
from runtime.primitives.block import Block, Header
from runtime.primitives.crypto import KeyKind, Pair, pair_from_seed
from runtime.primitives.extrinsic import (
    IMMORTAL,
    Extra,
    Id,
    Signature,
    encode_bare,
    encode_signed,
)
from runtime.primitives.extrinsic import (
    signing_payload as extrinsic_payload,
)
from runtime.primitives.finality import scheduled_change
from runtime.primitives.scale import encode
from runtime.primitives.slot_claim import PrimaryPreDigest
from runtime.primitives.types import UNIT
from runtime.rules import Rules
from tests.support.chain import CHAIN, FIRST_SLOT, SLOT_MILLISECONDS, at_once, pair

LONG_AFTER_MS = (FIRST_SLOT + 10**6) * SLOT_MILLISECONDS
"""A time at which every slot of such a chain has begun."""


@dataclass(frozen=True)
class Key:
    """An authority's key in memory."""

    seed: bytes

    @property
    def pair(self) -> Pair:
        return pair_from_seed(KeyKind.ED25519, self.seed)

    @property
    def public(self) -> bytes:
        return self.pair.public

    def sign(self, message: bytes) -> bytes:
        return self.pair.sign(message)

    def prove(self, alpha: bytes) -> bytes:
        return vrf.prove(self.seed, alpha)


def key(validator: int, generation: int = 0) -> Key:
    """Return a validator's key; its account is that of generation 0."""
    return Key(bytes((validator + 1, generation)) * 16)


class NoTree:
    """What a proof is built from whose votes all name its target."""

    def get(self, block_hash: bytes) -> None:
        return None


class GrownChain:
    """Grows on command; `finalize` proves the head final."""

    def __init__(
        self,
        database: Database | None = None,
        *,
        validators: int = 3,
        accounts: int = 4,
        epoch_slots: int = 10,
        pruning: PruningChoice | None = None,
    ) -> None:
        self.validators = [key(n) for n in range(validators)]
        self.accounts = [pair(1000 + n) for n in range(accounts)]
        weights = tuple((one.public, 1) for one in self.validators)
        people = [*(one.public for one in self.validators), *(one.public for one in self.accounts)]
        self.genesis_config = GenesisConfig(
            chain=replace(CHAIN, epoch_slots=epoch_slots),
            agpu=tuple(sorted((one, 10**5 * UNIT) for one in people)),
            amax=((people[0], UNIT),),
            validators=tuple(one.public for one in self.validators),
            babe_authorities=weights,
            grandpa_authorities=weights,
            randomness=bytes(32),
        )
        self.genesis, self.genesis_trie = genesis_state(build_genesis(self.genesis_config))
        self.ground = self.join(database, pruning)
        self.keys = {one.public: one for one in self.validators}
        self.epochs = Epochs(self.ground.executive, self.ground.chain)
        self.record = genesis_record(self.genesis)
        self.slot = FIRST_SLOT
        self.round = 0
        self.nonces: dict[bytes, int] = {}

    def join(
        self, database: Database | None = None, pruning: PruningChoice | None = None
    ) -> Ground:
        """Return what a new node of this chain stands on."""
        _, state = genesis_state(build_genesis(self.genesis_config))
        return ground_on(
            database or MemoryDatabase(),
            Block(self.genesis, ()),
            state.take_nodes,
            pruning=pruning or PruningChoice(),
        )

    @property
    def chain(self) -> Chain:
        return self.ground.chain

    @property
    def head(self) -> Header:
        return self.chain.best

    def voters(self) -> VoterSet:
        """Return who decides on the blocks above the last finalized one."""
        final = self.chain.finalized
        grandpa = self.runtime(final).grandpa
        return VoterSet(grandpa.current_set_id, grandpa.authorities)

    def runtime(self, header: Header | None = None) -> Any:
        header = header or self.head
        return self.ground.executive.runtime_at(self.chain.state_at(header.hash), header.number)

    @property
    def rules(self) -> Rules:
        """The rules of the next block."""
        return self.ground.executive.rules_at(self.chain.state_at(self.head.hash))

    def grow(self, *extrinsics: bytes, finalize: bool = False) -> Header:
        """Author a block on the head; one that changes the voters becomes final at once."""
        executive, parent = self.ground.executive, self.head
        digest = claim_slot(self.keys, self.epochs.epoch_at(parent, self.slot), self.slot)
        assert digest is not None
        state = self.chain.state_at(parent.hash)
        builder = executive.build(parent, (pre_runtime(digest),), state)
        now = encode_bare(builder.calls.encode("Timestamp", "set", self.slot * SLOT_MILLISECONDS))
        for raw in (now, *extrinsics):
            builder.push(raw, {})
        block, executed = at_once(builder.finish())
        epoch = self.epochs.epoch_at(parent, self.slot)
        block = sealed(block, self.keys[epoch.authorities[digest.authority_index].public])
        is_primary = isinstance(digest, PrimaryPreDigest)
        self.record = extended(self.record, block.header, is_primary)
        weight = encode(self.record, Record)
        nodes = executed.state.take_nodes()
        self.chain.import_block(BlockImport(block, (), nodes, weight, True), executed.state)
        self.slot += 1
        if finalize or scheduled_change(block.header) is not None:
            self.finalize()
        return block.header

    def pass_blocks(self, count: int, finalize_every: int = 1) -> None:
        for _ in range(count):
            self.grow(finalize=(self.head.number + 1) % finalize_every == 0)

    def finalize(self) -> bytes:
        """Prove the head final with the votes of all, and return the proof."""
        raw = self.proof_of(self.head)
        self.chain.finalize(self.head.hash, raw)
        return raw

    def proof_of(self, header: Header, voters: VoterSet | None = None) -> bytes:
        """Return a proof that these voters finalized a block."""
        voters = voters or self.voters()
        self.round += 1
        vote = Precommit(header.hash, header.number)
        payload = signing_payload(vote, self.round, voters.set_id)
        ballots = Ballots()
        for public, _ in voters.voters:
            ballots.add(SignedMessage(vote, self.keys[public].sign(payload), public))
        target = BlockRef(header.hash, header.number)
        return proofs.encoded(proofs.build(self.round, target, ballots, voters, NoTree()))

    def transfers(self, count: int, to: int = 0) -> list[bytes]:
        """Return transfers of different accounts."""
        return [
            self.sign(
                one, "Balances", "transfer_keep_alive", Id(self.accounts[to].public), UNIT + n
            )
            for n, one in enumerate(self.accounts[:count])
        ]

    def sign(self, by: Pair, pallet: str, name: str, *arguments: Any) -> bytes:
        """Return a signed call with the account's next nonce."""
        nonce = self.nonces.get(by.public, 0)
        self.nonces[by.public] = nonce + 1
        call = self.rules.calls.encode(pallet, name, *arguments)
        extra = Extra(IMMORTAL, nonce, 0)
        additional = self.rules.signatures.additional.encode(self.genesis.hash)
        payload = extrinsic_payload(call, extra.encode(), additional)
        return encode_signed(call, Signature(by.public, by.kind, by.sign(payload), extra))

    def rotation(self, validator: int, generation: int) -> bytes:
        """Return the extrinsic by which a validator sets new keys."""
        account, new = self.validators[validator], key(validator, generation)
        self.keys[new.public] = new
        message = ownership_message(account.public)
        keys = SessionKeys(new.public, new.public, new.public)
        return self.sign(account.pair, "Session", "set_keys", keys, new.sign(message) * 3)

    def blocks(self, first: int = 1) -> Sequence[Block]:
        """Return the blocks from a height to the head."""
        found = []
        for number in range(first, self.head.number + 1):
            block_hash = self.chain.hash_at(number)
            assert block_hash is not None
            block = self.chain.blocks.block(block_hash)
            assert block is not None
            found.append(block)
        return found
