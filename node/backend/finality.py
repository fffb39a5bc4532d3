"""What GRANDPA knows, for clients: the rounds under way, and proofs that blocks are final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from consensus.finality.round import Round
from consensus.finality.tally import Ballots, VoterSet
from node.chain import Chain
from node.rpc.backend import FinalityState, RoundState, RoundVotes
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.primitives.types import H256

MAX_UNKNOWN_HEADERS = 4096
"""Headers of one proof, below 1.5 MB: while a node catches up, justified blocks are far apart."""


@dataclass(frozen=True, slots=True)
class FinalityProof:
    """Proves a block final by a justification of it or of a block above it; Substrate's layout."""

    block: H256
    """The block that the justification is for."""
    justification: bytes
    unknown_headers: tuple[Header, ...]
    """From just above the block asked for up to `block`."""


class VotingRounds(Protocol):
    """The rounds of a voter; `consensus.finality.rounds.Rounds` is one."""

    @property
    def voters(self) -> VoterSet:
        """Who votes in them."""
        ...

    @property
    def previous(self) -> Round:
        """The round before, whose late votes still count."""
        ...

    @property
    def current(self) -> Round:
        """The round under way."""
        ...


class GrandpaFinality:
    """Tells how finality is doing; the `Finality` of the RPC."""

    def __init__(self, chain: Chain, rounds: VotingRounds | None = None) -> None:
        """Without `rounds` the node counts no votes, and says so."""
        self._chain, self._rounds = chain, rounds

    def rounds(self) -> FinalityState | None:
        """Return the rounds, or None while the voter is not running."""
        if self._rounds is None:
            return None
        previous, current = self._rounds.previous, self._rounds.current
        voters = self._rounds.voters
        background = () if previous.number == 0 else (round_state(previous, voters),)
        return FinalityState(voters.set_id, round_state(current, voters), background)

    def finality_proof(self, number: int) -> bytes | None:
        """Return the SCALE `FinalityProof` of a final block, or None when it is not final.

        The cost is one read per block up to the next one that has a justification.
        """
        blocks, last = self._chain.blocks, self._chain.finalized.number
        if blocks.hash_at(number) is None:
            return None  # before the first block of a fork, or above the best one
        unknown: list[Header] = []
        for height in range(number, min(last, number + MAX_UNKNOWN_HEADERS) + 1):
            block_hash = blocks.hash_at(height)
            assert block_hash is not None, "every final block is on the best chain"
            if height > number:
                unknown.append(blocks.known_header(block_hash))
            justification = blocks.justification(block_hash)
            if justification is not None:
                proof = FinalityProof(block_hash, justification, tuple(unknown))
                return encode(proof, FinalityProof)
        return None


def round_state(round_: Round, voters: VoterSet) -> RoundState:
    """Count the votes of a round."""
    return RoundState(
        round=round_.number,
        total_weight=voters.total,
        threshold_weight=voters.threshold,
        prevotes=_votes(round_.prevotes, voters),
        precommits=_votes(round_.precommits, voters),
    )


def _votes(ballots: Ballots, voters: VoterSet) -> RoundVotes:
    heard = sum(weight for voter, weight in voters.voters if voter in ballots)
    return RoundVotes(heard, tuple(voter for voter, _ in voters.voters if voter not in ballots))
