"""Elections: stake is preserved, groups get their share of the seats, and what is moved helps."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.pallets.staking import phragmen
from runtime.pallets.staking.phragmen import Vote, elect, poured
from tests.support.bench import account

ANNA, BERT, CARA, DORA = (account(n) for n in range(1, 5))

VOTES = st.lists(
    st.tuples(
        st.integers(10**9, 10**21),
        st.lists(st.integers(1, 12), min_size=1, max_size=16, unique=True),
    ),
    min_size=1,
    max_size=24,
).map(
    lambda drawn: tuple(
        Vote(account(100 + place), stake, tuple(account(one) for one in targets))
        for place, (stake, targets) in enumerate(drawn)
    )
)


def totals(backing: phragmen.Backing) -> dict[bytes, int]:
    return {winner: sum(behind.values()) for winner, behind in backing.items()}


def named(votes: tuple[Vote, ...]) -> dict[bytes, int]:
    """Return by candidate what all have at stake who named it."""
    found: dict[bytes, int] = {}
    for vote in votes:
        for target in vote.targets:
            found[target] = found.get(target, 0) + vote.stake
    return found


# single cases


def test_seats_go_to_who_loads_supporters_least() -> None:
    """By hand: A loads each of 1171 by 1/1171. Q then costs 0.00170, B 0.00174, P 0.00184; then B
    0.00181 and P 0.00347. The largest party has two of three seats, and not all."""
    names = {name: account(ord(name)) for name in "ABCPQR"}
    listed = (("ABC", 1034), ("PQR", 519), ("ABQ", 90), ("APQ", 47))
    votes = tuple(
        Vote(account(place), stake, tuple(names[name] for name in ballot))
        for place, (ballot, stake) in enumerate(listed)
    )
    assert list(elect(votes, 3)) == [names[name] for name in "AQB"]


def test_a_voter_that_named_one_winner_stands_behind_it_with_all() -> None:
    votes = (Vote(account(100), 7, (ANNA,)), Vote(account(101), 5, (ANNA, BERT)))
    assert elect(votes, 1) == {ANNA: {account(100): 7, account(101): 5}}


def test_a_stake_is_moved_to_who_has_less_behind_it() -> None:
    votes = (
        Vote(account(100), 60, (ANNA,)),
        Vote(account(101), 10, (BERT,)),
        Vote(account(102), 40, (ANNA, BERT)),
    )
    assert totals(elect(votes, 2)) == {ANNA: 60, BERT: 50}


def test_ties_go_to_the_lower_account() -> None:
    votes = tuple(Vote(account(100 + n), 5, (one,)) for n, one in enumerate((CARA, BERT, DORA)))
    assert list(elect(votes, 2)) == [BERT, CARA]


def test_nobody_is_elected_by_nobody() -> None:
    assert elect((), 5) == {}
    assert elect((Vote(account(100), 0, (ANNA,)),), 5) == {}


def test_levels_are_raised_to_one_height() -> None:
    assert poured(10, (0, 4, 20)) == (7, 3, 0)
    assert poured(11, (0, 4, 20)) == (8, 3, 0)
    assert poured(3, (1,)) == (3,)
    assert poured(100, (0, 0, 0)) == (34, 33, 33)


# properties


@settings(max_examples=200, deadline=None)
@given(votes=VOTES, seats=st.integers(1, 12))
def test_all_stake_that_named_a_winner_stands_behind_winners_and_no_more(
    votes: tuple[Vote, ...], seats: int
) -> None:
    backing = elect(votes, seats)
    assert len(backing) == min(seats, len(named(votes)))
    heard = sum(vote.stake for vote in votes if any(one in backing for one in vote.targets))
    assert sum(totals(backing).values()) == heard
    assert all(total > 0 for total in totals(backing).values())
    wanted = {vote.voter: vote for vote in votes}
    behind: dict[bytes, int] = {}
    for winner, voters in backing.items():
        for voter, stake in voters.items():
            assert winner in wanted[voter].targets
            behind[voter] = behind.get(voter, 0) + stake
    assert all(wanted[voter].stake == stake for voter, stake in behind.items())


@settings(max_examples=200, deadline=None)
@given(votes=VOTES, seats=st.integers(1, 8))
def test_a_group_with_its_share_of_the_stake_has_its_share_of_the_seats(
    votes: tuple[Vote, ...], seats: int
) -> None:
    """Proportional justified representation, for each group that is told by whom it named."""
    winners, whole = elect(votes, seats), sum(vote.stake for vote in votes)
    for ballot in {vote.targets for vote in votes}:
        group = [vote for vote in votes if set(ballot) <= set(vote.targets)]
        share = Fraction(sum(vote.stake for vote in group) * seats, whole)
        due = min(int(share), len(ballot))
        approved = {target for vote in group for target in vote.targets}
        assert len(approved & set(winners)) >= due


@settings(max_examples=100, deadline=None)
@given(votes=VOTES, seats=st.integers(2, 8))
def test_a_sweep_lifts_the_least_backed_and_never_spreads_further(
    votes: tuple[Vote, ...], seats: int
) -> None:
    winners, shares = phragmen._divided(votes, seats)
    sums = dict.fromkeys(winners, 0)
    for share in shares:
        for target, stake in share.items():
            sums[target] += stake
    for _ in range(phragmen.SWEEPS):
        before = dict(sums)
        has_moved = phragmen._sweep(votes, shares, sums)
        assert sum(sums.values()) == sum(before.values())
        assert min(sums.values()) >= min(before.values())
        squares = [sum(total**2 for total in one.values()) for one in (before, sums)]
        # a planck that does not divide may lie elsewhere: each voter's, once
        assert squares[1] <= squares[0] + 2 * len(votes) * seats
        assert has_moved or sums == before


@settings(max_examples=200, deadline=None)
@given(amount=st.integers(0, 10**24), levels=st.lists(st.integers(0, 10**24), min_size=1))
def test_what_is_poured_levels_within_a_planck(amount: int, levels: list[int]) -> None:
    """The known bound: of one voter's winners those it stands behind are equal within a planck."""
    ascending = tuple(sorted(levels))
    added = poured(amount, ascending)
    heights = [level + more for level, more in zip(ascending, added, strict=True)]
    raised = [height for height, more in zip(heights, added, strict=True) if more]
    assert sum(added) == amount
    assert all(more >= 0 for more in added)
    if raised:
        assert max(raised) - min(raised) <= 1
        assert all(height >= max(raised) - 1 for height in heights)
