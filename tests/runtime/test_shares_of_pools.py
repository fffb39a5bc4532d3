"""Shares of pools are what pools have counted: nobody makes, takes or ends them otherwise."""

import pytest

from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Root
from runtime.frame.dispatch import Origin
from runtime.primitives.extrinsic import Id
from tests.property.everybody import genesis_of
from tests.support.chain import pair
from tests.support.flat_chain import FlatChain

WHO = Id(pair(1).public)
FORCED = (
    ("force_create", 3, WHO, True, 1),
    ("force_asset_status", 0, WHO, WHO, WHO, WHO, 1, True, False),
    ("start_destroy", 0),
    ("force_set_metadata", 0, b"name", b"N", 6, False),
    ("force_clear_metadata", 0),
    ("force_cancel_approval", 0, WHO, WHO),
)


@pytest.mark.parametrize("call", FORCED, ids=lambda call: call[0])
def test_not_even_the_chain_itself_forces_shares(call: tuple) -> None:
    """With the number of the next pool taken no pool could be made; with a team of its own a
    pool without its locked shares had others: a run of random calls found it."""
    chain = FlatChain(genesis_of([pair(number).public for number in range(1, 5)]))
    name, *arguments = call
    origins: list[Origin] = [Root(), *(Governed(one) for one in GovernanceOrigin)]
    for origin in origins:
        with pytest.raises(DispatchError) as refused:
            chain.dispatch(chain.call("PoolAssets", name, *arguments), origin)
        assert refused.value.error is BadOrigin.BAD_ORIGIN
