"""What the economy promises of every mint, burn and payment, on a chain that sees all of it."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import constants
from runtime.books.books import Books, terms_of
from runtime.books.ledger import Difference
from runtime.compute.job import PERBILL
from runtime.compute.price import Fee
from runtime.frame.fungible import MintReason
from runtime.frame.pallet import FINALIZATION, Record
from runtime.pallets import amax_distribution, emission, jobs
from runtime.pallets.balances import Deposit, Minted, TransferOnHold
from runtime.pallets.emission import formulas
from runtime.pallets.jobs import money
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.support.economy import EconomyNode, Told

CAP, TARGET = 10**9 * UNIT, 700_000_000


def events(told: Told) -> Iterator[object]:
    return (record.event for record in told.records)


def all_records(economy: EconomyNode) -> list[Record]:
    return [record for told in economy.story for record in told.records]


def test_req_28_req_58_the_issuance_grows_only_with_a_settled_contribution(
    economy: EconomyNode,
) -> None:
    contributions = (jobs.SegmentSettled, emission.AvailabilityPaid, emission.DeferredPaid)
    minting = 0
    for told in economy.story:
        if any(isinstance(event, Minted) for event in events(told)):
            minting += 1
            assert any(isinstance(event, contributions) for event in events(told)), told.number
    assert minting == 3


def test_req_58_every_mint_is_followed_by_the_contribution_that_it_is_for(
    economy: EconomyNode,
) -> None:
    open_amount = 0
    for record in all_records(economy):
        event = record.event
        if isinstance(event, Minted) and record.pallet.name == "Balances":
            open_amount += event.amount
        elif isinstance(event, emission.WorkMinted):
            assert (open_amount, event.job >= 0) == (event.amount, True)
            open_amount = 0
        elif isinstance(event, emission.AvailabilityPaid):
            assert open_amount == event.amount + event.validators + event.oracles
            open_amount = 0
    assert open_amount == 0


@pytest.mark.parametrize(("told", "is_right"), [(UNIT, True), (UNIT - 1, False), (None, False)])
def test_req_27_amax_comes_into_being_by_claims_alone(
    economy: EconomyNode, told: int | None, is_right: bool
) -> None:
    """No work of a test is enough for AMAX, so the books read a block that is made up."""
    runtime, who = economy.runtime(), economy.provider.public
    runtime.amax.mint(MintReason.DISTRIBUTION, who, UNIT)
    if told is not None:
        parts = amax_distribution.Parts(told, 0, 0, 0)
        runtime.amax_distribution.deposit(amax_distribution.Claimed(who, parts, 3, 4))
    terms = terms_of(economy.maker.genesis_config.chain)
    books = Books(terms, economy.genesis.agpu, economy.genesis.amax)
    with nullcontext() if is_right else pytest.raises(Difference, match="a claim of AMAX: wanted"):
        books.read(1, runtime.context.events)


def test_req_20_the_slices_of_a_mint_add_up_to_it_by_dimension(economy: EconomyNode) -> None:
    to, found = constants.MINTED_TO, []
    slices: dict[bytes, int] = {}
    for record in all_records(economy):
        event = record.event
        if isinstance(event, Minted) and record.pallet.name == "Balances":
            slices[event.who] = slices.get(event.who, 0) + event.amount
        elif isinstance(event, emission.WorkMinted):
            found.append((event, slices))
            slices = {}
    (matched, first), (direct, second) = found
    whole = matched.amount
    assert sum(first.values()) == whole
    own = whole * 55 // 100 * matched.performance // PERBILL
    assert first.pop(economy.provider.public) == own
    assert sum(second.values()) == direct.amount
    assert economy.provider.public not in second
    # a pool that does not exist yet cannot take less than dust: that is the treasury's
    dimensions = {to.infra, to.governance, to.accuracy, to.treasury}
    assert to.treasury in first.keys() | second.keys() <= dimensions


def test_req_59_work_and_capacity_are_bounded_by_burn_and_budget(economy: EconomyNode) -> None:
    tally = economy.runtime().emission.tally
    assert 0 < tally.minted_work <= DEFAULTS.emission.kappa_max * tally.burn_reemittable // PERBILL
    closed = [event for told in economy.story for event in events(told)]
    budgets = sum(one.budget for one in closed if isinstance(one, emission.EpochClosed))
    assert 0 < tally.minted_availability <= budgets


def test_req_63_a_receipt_stands_behind_every_payment(economy: EconomyNode) -> None:
    proven: set[tuple[int, int]] = set()
    paid = 0
    for record in all_records(economy):
        event = record.event
        if isinstance(event, jobs.SegmentVerified):
            assert event.proof_hash != bytes(32)
            proven.add((event.job, event.segment))
        elif isinstance(event, jobs.SegmentSettled):
            assert (event.job, event.segment) in proven
            paid += 1
    assert paid == 2


def test_req_3_providers_authors_and_the_treasury_are_paid_by_rules_with_a_name(
    economy: EconomyNode,
) -> None:
    node = economy
    paid = [e for t in node.story for e in events(t) if isinstance(e, jobs.SegmentSettled)]
    assert all(event.provider_paid > 0 for event in paid)
    moved = [e for t in node.story for e in events(t) if isinstance(e, TransferOnHold)]
    assert any(event.dest == node.provider.public for event in moved)
    fees = [one for t in node.story for one in t.records if isinstance(one.event, Deposit)]
    split = {one.event.who for one in fees if one.phase == FINALIZATION}
    assert split == {constants.TREASURY, node.author.public}
    given_back = {one.event.who for one in fees if one.phase != FINALIZATION}
    assert given_back == {node.provider.public}, "an accepted heartbeat is free"
    capacity = [
        e for t in node.story for e in events(t) if isinstance(e, emission.AvailabilityPaid)
    ]
    assert [event.amount > 0 for event in capacity] == [True]


@given(
    parts=st.tuples(*(st.integers(0, 10**6 * UNIT) for _ in range(3))),
    reputation=st.integers(0, PERBILL),
    issuance=st.integers(0, CAP),
    used=st.integers(0, PERBILL),
)
def test_req_61_every_paid_unit_shrinks_the_supply(
    parts: tuple[int, int, int], reputation: int, issuance: int, used: int
) -> None:
    fee = Fee(*parts)
    found = money.split(fee, reputation, DEFAULTS.fees)
    minted = found.burn * formulas.kappa(DEFAULTS.emission, TARGET, CAP, issuance, used) // PERBILL
    burned = found.burn + found.scarcity_burn
    assert 2 * minted <= burned
    if fee.base >= 10:
        assert minted < burned


def test_req_5_who_contributed_nothing_was_minted_nothing(economy: EconomyNode) -> None:
    pools = {getattr(constants.MINTED_TO, name) for name in constants.MINTED_TO.__slots__}
    minted = {e.who for t in economy.story for e in events(t) if isinstance(e, Minted)}
    assert economy.provider.public in minted
    assert minted <= {economy.provider.public, *pools}
