"""A refusal names the pallet that was called, also where two are instances of one."""

import pytest

from runtime.frame import DispatchError, Signed
from runtime.frame.outcome import Module, ModuleError, failure_of
from runtime.pallets.assets.events import Error
from runtime.pallets.utility import ItemFailed
from runtime.primitives.extrinsic import Id
from tests.property.everybody import genesis_of
from tests.support.chain import pair
from tests.support.flat_chain import FlatChain

WHO = pair(1).public
NOWHERE = 77
"""An asset that neither of the two ledgers has."""


@pytest.fixture(scope="module")
def chain() -> FlatChain:
    return FlatChain(genesis_of([WHO]))


@pytest.mark.parametrize("name", ["Assets", "PoolAssets"])
def test_a_refusal_names_the_instance_that_was_called(chain: FlatChain, name: str) -> None:
    """Shares of pools were refused in the name of Assets: both have one list of errors."""
    runtime = chain.runtime
    unknown = chain.call(name, "transfer", NOWHERE, Id(WHO), 1)
    wanted = Module(ModuleError(runtime.by_name[name].index, bytes((Error.UNKNOWN.value, 0, 0, 0))))

    with pytest.raises(DispatchError) as refused:
        chain.dispatch(unknown, Signed(WHO))
    assert failure_of(refused.value, runtime.error_indices) == wanted

    chain.dispatch(chain.call("Utility", "force_batch", (unknown,)), Signed(WHO))
    (told,) = [one.event for one in runtime.context.events if isinstance(one.event, ItemFailed)]
    assert told.error == wanted
    runtime.context.events.clear()
