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
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Protocol

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.offence import REPORT, Equivocation, KeyOwners, Kind, OffenceReports
from runtime.frame.unsigned import Admission, Why, admitted
from runtime.pallets.babe.skipped import SkippedEpochs, session_of, with_epoch
from runtime.pallets.babe.weights import WEIGHT_TOTAL, authority_weights
from runtime.primitives.block import BABE_ENGINE, Consensus, PreRuntime
from runtime.primitives.equivocation import BlockEquivocation, proves_two_blocks
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.membership import BABE_KEY, MembershipProof
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

BLOCK = Weight(reads=8, writes=9)
"""The slot, and the randomness of the block."""
EPOCH = Weight(reads=94, writes=16, compute=1_000_000)
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

    def rotate(self) -> Weight:
        """Begin a session; return what that cost its listeners."""
        ...

    def current_index(self) -> U32:
        """Return the number of the session under way."""
        ...

    def disabled(self) -> tuple[U32, ...]:
        """Return the places of the validators whose blocks are refused."""
        ...

    def queued(self) -> tuple[Validator, ...]:
        """Return the validators of the session after the one under way, in order."""
        ...


class BadAuthor(ValueError):
    """The block is by an author whose blocks are refused: there can be no such block."""


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_EQUIVOCATION_PROOF = 0, "The headers prove no offence of this author and slot."
    INVALID_KEY_OWNERSHIP_PROOF = 1, "No validator of the slot's session is shown to own the key."
    DUPLICATE_OFFENCE_REPORT = 2, "The offence was reported before."


WHY_NOT: dict[PalletError, Why] = {
    Error.INVALID_EQUIVOCATION_PROOF: Why.BAD_PROOF,
    Error.INVALID_KEY_OWNERSHIP_PROOF: Why.BAD_PROOF,
    Error.DUPLICATE_OFFENCE_REPORT: Why.STALE,
}

KIND: Kind = b"babe:equivocatio"

REPORT_TAG = "BabeEquivocation"


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
class Reports:
    """What reports of authors are checked with, and where they go."""

    owners: KeyOwners
    offences: OffenceReports


@dataclass(frozen=True, slots=True)
class Config:
    """Times of the chain, fixed by its spec."""

    slot_milliseconds: int
    epoch_slots: int


