"""The compute market under random calls, reckoned anew: the books understand every payment.

The crowd is that of the jobs' machine; after everything that it does, the events are read into
books that began with the same balances, and every payment, slash, refund and mint must be right.
"""

import pytest

from runtime.books.books import Books, Terms
from runtime.books.ledger import holdings_of
from runtime.pallets import emission
from runtime.pallets.balances import Minted
from runtime.pallets.jobs import SegmentSettled
from tests.pallets.compute_market import DEPOSIT, MINTED_TO, POTS
from tests.property.test_jobs_machine import Crowd


class BookedCrowd(Crowd):
    """Keeps books of what it does."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        world = self.world
        minting = emission.Config(MINTED_TO, world.emission.config.era_blocks)
        terms = Terms(world.jobs.config, world.referral.config, minting, POTS.treasury, DEPOSIT)
        self.books = Books(terms, holdings_of(world.token), {})

    def count_the_money(self) -> None:
        world = self.world
        self.books.read(world.context.number, list(world.context.events))
        ledger = self.books.agpu
        found = {who: ledger.holding(who) for who in ledger.accounts()}
        assert found == holdings_of(world.token)
        super().count_the_money()


@pytest.mark.parametrize("die", range(2))
def test_the_books_understand_whatever_a_crowd_does(die: int) -> None:
    crowd = BookedCrowd(die)
    crowd.run(300)
    assert crowd.books.settlements.deals == {}, "every job is closed in the end"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_five_thousand_random_calls_leave_no_payment_unexplained() -> None:
    crowd = BookedCrowd(2027)
    crowd.run(5_000)
    assert crowd.seen[SegmentSettled] > 0
    assert crowd.seen[Minted] > 0
    assert crowd.books.settlements.deals == {}
