"""The state that the benchmark of invariants makes: of the size that was asked for, and sound."""

from tests.benchmarks.bench_try_state import state_of
from tests.benchmarks.large_state import Size


def test_a_state_of_any_size_is_made_through_the_pallets_and_is_sound() -> None:
    runtime = state_of(Size(accounts=120, validators=5, nominators=30, referenda=25, voters=8))
    runtime.try_state()
    assert sum(1 for _ in runtime.balances.accounts()) >= 120
    voting = [voting for _, voting in runtime.conviction_voting.voting_for.items()]
    assert sum(len(one.votes) for one in voting) == 8 * 10
    exposed = runtime.staking.eras_stakers_overview.items_under(runtime.staking.era())
    assert sum(overview.nominator_count for _, overview in exposed) >= 30
