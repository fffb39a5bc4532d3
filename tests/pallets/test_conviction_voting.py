"""Conviction voting: what counts, what is bound and until when, delegation, seasoning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import Root, Signed, TokenError
from runtime.frame.dispatch import LookupFailure
from runtime.frame.fungible import FreezeReason
from runtime.frame.origins import ROOT_CALLER
from runtime.frame.polls import FinishedPoll, Tally
from runtime.pallets.conviction_voting import (
    Casting,
    Conviction,
    Delegated,
    Delegating,
    Delegations,
    Error,
    Seasoning,
    Split,
    SplitAbstain,
    Standard,
    Undelegated,
    Unseasoned,
    Vote,
    Voted,
    VoteRemoved,
    VoteUnlocked,
    seasoning,
)
from runtime.pallets.conviction_voting.seasoning import Chunk
from runtime.pallets.conviction_voting.types import MAX_VOTES
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import Id, Raw
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import (
    ANNA,
    BERT,
    CARA,
    DORA,
    ENDOWMENT,
    ERA,
    GovernanceWorld,
    seasoned_world,
)

SMALL_TRACK = 20
STAKE = 50_000 * UNIT
SEASON = 7 * ERA


@pytest.fixture
def world() -> GovernanceWorld:
    return seasoned_world()


def tally(world: GovernanceWorld, index: int = 0) -> Tally:
    found: Tally = world.status(index).tally
    return found


def locked(world: GovernanceWorld, who: bytes = ANNA) -> int:
    freezes = {one.id: one.amount for one in world.amax.freezes[who]}
    return freezes.get(FreezeReason.CONVICTION_VOTING, 0)


@pytest.mark.parametrize(
    ("conviction", "votes"), list(zip(Conviction, (1, 10, 20, 30, 40, 50, 60), strict=True))
)
def test_votes_count_by_conviction_and_support_does_not(
    world: GovernanceWorld, conviction: Conviction, votes: int
) -> None:
    world.submit()
    world.cast(ANNA, 0, 10 * UNIT, conviction=conviction)
    assert tally(world) == Tally(votes * UNIT, 0, 10 * UNIT)
    assert world.happened()[-1] == Voted(ANNA, Standard(Vote(True, conviction), 10 * UNIT))
    world.cast(ANNA, 0, 10 * UNIT, aye=False, conviction=conviction)
    assert tally(world) == Tally(0, votes * UNIT, 0)


def test_split_votes_have_no_conviction_and_abstaining_supports(world: GovernanceWorld) -> None:
    world.submit()
    world.call(world.voting.vote, Signed(ANNA), 0, Split(20 * UNIT, 10 * UNIT))
    assert tally(world) == Tally(2 * UNIT, UNIT, 20 * UNIT)
    world.call(world.voting.vote, Signed(ANNA), 0, SplitAbstain(20 * UNIT, 10 * UNIT, 5 * UNIT))
    assert tally(world) == Tally(2 * UNIT, UNIT, 25 * UNIT)
    assert locked(world) == 35 * UNIT


def test_a_vote_is_one_byte_and_wrong_ones_do_not_decode() -> None:
    raw = encode(Standard(Vote(True, Conviction.LOCKED3X), 5), Standard)
    assert raw[0] == 0x83
    assert decode(raw, Standard) == Standard(Vote(True, Conviction.LOCKED3X), 5)
    with pytest.raises(DecodeError, match="wanted a conviction of 0 to 6, got 7"):
        decode(b"\x07" + raw[1:], Standard)


def test_what_voted_cannot_be_moved(world: GovernanceWorld) -> None:
    world.submit()
    world.cast(ANNA, 0)
    world.call(world.voting.unseason, Signed(ANNA), STAKE)
    assert locked(world) == STAKE
    with world.refuses(TokenError.FROZEN):
        world.call(world.amax.transfer_allow_death, Signed(ANNA), Id(BERT), ENDOWMENT - STAKE + 1)


def test_votes_are_refused(world: GovernanceWorld) -> None:
    world.submit()
    with world.refuses(Error.NOT_ONGOING):
        world.cast(ANNA, 1)
    with world.refuses(Error.INSUFFICIENT_FUNDS):
        world.cast(ANNA, 0, ENDOWMENT + 1)
    with world.refuses(Error.NOT_SEASONED):
        world.cast(ANNA, 0, STAKE + 1)
    with world.refuses(Error.NOT_SEASONED):
        world.cast(DORA, 0, 1)


def test_an_account_has_so_many_votes_on_a_track(world: GovernanceWorld) -> None:
    for index in range(MAX_VOTES):
        world.submit()
        world.cast(ANNA, index, UNIT)
    world.submit()
    with world.refuses(Error.MAX_VOTES_REACHED):
        world.cast(ANNA, MAX_VOTES, UNIT)
    world.cast(ANNA, 0, 2 * UNIT)


def test_freshly_moved_amax_has_no_vote(world: GovernanceWorld) -> None:
    """Requirement 27: whoever buys AMAX to decide a referendum finds that it does not vote."""
    world.call(world.voting.season, Signed(DORA), STAKE)
    assert world.happened()[-1] == Seasoning(DORA, STAKE, world.context.number)
    index = world.submit(by=ANNA)
    world.block(SEASON - 1)
    early = world.submit(by=ANNA)
    world.block()
    ripe = world.submit(by=ANNA)
    for number in (index, early):
        with world.refuses(Error.NOT_SEASONED):
            world.cast(DORA, number, 1)
    world.cast(DORA, ripe)


def test_old_amax_lends_its_age_to_none(world: GovernanceWorld) -> None:
    world.call(world.voting.season, Signed(ANNA), 10 * UNIT)
    index = world.submit()
    with world.refuses(Error.NOT_SEASONED):
        world.cast(ANNA, index, STAKE + 1)
    world.cast(ANNA, index, STAKE)


def test_what_is_set_aside_is_taken_back_youngest_first(world: GovernanceWorld) -> None:
    start = world.voting.set_aside[ANNA][0].since
    world.call(world.voting.season, Signed(ANNA), 10 * UNIT)
    world.call(world.voting.unseason, Signed(ANNA), 30 * UNIT)
    assert world.happened()[-1] == Unseasoned(ANNA, 30 * UNIT)
    assert world.voting.set_aside[ANNA] == (Chunk(start, STAKE - 20 * UNIT),)
    with world.refuses(Error.NOT_SET_ASIDE):
        world.call(world.voting.unseason, Signed(ANNA), STAKE)
    with world.refuses(Error.INSUFFICIENT_FUNDS):
        world.call(world.voting.season, Signed(ANNA), ENDOWMENT)
    world.call(world.voting.unseason, Signed(ANNA), STAKE - 20 * UNIT)
    assert (world.voting.set_aside[ANNA], world.amax.freezes[ANNA]) == ((), ())


def test_a_vote_is_taken_back_while_its_referendum_is_open(world: GovernanceWorld) -> None:
    world.submit()
    world.cast(ANNA, 0)
    with world.refuses(Error.NO_PERMISSION):
        world.call(world.voting.remove_other_vote, Signed(BERT), Id(ANNA), SMALL_TRACK, 0)
    world.call(world.voting.remove_vote, Signed(ANNA), None, 0)
    assert (tally(world), locked(world)) == (Tally(), STAKE)
    vote = Standard(Vote(True, Conviction.LOCKED1X), STAKE)
    assert world.happened()[-1] == VoteRemoved(ANNA, vote)
    world.call(world.voting.unlock, Signed(BERT), SMALL_TRACK, Id(ANNA))
    assert world.happened()[-1] == VoteUnlocked(ANNA, SMALL_TRACK)
    assert locked(world) == 0
    with world.refuses(Error.NOT_VOTER):
        world.call(world.voting.remove_vote, Signed(ANNA), SMALL_TRACK, 0)


def passed(world: GovernanceWorld) -> int:
    """Let a referendum pass, with Cara against it; return the block of its approval."""
    world.submit()
    world.deposit(0)
    world.cast(ANNA, 0, conviction=Conviction.LOCKED2X)
    world.cast(BERT, 0, conviction=Conviction.NONE)
    world.cast(CARA, 0, STAKE // 5, aye=False, conviction=Conviction.LOCKED6X)
    world.pass_all(0)
    poll = world.referenda.poll(0)
    assert isinstance(poll, FinishedPoll)
    assert poll.is_approved
    return poll.end


def test_winners_are_bound_by_their_conviction_and_losers_are_free(world: GovernanceWorld) -> None:
    end = passed(world)
    remove, unlock = world.voting.remove_vote, world.voting.unlock
    with world.refuses(Error.CLASS_NEEDED):
        world.call(remove, Signed(ANNA), None, 0)
    with world.refuses(Error.NO_PERMISSION_YET):
        world.call(world.voting.remove_other_vote, Signed(DORA), Id(ANNA), SMALL_TRACK, 0)
    for who in (BERT, CARA):
        world.call(world.voting.remove_other_vote, Signed(DORA), Id(who), SMALL_TRACK, 0)
        world.call(unlock, Signed(DORA), SMALL_TRACK, Id(who))
        assert locked(world, who) == 0
    world.call(remove, Signed(ANNA), SMALL_TRACK, 0)
    world.until(end + 2 * SEASON - 1)
    world.call(unlock, Signed(ANNA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == STAKE
    world.block()
    world.call(unlock, Signed(ANNA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == 0


def test_anyone_clears_a_vote_whose_time_is_over(world: GovernanceWorld) -> None:
    end = passed(world)
    world.until(end + 2 * SEASON)
    world.call(world.voting.remove_other_vote, Signed(DORA), Id(ANNA), SMALL_TRACK, 0)
    world.call(world.voting.unlock, Signed(DORA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == 0


def test_who_abstains_is_bound_for_a_period_whatever_comes_out(world: GovernanceWorld) -> None:
    world.submit()
    world.deposit(0)
    world.call(world.voting.vote, Signed(CARA), 0, SplitAbstain(0, 10 * UNIT, 20 * UNIT))
    world.cast(ANNA, 0)
    world.cast(BERT, 0)
    world.pass_all(0)
    world.call(world.voting.remove_vote, Signed(CARA), SMALL_TRACK, 0)
    world.call(world.voting.unlock, Signed(CARA), SMALL_TRACK, Id(CARA))
    assert locked(world, CARA) == 20 * UNIT


def test_a_cancelled_referendum_binds_nobody(world: GovernanceWorld) -> None:
    world.submit()
    world.cast(ANNA, 0, conviction=Conviction.LOCKED6X)
    world.call(world.referenda.cancel, Root(), 0)
    world.call(world.voting.remove_other_vote, Signed(DORA), Id(ANNA), SMALL_TRACK, 0)
    world.call(world.voting.unlock, Signed(DORA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == 0


def delegate(
    world: GovernanceWorld,
    who: bytes = ANNA,
    to: bytes = BERT,
    amount: int = STAKE,
    conviction: Conviction = Conviction.LOCKED3X,
) -> None:
    world.call(world.voting.delegate, Signed(who), SMALL_TRACK, Id(to), conviction, amount)


def test_a_delegate_votes_for_those_who_trust_it(world: GovernanceWorld) -> None:
    world.block(ERA)
    index = world.submit()
    world.cast(BERT, index, 10 * UNIT)
    delegate(world)
    assert world.happened()[-1] == Delegated(ANNA, BERT)
    with_anna = Tally(10 * UNIT + 3 * STAKE, 0, 10 * UNIT + STAKE)
    assert tally(world) == with_anna
    assert world.voting.voting_for[ANNA, SMALL_TRACK] == Delegating(
        STAKE, BERT, Conviction.LOCKED3X, Delegations(), (0, 0)
    )
    world.call(world.voting.vote, Signed(BERT), index, Split(10 * UNIT, 0))
    assert tally(world) == Tally(UNIT, 0, 10 * UNIT)
    world.cast(BERT, index, 10 * UNIT, aye=False)
    assert tally(world) == Tally(0, 10 * UNIT + 3 * STAKE, 0)
    world.call(world.voting.undelegate, Signed(ANNA), SMALL_TRACK)
    assert world.happened()[-1] == Undelegated(ANNA)
    assert tally(world) == Tally(0, 10 * UNIT, 0)


def test_what_was_delegated_stays_bound_by_its_conviction(world: GovernanceWorld) -> None:
    delegate(world)
    world.call(world.voting.undelegate, Signed(ANNA), SMALL_TRACK)
    until = world.context.number + 4 * SEASON
    assert world.voting.voting_for[ANNA, SMALL_TRACK] == Casting((), Delegations(), (until, STAKE))
    world.until(until - 1)
    world.call(world.voting.unlock, Signed(ANNA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == STAKE
    world.block()
    world.call(world.voting.unlock, Signed(ANNA), SMALL_TRACK, Id(ANNA))
    assert locked(world) == 0


def test_delegations_are_refused(world: GovernanceWorld) -> None:
    call, track, conviction = world.voting.delegate, SMALL_TRACK, Conviction.NONE
    with world.refuses(Error.NONSENSE):
        delegate(world, ANNA, ANNA)
    with world.refuses(Error.BAD_CLASS):
        world.call(call, Signed(ANNA), 7, Id(BERT), conviction, 1)
    with world.refuses(Error.NOTHING_TO_DELEGATE):
        delegate(world, amount=0)
    with world.refuses(Error.INSUFFICIENT_FUNDS):
        delegate(world, amount=ENDOWMENT + 1)
    with world.refuses(Error.NOT_SEASONED):
        delegate(world, amount=STAKE + 1)
    with world.refuses(LookupFailure.CANNOT_LOOKUP):
        world.call(call, Signed(ANNA), track, Raw(b"x"), conviction, 1)
    with world.refuses(Error.NOT_DELEGATING):
        world.call(world.voting.undelegate, Signed(ANNA), track)
    world.submit()
    world.cast(ANNA, 0)
    with world.refuses(Error.ALREADY_VOTING):
        delegate(world)
    world.call(world.voting.remove_vote, Signed(ANNA), None, 0)
    delegate(world)
    with world.refuses(Error.ALREADY_DELEGATING):
        delegate(world, to=CARA)
    with world.refuses(Error.ALREADY_DELEGATING):
        world.cast(ANNA, 0)
    with world.refuses(Error.NOT_VOTER):
        world.call(world.voting.remove_vote, Signed(ANNA), track, 0)


def test_trust_does_not_travel_further(world: GovernanceWorld) -> None:
    world.block(ERA)
    delegate(world, ANNA, BERT)
    delegate(world, BERT, CARA)
    index = world.submit()
    world.cast(CARA, index, UNIT)
    assert tally(world).ayes == UNIT + 3 * STAKE
    world.call(world.voting.undelegate, Signed(BERT), SMALL_TRACK)
    world.cast(BERT, index, UNIT)
    assert tally(world).ayes == 2 * UNIT + 3 * STAKE


def test_delegation_is_by_track(world: GovernanceWorld) -> None:
    delegate(world)
    world.submit(origin=ROOT_CALLER)
    world.cast(ANNA, 0, UNIT)
    world.cast(BERT, 0, UNIT)
    assert tally(world).ayes == 2 * UNIT


def test_fresh_amax_does_not_vote_through_a_delegate_either(world: GovernanceWorld) -> None:
    old = world.submit(by=ANNA)
    world.cast(BERT, old, UNIT)
    world.call(world.voting.season, Signed(DORA), STAKE)
    delegate(world, DORA, BERT, conviction=Conviction.LOCKED1X)
    assert tally(world, old).ayes == UNIT
    world.block(SEASON + ERA)
    world.cast(BERT, old, 2 * UNIT)
    assert tally(world, old).ayes == 2 * UNIT
    new = world.submit(by=ANNA)
    world.cast(BERT, new, UNIT)
    assert tally(world, new).ayes == UNIT + STAKE
    world.call(world.voting.undelegate, Signed(DORA), SMALL_TRACK)
    assert (tally(world, old).ayes, tally(world, new).ayes) == (2 * UNIT, UNIT)


def test_chunks_merge_into_the_later_one() -> None:
    chunks: tuple[Chunk, ...] = ()
    for now in range(40):
        chunks = seasoning.added(chunks, now, 1)
    assert len(chunks) == seasoning.MAX_CHUNKS
    assert chunks[-1] == Chunk(39, 9)
    assert seasoning.added(chunks, 39, 5)[-1] == Chunk(39, 14)
    assert [seasoning.since(chunks, amount) for amount in (1, 31, 32, 40, 41)] == [
        0,
        30,
        39,
        39,
        None,
    ]


GIVEN = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=30)


@given(GIVEN, st.data())
def test_delegations_by_age_are_never_lost_and_never_count_early(
    given_: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Against a plain list of all delegations, in eras that pass."""
    ages: seasoning.Ages = ()
    alive: list[tuple[int, int]] = []
    now = 0
    for passed_eras, amount in given_:
        now += 3 * passed_eras
        era = now + passed_eras % 8
        alive.append((era, amount))
        ages = seasoning.with_more(ages, era, Delegations(amount, amount), now)
        if len(alive) > 1 and data.draw(st.booleans()):
            gone = alive.pop(data.draw(st.integers(0, len(alive) - 1)))
            ages = seasoning.with_less(ages, gone[0], Delegations(gone[1], gone[1]))
        assert len(ages) <= seasoning.MAX_AGES
        for submitted in range(max(now - seasoning.MAX_POLL_ERAS, 0), now + 1):
            wanted = sum(amount for era, amount in alive if era <= submitted)
            assert seasoning.counted(ages, submitted, 1).capital == wanted
