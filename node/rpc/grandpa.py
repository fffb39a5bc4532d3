"""The grandpa namespace: how finality is doing, and its proofs."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import Finality, RoundState, RoundVotes
from node.rpc.errors import Code, RpcError
from node.rpc.heads import Heads
from node.rpc.registry import method, subscription
from node.rpc.subscriptions import Topic
from node.rpc.values import Height, maybe_hex


class VotesJson(msgspec.Struct, frozen=True, rename="camel"):
    """Votes of one kind, and who has not voted."""

    current_weight: int
    missing: list[str]


class RoundJson(msgspec.Struct, frozen=True, rename="camel"):
    """One round."""

    round: int
    total_weight: int
    threshold_weight: int
    prevotes: VotesJson
    precommits: VotesJson


class RoundStateJson(msgspec.Struct, frozen=True, rename="camel"):
    """All rounds under way."""

    set_id: int
    best: RoundJson
    background: list[RoundJson]


class GrandpaNamespace:
    """What clients ask about finality."""

    def __init__(self, finality: Finality, heads: Heads, addresses: Addresses) -> None:
        self._finality = finality
        self._heads = heads
        self._addresses = addresses

    @method("grandpa_roundState")
    def round_state(self) -> RoundStateJson:
        """Return the rounds under way."""
        state = self._finality.rounds()
        if state is None:
            raise RpcError(Code.GRANDPA_NOT_READY, "GRANDPA RPC endpoint not ready")
        background = [self._round_json(each) for each in state.background]
        return RoundStateJson(state.set_id, self._round_json(state.best), background)

    @method("grandpa_proveFinality")
    def prove_finality(self, block: Height) -> str | None:
        """Return the proof that the block of this number is final, or null when it is not."""
        return maybe_hex(self._finality.finality_proof(block))

    @subscription(
        "grandpa_subscribeJustifications",
        notification="grandpa_justifications",
        unsubscribe=("grandpa_unsubscribeJustifications",),
    )
    def subscribe_justifications(self) -> Topic:
        """Follow the proofs of finality."""
        return self._heads.justifications

    def _round_json(self, state: RoundState) -> RoundJson:
        return RoundJson(
            round=state.round,
            total_weight=state.total_weight,
            threshold_weight=state.threshold_weight,
            prevotes=self._votes_json(state.prevotes),
            precommits=self._votes_json(state.precommits),
        )

    def _votes_json(self, votes: RoundVotes) -> VotesJson:
        missing = [self._addresses.encode(voter) for voter in votes.missing]
        return VotesJson(votes.current_weight, missing)
