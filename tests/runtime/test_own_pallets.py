"""A chain of one's own may have more pallets than the release."""

import pytest

from runtime.construct import Runtime
from runtime.frame import Context, Pallet, PalletError
from runtime.genesis_state import empty_state
from runtime.state.overlay import Overlay
from tests.support.chain import CHAIN

FREE = 200


class Trouble(PalletError):
    """Errors of the pallet."""

    NONE_YET = 0, "Nothing went wrong yet."


class Own(Pallet):
    """A pallet of somebody's own."""

    errors = Trouble


def made() -> tuple[Runtime, Context]:
    context = Context(Overlay(empty_state()), number=0)
    return Runtime(context, CHAIN), context


def test_a_pallet_of_ones_own_is_found_by_its_name_and_its_errors_by_its_index() -> None:
    runtime, context = made()
    before = runtime.pallets
    own = Own(context, index=FREE, name="Own")
    runtime.add(own)
    assert runtime.pallets == (*before, own)
    assert runtime.by_name["Own"] is own
    assert runtime.error_indices[Trouble] == FREE
    assert runtime.by_name["System"] is before[0]


@pytest.mark.parametrize(
    ("index", "name", "complaint"),
    [(FREE, "System", "there is a pallet System already"), (0, "Own", "its index is another's")],
)
def test_a_pallet_takes_no_place_of_another(index: int, name: str, complaint: str) -> None:
    runtime, context = made()
    with pytest.raises(AssertionError, match=complaint):
        runtime.add(Own(context, index=index, name=name))
