"""Babe: slots, epochs, the weights of authors, and randomness that they cannot choose.

The first block of epoch n announces what holds in epoch n + 1: its randomness and its authorities
with their weights, so that whoever reads headers alone knows them one epoch ahead. The weights are
those of stake and canonical work at that block (`weights`).
Each block carries a VRF output of its author. The outputs of one epoch make the randomness of the
epoch after the next, and each block's own output serves matching and challenges, two blocks later.
Source: BABE, https://research.web3.foundation/Polkadot/protocols/block-production/Babe
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

from runtime.frame import Context, Map, Pallet, Value, Weight, constant, invariant
from runtime.pallets.babe.weights import WEIGHT_TOTAL, authority_weights
from runtime.primitives.block import BABE_ENGINE, Consensus, PreRuntime
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.slot_claim import PreDigest
from runtime.primitives.types import H256, U32, U64, AccountId, BlockNumber, Moment, PublicKey, Slot

Authority = tuple[PublicKey, U64]
"""A block production key and its weight."""

MAX_AUTHORITIES = 64

Authorities = Annotated[tuple[Authority, ...], Bounded(MAX_AUTHORITIES)]

RANDOMNESS_KEPT = 256
"""Blocks whose randomness stays in state: far above every challenge window."""

BLOCK = Weight(reads=7, writes=9)
"""The slot, and the randomness of the block."""
EPOCH = Weight(reads=92, writes=14, compute=1_000_000)
"""What an epoch's first block does besides: the keys of 64 validators and 16 sums of their work."""


class Validator(Protocol):
    """A validator of the session after the one under way."""

    @property
    def account(self) -> AccountId:
        """Return its account."""
        ...

    @property
    def babe(self) -> PublicKey:
        """Return its block production key."""
        ...

    @property
    def stake(self) -> U64:
        """Return what it has at stake."""
        ...


class Sessions(Protocol):
    """The sessions, each an epoch long."""

    def rotate(self) -> None:
        """Begin a session."""
        ...

    def queued(self) -> tuple[Validator, ...]:
        """Return the validators of the session after the one under way, in order."""
        ...


class Work(Protocol):
    """The canonical work that counts."""

    def of(self, accounts: tuple[AccountId, ...]) -> tuple[int, ...]:
        """Return the work of each account in the window, in micro-CU."""
        ...


@dataclass(frozen=True, slots=True)
class NextEpochData:
    """The log that announces the epoch after the one that begins with this block."""

    index: ClassVar[int] = 1
    authorities: Authorities
    randomness: H256


@dataclass(frozen=True, slots=True)
class Config:
    """Times of the chain, fixed by its spec."""

    slot_milliseconds: int
    epoch_slots: int


