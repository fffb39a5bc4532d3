"""The chain namespace: headers, blocks, hashes, and the news of them."""

import msgspec

from node.rpc.backend import HeaderReader, Justifications
from node.rpc.blocks import HeaderJson, block_hash_or_best, extrinsic_to_wire, header_json
from node.rpc.heads import Heads
from node.rpc.registry import method, subscription
from node.rpc.subscriptions import Topic
from node.rpc.values import Hash, Heights, maybe_hex, to_hex
from runtime.primitives.block import GRANDPA_ENGINE


class BlockJson(msgspec.Struct, frozen=True):
    """A header and its extrinsics, each with its length in front."""

    header: HeaderJson
    extrinsics: tuple[str, ...]


class SignedBlockJson(msgspec.Struct, frozen=True):
    """A block and, where it has one, the proof that it is final: engine and bytes as numbers."""

    block: BlockJson
    justifications: tuple[tuple[list[int], list[int]], ...] | None


class ChainNamespace:
    """What clients ask about blocks."""

    def __init__(self, chain: HeaderReader, justifications: Justifications, heads: Heads) -> None:
        self._chain = chain
        self._justifications = justifications
        self._heads = heads

    @method("chain_getHeader")
    def get_header(self, hash: Hash | None = None) -> HeaderJson | None:
        """Return a header; the best block's without a hash."""
        header = self._chain.best if hash is None else self._chain.header(hash)
        return None if header is None else header_json(header)

    @method("chain_getBlock")
    def get_block(self, hash: Hash | None = None) -> SignedBlockJson | None:
        """Return a block with its extrinsics; the best one without a hash."""
        block_hash = block_hash_or_best(self._chain, hash)
        header, body = self._chain.header(block_hash), self._chain.body(block_hash)
        if header is None or body is None:
            return None
        proof = self._justifications.justification(block_hash)
        return SignedBlockJson(
            block=BlockJson(
                header=header_json(header),
                extrinsics=tuple(to_hex(extrinsic_to_wire(extrinsic)) for extrinsic in body),
            ),
            justifications=None if proof is None else ((list(GRANDPA_ENGINE), list(proof)),),
        )

    @method("chain_getBlockHash", "chain_getHead")
    def get_block_hash(self, hash_or_list: Heights | None = None) -> str | list[str | None] | None:
        """Return the best chain's hash at a number, or at each of a list; the best one without.

        Number 0 is the block that the chain begins with, also in a fork of another chain, whose
        first number is higher: by it clients know which chain they sign for.
        """
        if hash_or_list is None:
            return to_hex(self._chain.best.hash)
        hashes = [maybe_hex(self._hash_at(number)) for number in hash_or_list.values]
        return hashes if hash_or_list.is_list else hashes[0]

    @method("chain_getFinalizedHead", "chain_getFinalisedHead")
    def get_finalized_head(self) -> str:
        """Return the hash of the last final block."""
        return to_hex(self._chain.finalized.hash)

    def _hash_at(self, number: int) -> bytes | None:
        return self._chain.hash_at(number) if number else self._chain.genesis_hash

    @subscription(
        "chain_subscribeNewHeads",
        "chain_subscribeNewHead",
        "subscribe_newHead",
        notification="chain_newHead",
        unsubscribe=(
            "chain_unsubscribeNewHeads",
            "chain_unsubscribeNewHead",
            "unsubscribe_newHead",
        ),
    )
    def subscribe_new_heads(self) -> Topic:
        """Follow the best block."""
        return self._heads.new

    @subscription(
        "chain_subscribeAllHeads",
        notification="chain_allHead",
        unsubscribe=("chain_unsubscribeAllHeads",),
    )
    def subscribe_all_heads(self) -> Topic:
        """Follow every imported block, of forks too."""
        return self._heads.all

    @subscription(
        "chain_subscribeFinalizedHeads",
        "chain_subscribeFinalisedHeads",
        notification="chain_finalizedHead",
        unsubscribe=("chain_unsubscribeFinalizedHeads", "chain_unsubscribeFinalisedHeads"),
    )
    def subscribe_finalized_heads(self) -> Topic:
        """Follow finality."""
        return self._heads.finalized
