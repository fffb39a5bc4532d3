"""A chain in memory: the real runtime on a real trie, without a network or a clock."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

from runtime.config import ChainConfig
from runtime.constants import TREASURY
from runtime.executive import Executed, Executive
from runtime.genesis_state import GenesisConfig, build_genesis, genesis_state
from runtime.pallets.oracle import Feed
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.primitives.block import BABE_ENGINE, Block, Digest, Header, PreRuntime
from runtime.primitives.crypto import KeyKind, Pair, pair_from_seed
from runtime.primitives.extrinsic import (
    IMMORTAL,
    Era,
    Extra,
    Signature,
    encode_bare,
    encode_proven,
    proof_payload,
)
from runtime.primitives.scale import encode
from runtime.primitives.slot_claim import PrimaryPreDigest, VrfSignature
from runtime.primitives.types import UNIT
from runtime.rules import Rules
from runtime.state.trie import Trie
from runtime.validity import Checked
from runtime.versions import VERSIONS, Versions
from tests.support.signing import signed

SLOT_MILLISECONDS = 3000
FIRST_SLOT = 1000

STAKE_OF_MANY = 100_000
"""What each of several validators has at stake, in existential deposits: enough to lose some."""

T = TypeVar("T")

CHAIN = ChainConfig(
    spec_name="starminer",
    spec_version=1,
    slot_milliseconds=SLOT_MILLISECONDS,
    epoch_slots=10,
    ss58_prefix=42,
    share_size=128,
    share_target=2**62,
    era_blocks=100,
    base_price_per_cu=UNIT,
    minimum_job_fee=UNIT // 100,
    job_start_blocks=10,
    job_run_blocks=20,
    minimum_provider_bond=100 * UNIT,
)


def pair(number: int) -> Pair:
    """Return a distinct ed25519 key pair."""
    return pair_from_seed(KeyKind.ED25519, number.to_bytes(32, "big"))


def at_once(work: Generator[None, None, T]) -> T:
    """Do work without the pauses that it offers to an event loop."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


class MemoryChain:
    """Builds blocks on top of each other and executes each as an importer would."""

    def __init__(
        self,
        accounts: int = 4,
        endowment: int = 1000 * UNIT,
        *,
        upgrade: Upgrade | None = None,
        versions: Versions = VERSIONS,
        chain: ChainConfig = CHAIN,
        amax: int = 0,
        treasury: int = 0,
        feeds: tuple[Feed, ...] = (),
        validators: int = 1,
        guardians: int = 0,
    ) -> None:
        """Endow each account with AGPU, and with AMAX if any is asked for; else the author.

        With feeds each account has a seat among the oracles. The first accounts validate, and the
        first of all authors every block; so many of the first accounts are guardians.
        """
        self.pairs = [pair(number) for number in range(1, accounts + 1)]
        author = self.pairs[0].public
        agpu = tuple((one.public, endowment) for one in self.pairs)
        voting = tuple((one.public, amax) for one in self.pairs)
        seated = tuple(one.public for one in self.pairs[:validators])
        stake = 1 if validators == 1 else STAKE_OF_MANY
        self.genesis_config = GenesisConfig(
            chain=chain,
            agpu=agpu if not treasury else (*agpu, (TREASURY, treasury)),
            amax=voting if amax else ((author, UNIT),),
            validators=seated,
            babe_authorities=tuple((one, stake) for one in seated),
            grandpa_authorities=tuple((one, stake) for one in seated),
            randomness=bytes(32),
            upgrade=upgrade,
            oracles=tuple(one.public for one in self.pairs) if feeds else (),
            feeds=feeds,
            guardians=tuple(one.public for one in self.pairs[:guardians]),
        )
        self.head, self.state = genesis_state(build_genesis(self.genesis_config, versions))
        self.genesis = self.head
        self.executive = Executive.of_state(self.state, self.genesis.hash, versions)
        self.slot = FIRST_SLOT

    @property
    def rules(self) -> Rules:
        """The rules of the next block."""
        return self.executive.rules_at(self.state)

    def call(self, pallet: str, name: str, *arguments: Any) -> bytes:
        """Encode a call."""
        return self.rules.calls.encode(pallet, name, *arguments)

    def sign(
        self, by: Pair, call: bytes, nonce: int, *, era: Era = IMMORTAL, tip: int = 0
    ) -> bytes:
        """Return a signed extrinsic."""
        birth = self.genesis.hash if not era.period else self.head.hash
        return signed(self.rules, by, call, Extra(era, nonce, tip), birth)

    def prove(
        self,
        by: Pair,
        call: bytes,
        nonce: int,
        *,
        era: Era = IMMORTAL,
        tip: int = 0,
        metadata_hash: bytes | None = None,
    ) -> bytes:
        """Return a general transaction that a proof authorizes."""
        extra = Extra(era, nonce, tip, metadata_hash is not None)
        birth = self.genesis.hash if not era.period else self.head.hash
        additional = self.rules.signatures.additional.encode(birth, metadata_hash)
        payload = proof_payload(call, extra.encode(), additional)
        return encode_proven(call, Signature(by.account, by.kind, by.sign(payload), extra))

    def digest(self, slot: int) -> Digest:
        """Return the digest that claims `slot`; its VRF output is made up, its shape is real."""
        claim = PrimaryPreDigest(0, slot, VrfSignature(slot.to_bytes(32, "big"), bytes(64)))
        payload = bytes((PrimaryPreDigest.index,)) + encode(claim, PrimaryPreDigest)
        return (PreRuntime(BABE_ENGINE, payload),)

    def timestamp(self, slot: int) -> bytes:
        """Return the timestamp inherent of a block in `slot`."""
        return encode_bare(self.call("Timestamp", "set", slot * SLOT_MILLISECONDS + 1))

    def build(self, extrinsics: Sequence[bytes] = ()) -> tuple[Block, Executed]:
        """Build a block on the head and leave the head where it is."""
        builder = self.executive.build(self.head, self.digest(self.slot), self.state)
        builder.push(self.timestamp(self.slot), {})
        for raw in extrinsics:
            builder.push(raw, {})
        return at_once(builder.finish())

    def execute(
        self,
        block: Block,
        known: dict[bytes, Checked] | None = None,
        *,
        by: Executive | None = None,
    ) -> Executed:
        """Execute a block on the head, as an importer does: this chain's executive, or another."""
        executive = by or self.executive
        return at_once(executive.execute(block, self.head, self.state, known or {}))

    def advance(self, *extrinsics: bytes) -> Executed:
        """Build a block, execute it apart from its building, and make it the head."""
        block, built = self.build(extrinsics)
        executed = self.execute(block)
        assert (executed.header, executed.state.root) == (built.header, built.state.root)
        self.adopt(executed.header, executed.state)
        return executed

    def adopt(self, head: Header, state: Trie) -> None:
        """Make a block the head, if its state is sound."""
        self.adopt_unchecked(head, state)
        self.runtime().try_state()

    def adopt_unchecked(self, head: Header, state: Trie) -> None:
        """Make a block the head."""
        self.head, self.state = head, state
        self.slot += 1

    def runtime(self) -> Any:
        """Return the pallets over the state of the head."""
        return self.executive.runtime_at(self.state, self.head.number)
