"""Blocks call the hooks of those pallets that have one, in the order of all pallets."""

from runtime.frame import Weight
from runtime.frame.pallet import Context, Pallet, with_hook
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie, fetch_nothing
from tests.support.full_chain import FullChain


class Idle(Pallet):
    """Has no hook."""


class Busy(Idle):
    """Has one, and a kind of its own that inherits it."""

    def on_initialize(self, number: int) -> Weight:
        return Weight(reads=1)


class Heir(Busy):
    """Has what Busy has."""


def test_a_hook_is_called_where_a_class_or_one_above_it_has_it() -> None:
    context = Context(Overlay(Trie(None, fetch_nothing)), number=1)
    kinds = (Idle, Heir, Pallet, Busy)
    pallets = [kind(context, index=n, name=kind.__name__) for n, kind in enumerate(kinds)]
    assert with_hook(pallets, Pallet.on_initialize) == (pallets[1], pallets[3])
    assert with_hook(pallets, Pallet.on_finalize) == ()


def test_pallets_that_blocks_do_not_call_do_nothing_and_cost_nothing() -> None:
    runtime = FullChain().runtime
    assert [one for one in runtime.pallets if one in runtime.opening] == list(runtime.opening)
    for pallet in runtime.pallets:
        if pallet not in runtime.opening:
            assert pallet.on_initialize(1) == Weight()
        if pallet not in runtime.closing:
            assert type(pallet).on_finalize is Pallet.on_finalize
    assert 0 < len(runtime.closing) < len(runtime.opening) < len(runtime.pallets) / 2