class Babe(Pallet):
    """Slots, epochs and randomness."""

    errors = Error

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

    skipped_epochs: Value[SkippedEpochs] = Value(default=())
    """Epochs before which some had no block, and the session of each: sessions are not skipped."""

    def __init__(
        self,
        context: Context,
        sessions: Sessions,
        work: Work,
        reports: Reports,
        config: Config,
        *,
        index: int,
        name: str = "Babe",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.sessions, self.work, self.reports, self.config = sessions, work, reports, config

    def build(self, randomness: H256) -> None:
        """Write the state of block 0; its authorities and randomness serve the first two epochs."""
        self.authorities = self.next_authorities = self._weighed()
        self.randomness = self.next_randomness = randomness

    @call(0, weight=REPORT)
    def report_equivocation(
        self,
        origin: Origin,
        equivocation_proof: BlockEquivocation,
        key_owner_proof: MembershipProof,
    ) -> None:
        """Prove that an author made two blocks in one slot: it loses a part of its bond.

        Whoever reports it first earns a part of what the treasury gets of it, seven eras later.
        """
        self._report(ensure_signed(origin), equivocation_proof, key_owner_proof)

    @call(1, weight=REPORT, pays_fee=False)
    def report_equivocation_unsigned(
        self,
        origin: Origin,
        equivocation_proof: BlockEquivocation,
        key_owner_proof: MembershipProof,
    ) -> None:
        """Prove that an author made two blocks, as a node does by itself when it sees them."""
        ensure_none(origin)
        self._report(self.context.author, equivocation_proof, key_owner_proof)

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
        """Enter the slot that the block claims, and the epoch if it begins with this block.

        Raises:
            BadAuthor: the author is disabled.
        """
        cost, claim = BLOCK, self.claim
        if claim is not None:
            if number == 1:
                self.genesis_slot = claim.slot
            self.current_slot = claim.slot
            epoch = self._epoch_of(claim.slot)
            if epoch > self.epoch_index:
                cost = cost + EPOCH + self._enter_epoch(epoch)
            if claim.authority_index in self.sessions.disabled():
                raise BadAuthor(f"authority {claim.authority_index} is disabled")
            output = claim.vrf.pre_output
            self.accumulator = blake2_256(self.accumulator + output)
            self.block_randomness[number] = blake2_256(b"block" + output)
            if number > RANDOMNESS_KEPT:
                del self.block_randomness[number - RANDOMNESS_KEPT]
        return cost

    @property
    def claim(self) -> PreDigest | None:
        """The slot claim in the digest of the block under way."""
        for item in self.context.digest:
            if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE:
                return decoded_claim(item.payload)
        return None

    def authority_index(self) -> int | None:
        """Return the index of the authority that claims the block."""
        claim = self.claim
        return None if claim is None else claim.authority_index

    def slot(self) -> Slot | None:
        """Return the slot that the block claims."""
        claim = self.claim
        return None if claim is None else claim.slot

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

    def slots_into_epoch(self) -> int:
        """Return how many slots of the epoch under way are over."""
        return (self.current_slot - self.genesis_slot) % self.config.epoch_slots

    def beacon(self) -> H256:
        """Return the randomness of the epoch under way."""
        return self.randomness

    def validate_unsigned(self, name: str, arguments: tuple[Any, ...]) -> Admission:
        """Let a report in that holds, if the chain does not know the offence."""
        if name != "report_equivocation_unsigned":
            return super().validate_unsigned(name, arguments)
        proof: BlockEquivocation
        proof, key_owner_proof = arguments
        with admitted(WHY_NOT):
            self._judge(proof, key_owner_proof)
        tag = (REPORT_TAG, (proof.offender, proof.slot))
        return Admission(encode(tag, tuple[str, tuple[PublicKey, Slot]]))

    def _report(
        self, reporter: AccountId | None, proof: BlockEquivocation, owner: MembershipProof
    ) -> None:
        is_first = self.reports.offences.report_offence(reporter, self._judge(proof, owner))
        ensure(is_first, Error.DUPLICATE_OFFENCE_REPORT)

    def _judge(self, proof: BlockEquivocation, owner: MembershipProof) -> Equivocation:
        """Return the offence that a report proves, cheap checks first."""
        ensure(proof.slot >= self.genesis_slot, Error.INVALID_EQUIVOCATION_PROOF)
        session = session_of(self._epoch_of(proof.slot), self.skipped_epochs)
        ensure(session == owner.session, Error.INVALID_KEY_OWNERSHIP_PROOF)
        offender = require(
            self.reports.owners.check_proof(BABE_KEY, proof.offender, owner),
            Error.INVALID_KEY_OWNERSHIP_PROOF,
        )
        time_slot = encode(proof.slot, Slot)
        offence = Equivocation(KIND, time_slot, session, owner.validator_count, offender)
        is_known = self.reports.offences.is_known_offence(offence)
        ensure(not is_known, Error.DUPLICATE_OFFENCE_REPORT)
        ensure(proves_two_blocks(proof), Error.INVALID_EQUIVOCATION_PROOF)
        return offence

    def _epoch_of(self, slot: int) -> int:
        return (slot - self.genesis_slot) // self.config.epoch_slots

    def _enter_epoch(self, epoch: int) -> Weight:
        self.previous_beacon = (self.epoch_index, self.randomness)
        self.epoch_index = epoch
        self.randomness, self.authorities = self.next_randomness, self.next_authorities
        cost = self.sessions.rotate()
        self.skipped_epochs = with_epoch(epoch, self.sessions.current_index(), self.skipped_epochs)
        self.next_authorities = self._weighed()
        self.next_randomness = blake2_256(self.accumulator + encode(epoch, U64))
        self.accumulator = bytes(32)
        log = NextEpochData(self.next_authorities, self.next_randomness)
        payload = bytes((NextEpochData.index,)) + encode(log, NextEpochData)
        self.context.digest.append(Consensus(BABE_ENGINE, payload))
        return cost

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


@lru_cache(maxsize=8)  # the author, the time and the hook of one block ask
def decoded_claim(payload: bytes) -> PreDigest:
    """Return the slot claim that the log of an author holds."""
    claim: PreDigest = decode(payload, PreDigest)
    return claim