class Babe(Pallet):
    """Slots, epochs and randomness."""

    epoch_index: Value[U64] = Value(default=0)
    """The number of this epoch."""
    authorities: Value[Authorities] = Value(default=())
    """The keys and weights that hold in this epoch."""
    next_authorities: Value[Authorities] = Value(default=())
    """The keys and weights that hold in the next epoch, as announced."""
    genesis_slot: Value[Slot] = Value(default=0)
    """The slot of block 1."""
    current_slot: Value[Slot] = Value(default=0)
    """The slot of this block."""
    randomness: Value[H256] = Value(default=bytes(32))
    """What the lottery of this epoch is drawn from."""
    next_randomness: Value[H256] = Value(default=bytes(32))
    """What the lottery of the next epoch is drawn from."""
    accumulator: Value[H256] = Value(default=bytes(32))
    """The running hash of the VRF outputs of the epoch under way."""
    previous_beacon: Value[tuple[U64, H256] | None] = Value(default=None)
    """The epoch before this one and its randomness: work seeded by it may still be on its way."""
    block_randomness: Map[BlockNumber, H256] = Map(hasher=TWOX_64_CONCAT)
    """Randomness of the recent blocks, by number."""

    def __init__(
        self,
        context: Context,
        sessions: Sessions,
        work: Work,
        config: Config,
        *,
        index: int,
        name: str = "Babe",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.sessions, self.work, self.config = sessions, work, config
        self.claim: PreDigest | None = slot_claim(context)

    def build(self, randomness: H256) -> None:
        """Write the state of block 0; its authorities and randomness serve the first two epochs."""
        self.authorities = self.next_authorities = self._weighed()
        self.randomness = self.next_randomness = randomness

    @constant
    def epoch_duration(self) -> U64:
        """Return the slots of an epoch."""
        return self.config.epoch_slots

    @constant
    def max_authorities(self) -> U32:
        """Return how many authorities there may be."""
        return MAX_AUTHORITIES

    @constant
    def expected_block_time(self) -> Moment:
        """Return the milliseconds of a slot."""
        return self.config.slot_milliseconds

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Enter the slot that the block claims, and the epoch if it begins with this block."""
        is_new_epoch = False
        if self.claim is not None:
            if number == 1:
                self.genesis_slot = self.claim.slot
            self.current_slot = self.claim.slot
            epoch = (self.claim.slot - self.genesis_slot) // self.config.epoch_slots
            is_new_epoch = epoch > self.epoch_index
            if is_new_epoch:
                self._enter_epoch(epoch)
            output = self.claim.vrf.pre_output
            self.accumulator = blake2_256(self.accumulator + output)
            self.block_randomness[number] = blake2_256(b"block" + output)
            if number > RANDOMNESS_KEPT:
                del self.block_randomness[number - RANDOMNESS_KEPT]
        return BLOCK + EPOCH if is_new_epoch else BLOCK

    def authority_index(self) -> int | None:
        """Return the index of the authority that claims the block."""
        return None if self.claim is None else self.claim.authority_index

    def slot(self) -> Slot | None:
        """Return the slot that the block claims."""
        return None if self.claim is None else self.claim.slot

    def of_block(self, number: BlockNumber) -> H256 | None:
        """Return the randomness of a recent block, which its author could only withhold."""
        return self.block_randomness.get(number)

    def of_epoch(self, epoch: int) -> H256 | None:
        """Return the beacon of the current epoch or of the one before it; None for any other."""
        if epoch == self.epoch_index:
            return self.randomness
        previous = self.previous_beacon
        return previous[1] if previous is not None and previous[0] == epoch else None

    def current_epoch(self) -> int:
        """Return the index of the epoch under way."""
        return self.epoch_index

    def _enter_epoch(self, epoch: int) -> None:
        self.previous_beacon = (self.epoch_index, self.randomness)
        self.epoch_index = epoch
        self.randomness, self.authorities = self.next_randomness, self.next_authorities
        self.sessions.rotate()
        self.next_authorities = self._weighed()
        self.next_randomness = blake2_256(self.accumulator + encode(epoch, U64))
        self.accumulator = bytes(32)
        log = NextEpochData(self.next_authorities, self.next_randomness)
        payload = bytes((NextEpochData.index,)) + encode(log, NextEpochData)
        self.context.digest.append(Consensus(BABE_ENGINE, payload))

    def _weighed(self) -> tuple[Authority, ...]:
        """Return the authorities of the next epoch, weighed by stake and work as they are now."""
        queued = self.sessions.queued()
        work = self.work.of(tuple(one.account for one in queued))
        weights = authority_weights(tuple(one.stake for one in queued), work)
        return tuple((one.babe, weight) for one, weight in zip(queued, weights, strict=True))

    @invariant
    def weights_are_shares_of_one_total(self) -> bool:
        """Announced weights sum to a billion, less what floors lose."""
        for authorities in (self.authorities, self.next_authorities):
            total = sum(weight for _, weight in authorities)
            if authorities and not WEIGHT_TOTAL - len(authorities) < total <= WEIGHT_TOTAL:
                return False
        return True


def slot_claim(context: Context) -> PreDigest | None:
    """Read the slot claim from the digest of the block under way."""
    for item in context.digest:
        if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE:
            claim: PreDigest = decode(item.payload, PreDigest)
            return claim
    return None
