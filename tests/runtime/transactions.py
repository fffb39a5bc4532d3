"""Transactions of the extrinsic tests, and how the chain refuses them."""

import pytest

from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.validity import Invalid, InvalidTransaction
from tests.support.chain import MemoryChain


def transfer(chain: MemoryChain, amount: int = UNIT) -> bytes:
    """Return the call of a transfer to the second account."""
    return chain.call("Balances", "transfer_keep_alive", Id(chain.pairs[1].public), amount)


def refusal(chain: MemoryChain, raw: bytes) -> Invalid:
    """Return why a transaction is refused: by the pool's rule and by the block's alike."""
    with pytest.raises(InvalidTransaction) as in_pool:
        chain.executive.validate(raw, chain.state, chain.head, {})
    with pytest.raises(InvalidTransaction) as in_block:
        chain.build([raw])
    assert in_pool.value.kind is in_block.value.kind
    return in_pool.value.kind
