"""What voters sign, and what a block's digest tells about them: for the chain and for consensus.

Source: `finality_grandpa`; `sp_consensus_grandpa::ConsensusLog`; Polkadot specification section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from runtime.primitives.block import GRANDPA_ENGINE, Consensus, Header
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import H256, U32, U64, PublicKey

Authority = tuple[PublicKey, U64]
"""A voting key and its weight."""

HASH_AND_NUMBER: tuple[tuple[str, Any], ...] = (("H", H256), ("N", U32))


@dataclass(frozen=True, slots=True)
class Prevote:
    """The best block the voter knows, given what the last round may have finalized."""

    index: ClassVar[int] = 0
    type_path: ClassVar[str] = "finality_grandpa::Prevote"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = HASH_AND_NUMBER
    target_hash: H256
    target_number: U32


@dataclass(frozen=True, slots=True)
class Precommit:
    """The highest block that more than two thirds prevoted, as the voter sees it."""

    index: ClassVar[int] = 1
    type_path: ClassVar[str] = "finality_grandpa::Precommit"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = HASH_AND_NUMBER
    target_hash: H256
    target_number: U32


@dataclass(frozen=True, slots=True)
class PrimaryPropose:
    """The round's primary names the block that the last round may have finalized."""

    index: ClassVar[int] = 2
    target_hash: H256
    target_number: U32


Message = Prevote | Precommit | PrimaryPropose


def signing_payload(message: Message, round_number: int, set_id: int) -> bytes:
    """Return the bytes a voter signs: stage(u8) hash number(u32) round(u64) set_id(u64)."""
    numbers = round_number.to_bytes(8, "little") + set_id.to_bytes(8, "little")
    return encode(message, Message) + numbers


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """The voters change `delay` blocks after the block with this log, once that is final."""

    index: ClassVar[int] = 1
    next_authorities: tuple[Authority, ...]
    delay: U32


@dataclass(frozen=True, slots=True)
class VoterDisabled:
    """The log that a voter offended. Its votes count all the same until it leaves the set.

    Finality has a threshold over all voters of a set: some nodes must not leave out a vote that
    others count.
    """

    index: ClassVar[int] = 3
    authority_index: U64

    def payload(self) -> bytes:
        """Return the bytes of the log."""
        return bytes((self.index,)) + encode(self, VoterDisabled)


def scheduled_change(header: Header) -> ScheduledChange | None:
    """Return the change of voters that a block announces.

    Raises:
        DecodeError: a log is not one that this chain makes.
    """
    logs = [
        item.payload
        for item in header.digest
        if isinstance(item, Consensus)
        and item.engine == GRANDPA_ENGINE
        and item.payload[:1] != bytes((VoterDisabled.index,))
    ]
    if not logs:
        return None
    if len(logs) > 1 or logs[0][:1] != bytes((ScheduledChange.index,)):
        raise DecodeError(f"wanted one change of voters, got {len(logs)} logs")
    change: ScheduledChange = decode(logs[0][1:], ScheduledChange)
    if change.delay != 0:
        raise DecodeError(f"wanted a change without delay, got {change.delay}")
    return change


def change_payload(change: ScheduledChange) -> bytes:
    """Return the log of a change of voters."""
    return bytes((ScheduledChange.index,)) + encode(change, ScheduledChange)
