"""The pallets that closed a block go on with the next: they hold nothing that was of a block."""

from typing import Any

from runtime.executive import Executive
from runtime.frame.pallet import Record
from runtime.frame.storage import BoundMap
from runtime.primitives.block import Block, Header
from tests.support.chain import at_once
from tests.support.flat_chain import FlatChain
from tests.support.full_chain import FullChain
from tests.support.grown import GrownChain

BLOCKS = 25
"""Over the borders of two epochs and more."""


def held(chain: FlatChain) -> dict[str, dict[str, Any]]:
    """Return what each pallet holds beside its storage; `slots` are keys, not values."""
    return {
        pallet.name: {
            name: value for name, value in vars(pallet).items() if not isinstance(value, BoundMap)
        }
        for pallet in chain.runtime.pallets
    }


def test_a_pallet_holds_no_data_of_its_own() -> None:
    chain = FullChain()
    runtime, before = chain.runtime, held(chain)
    for _ in range(3):
        chain.close(is_checked=False)
    assert chain.runtime is runtime, "the pallets went on"
    for name, after in held(chain).items():
        assert list(after) == list(before[name]), name
        assert [key for key in after if after[key] is not before[name][key]] == [], name


def test_pallets_that_go_on_do_what_new_ones_do() -> None:
    """Every block of a chain, executed by one executive and each by an executive of its own."""
    grown, parents = GrownChain(accounts=20), list[Header]()
    for number in range(BLOCKS):
        parents.append(grown.head)
        grown.grow(*grown.transfers(3, to=number % 20))
    config, genesis_hash = grown.genesis_config.chain, grown.genesis.hash
    kept = Executive(config, genesis_hash)
    for parent, header in zip(parents, (*parents[1:], grown.head), strict=True):
        block = Block(header, grown.chain.body(header.hash) or ())
        state = grown.chain.state_at(parent.hash)
        results = [
            at_once(one.execute(block, parent, state, {}))
            for one in (kept, Executive(config, genesis_hash))
        ]
        ours, theirs = ((one.header, [told(event) for event in one.events]) for one in results)
        assert ours == theirs


def told(record: Record) -> tuple[int, str, object]:
    return record.phase, record.pallet.name, record.event
