"""Attacks on votes, on the runtime's pallets: AMAX that votes twice, places that are kept."""

from __future__ import annotations

import pytest

from runtime.frame import GovernanceOrigin, Governed, Signed, ensure_root
from runtime.frame.fungibles import AMAX
from runtime.frame.origins import ROOT_CALLER
from runtime.pallets.conviction_voting import Conviction, Error
from runtime.pallets.treasury import Treasury
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.tracks import treasury_config
from tests.pallets.governance_world import (
    ANNA,
    BERT,
    CARA,
    CONFIG,
    DORA,
    ERA,
    GovernanceWorld,
    seasoned_world,
)
from tests.support.bench import account
from tests.support.free_terms import free_terms
from tests.support.no_assets import NoAssets

KILLER = Governed(GovernanceOrigin.REFERENDUM_KILLER)
TRACK = 20
STAKE = 50_000 * UNIT


@pytest.fixture
def world() -> GovernanceWorld:
    return seasoned_world()


def test_amax_that_voted_and_was_sold_votes_in_no_referendum_that_its_buyer_can_still_reach(
    world: GovernanceWorld,
) -> None:
    sold = world.submit(by=CARA)
    world.cast(ANNA, sold, STAKE, conviction=Conviction.NONE)
    world.call(world.voting.unseason, Signed(ANNA), STAKE)
    everything = world.amax.free(ANNA)
    world.call(world.amax.transfer_all, Signed(ANNA), Id(DORA), False)
    assert world.amax.free(ANNA) == STAKE, "what votes stays, although it is set aside no more"
    world.call(world.voting.remove_vote, Signed(ANNA), TRACK, sold)
    world.call(world.voting.unlock, Signed(ANNA), TRACK, Id(ANNA))
    world.call(world.amax.transfer_all, Signed(ANNA), Id(DORA), False)
    assert world.amax.free(ANNA) == 0 < everything
    world.call(world.voting.season, Signed(DORA), STAKE)
    with world.refuses(Error.NOT_SEASONED):
        world.cast(DORA, sold, STAKE)
    world.cast(BERT, sold, STAKE)
    world.call(world.voting.delegate, Signed(DORA), TRACK, Id(BERT), Conviction.LOCKED6X, STAKE)
    assert world.status(sold).tally.support == STAKE, "nor through somebody who may vote"


def test_attack_of_a_whale_amax_that_the_treasury_pays_votes_as_late_as_bought_amax(
    world: GovernanceWorld,
) -> None:
    """A majority that pays itself out of the treasury has no vote more where it already decides."""
    treasury = world.add(
        Treasury(
            world.context,
            world.agpu,
            world.amax,
            ensure_root,
            treasury_config(CONFIG, 5),
            terms=free_terms(world.context),
            assets=NoAssets(),
            index=19,
        )
    )
    world.amax.mint_into(treasury.account, 10_000 * STAKE)
    whale = account(9)
    spender = Governed(GovernanceOrigin.SMALL_SPENDER)
    world.call(treasury.spend, spender, AMAX, STAKE, Id(whale), None)
    world.call(treasury.payout, Signed(ANNA), 0)
    assert world.amax.free(whale) == STAKE
    running = world.submit(by=CARA)
    with world.refuses(Error.NOT_SEASONED):
        world.cast(whale, running, STAKE)
    world.call(world.voting.season, Signed(whale), STAKE)
    world.block(6 * ERA)
    early = world.submit(by=CARA)
    for poll in (running, early):
        with world.refuses(Error.NOT_SEASONED):
            world.cast(whale, poll, STAKE)
    world.block(ERA + 1)
    late = world.submit(by=CARA)
    world.cast(whale, late, STAKE)
    assert world.status(late).tally.support == STAKE


def test_delegating_in_a_circle_gives_nobody_more_than_its_own(world: GovernanceWorld) -> None:
    for who, to in ((ANNA, BERT), (BERT, CARA), (CARA, ANNA)):
        world.call(world.voting.delegate, Signed(who), TRACK, Id(to), Conviction.LOCKED6X, STAKE)
    world.block(ERA)
    poll = world.submit()
    with world.refuses(Error.ALREADY_DELEGATING):
        world.cast(ANNA, poll, STAKE)
    assert world.status(poll).tally.support == 0
    world.call(world.voting.undelegate, Signed(ANNA), TRACK)
    world.cast(ANNA, poll, STAKE)
    assert world.status(poll).tally.support == 2 * STAKE, "its own, and that of who trusts it"


def test_whoever_keeps_the_one_place_of_the_root_track_loses_both_deposits_and_the_place(
    world: GovernanceWorld,
) -> None:
    for who in (CARA, DORA):
        world.amax.mint_into(who, STAKE)
    junk = world.submit(13, by=CARA, origin=ROOT_CALLER)
    wanted = world.submit(7, by=DORA, origin=ROOT_CALLER)
    world.deposit(junk, by=CARA)
    world.deposit(wanted, by=DORA)
    world.block(ERA + 1)
    assert [world.status(one).deciding is not None for one in (junk, wanted)] == [True, False]
    before = world.amax.total(CARA)
    world.call(world.referenda.kill, KILLER, junk)
    assert world.amax.total(CARA) == before - 20_010 * UNIT
    assert world.status(wanted).deciding is not None, "the next is decided in the same block"
