"""Above its ceiling the treasury has no part of fees: on the real runtime, and in the books."""

import pytest

from runtime.books.ledger import Difference
from runtime.pallets.jobs import SegmentSettled
from runtime.pallets.stability import CeilingPassed
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.books.test_replay import changed, replay, without
from tests.support.economy import BENEFICIARY, EconomyNode


@pytest.fixture(scope="module")
def rich() -> EconomyNode:
    """Return a chain whose treasury has 40,000 of 160,000 AGPU, with fees of both kinds."""
    node = EconomyNode(treasury=40_000 * UNIT)
    node.register()
    node.completed()
    node.send(1, "Balances", "transfer_keep_alive", Id(BENEFICIARY), UNIT, tip=UNIT // 10)
    return node


def test_req_70_above_its_ceiling_the_part_of_the_treasury_burns(rich: EconomyNode) -> None:
    found = [one.event for told in rich.story for one in told.records]
    assert [one for one in found if isinstance(one, CeilingPassed)] == [CeilingPassed(True)]
    (settled,) = [one for one in found if isinstance(one, SegmentSettled)]
    assert settled.treasury == 0
    assert settled.fee == (
        settled.provider_paid + settled.validators + settled.oracles + settled.stakers
        + settled.burn + settled.scarcity_burn + settled.discount
    )  # fmt: skip
    in_fees = rich.story[-1].sums.treasury - rich.genesis.sums.treasury
    assert in_fees == sum(one.treasury for one in found if hasattr(one, "treasury")) + unearned(
        rich
    )


def unearned(node: EconomyNode) -> int:
    """Return what the treasury has of what work minted: that is no fee, and stays its."""
    held = [told.sums.treasury for told in (node.genesis, *node.story)]
    minted = [told.sums.minted["work"] for told in (node.genesis, *node.story)]
    steps = zip(held, held[1:], minted, minted[1:], strict=False)
    return sum(after - before for before, after, less, more in steps if more > less)


def test_the_books_follow_it(rich: EconomyNode) -> None:
    replay(rich, rich.story)


def test_a_treasury_that_is_paid_above_its_ceiling_is_a_difference(rich: EconomyNode) -> None:
    with pytest.raises(Difference, match="treasury, above its ceiling: wanted 0"):
        replay(rich, changed(rich.story, SegmentSettled, "treasury", 1))


def test_a_treasury_that_is_not_paid_below_its_ceiling_is_a_difference(rich: EconomyNode) -> None:
    with pytest.raises(Difference, match="treasury"):
        replay(rich, without(rich.story, CeilingPassed))
