"""The transactions of a provider: good on every branch above the last final block."""

from types import SimpleNamespace
from typing import Any

from node.keystore.keystore import Keystore, KeyType
from node.pool.pool import TransactionPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.verified import VerifiedCache
from node.provider import ERA_BLOCKS, ProviderPair, ProviderSubmit
from runtime.primitives.extrinsic import Extrinsic, decode_extrinsic
from runtime.validity import Checked
from tests.node.backend_support import MemoryNode


async def sent(node: MemoryNode) -> Extrinsic:
    """Let the provider send a call, and return it as the pool has it."""
    keystore = Keystore()
    keystore.insert(KeyType.PROVIDER, node.provider)
    known: VerifiedCache[Checked] = VerifiedCache()
    pool = TransactionPool(RuntimeValidator(node.executive, node.chain, known), now=lambda: 0.0)
    ground: Any = SimpleNamespace(
        executive=node.executive, chain=node.chain, pool=pool, receipts=None
    )
    pair = ProviderPair(keystore, node.provider.public)

    async def publish(*_: object) -> None:
        raise AssertionError("only calls are sent here")

    await ProviderSubmit(ground, pair, publish, publish).call("Providers", "chill", {})
    (entry,) = pool.ready()
    return decode_extrinsic(entry.raw)


def birth(extrinsic: Extrinsic, number: int) -> int:
    assert extrinsic.signature is not None
    return extrinsic.signature.extra.era.birth(number)


async def test_a_call_counts_from_the_last_final_block() -> None:
    node = MemoryNode()
    node.register()
    node.pass_blocks(5)
    final = node.chain.hash_at(3)
    assert final is not None
    node.chain.finalize(final)
    assert birth(await sent(node), node.number) == 3


async def test_a_call_keeps_half_of_its_time_while_finality_stands_still() -> None:
    node = MemoryNode()
    node.register()
    node.pass_blocks(ERA_BLOCKS)
    assert birth(await sent(node), node.number) == node.number - ERA_BLOCKS // 2
