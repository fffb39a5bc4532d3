"""What validators and nominators are shown, and what past eras owe them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.errors import CommandError
from cli.sdk.slots import missed_slots
from cli.sdk.staking import Due, dues, now, owed_by, seat_of
from cli.validator import stake, status
from cli.validator.payout import owed
from consensus.lottery import secondary_author
from consensus.slots import Authority, Epoch
from runtime.constants import POTS
from runtime.pallets.staking.records import (
    Nominations,
    StakingLedger,
    ToAccount,
    ToStash,
    ValidatorPrefs,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.cli.validator_world import (
    AUTHOR,
    BOND,
    FAST,
    NEWCOMER,
    POOR,
    SECOND,
    World,
    rows,
)


@pytest.fixture
def world() -> World:
    return World()


# status


async def test_a_validator_sees_its_place_its_points_and_its_blocks(world: World) -> None:
    world.pass_blocks(3)
    shown = await world.shown(AUTHOR)
    assert shown["in_session"] == "yes, at place 0"
    assert (shown["role"], shown["blocks_in_session"], shown["heard_of"]) == (
        "validator",
        3,
        "by its blocks",
    )
    assert shown["era_points"] == "60 of 60"
    assert (shown["exposure"], shown["own"], shown["nominators"]) == ("100 AGPU", "100 AGPU", 0)
    assert (shown["commission"], shown["pending_slashes"]) == ("0 %", [])
    silent = await world.shown(SECOND)
    assert (silent["heard_of"], silent["blocks_in_session"]) == ("not yet", 0)


async def test_all_validators_are_listed(world: World) -> None:
    world.pass_blocks(2)
    at = await world.at()
    listed = await status.seated(world.client, await now(world.client, at), at)
    addresses = [world.client.address(one.account) for one in (AUTHOR, SECOND)]
    assert [row["validator"] for row in listed] == addresses
    assert [row["points"] for row in listed] == [40, 0]


async def test_a_nominator_sees_whom_it_stands_behind(world: World) -> None:
    await world.make(NEWCOMER, "staking.bond", BOND, ToAccount(POOR.account))
    await world.make(NEWCOMER, "staking.nominate", (Id(AUTHOR.account),))
    shown = await world.shown(NEWCOMER)
    assert (shown["role"], shown["nominates"], shown["rewards_go_to"]) == (
        "nominator",
        [world.client.address(AUTHOR.account)],
        world.client.address(POOR.account),
    )
    assert "commission" not in shown


async def test_who_has_no_stake_is_told_how_to_get_one(world: World) -> None:
    with pytest.raises(CommandError, match="has nothing at stake: `starminer validator setup`"):
        await world.shown(POOR)


async def test_a_slash_that_waits_is_shown_with_its_era(world: World) -> None:
    await world.set_up(NEWCOMER)
    await world.until(lambda: world.validates(NEWCOMER))
    world.pass_blocks(FAST.epoch_slots)
    at = await world.at()
    waiting = await owed_by(world.client, NEWCOMER.account, await now(world.client, at), at)
    assert [one.slash.own for one in waiting] == [BOND // 100]
    ((row,),) = (rows((await world.shown(NEWCOMER))["pending_slashes"]),)
    assert (row["owes"], row["own"], row["nominators"]) == ("10 AGPU", "10 AGPU", [])
    assert row["taken_in_era"] == waiting[0].era + 8


async def test_a_nominator_sees_its_part_of_a_slash_that_waits(world: World) -> None:
    await world.set_up(NEWCOMER)
    await world.make(POOR, "staking.bond", 300 * UNIT, ToStash())
    await world.make(POOR, "staking.nominate", (Id(NEWCOMER.account),))
    while not (found := rows((await world.shown(POOR))["pending_slashes"])):
        assert world.rpc.chain.head.number < 60, "the validator is silent from its first session on"
        world.rpc.seal()
    poor, newcomer = (world.client.address(one.account) for one in (POOR, NEWCOMER))
    assert [(one["validator"], one["owes"]) for one in found] == [(newcomer, "3 AGPU")]
    (row,) = found
    assert row["nominators"] == [{"nominator": poor, "owes": "3 AGPU"}]
    of_validator = rows((await world.shown(NEWCOMER))["pending_slashes"])[-1]
    assert of_validator["owes"] == row["own"] != "3 AGPU"


async def test_slots_that_were_a_validators_turn_and_stayed_empty_are_counted(
    world: World,
) -> None:
    world.rpc.chain.slot += 1
    world.rpc.seal()
    world.rpc.chain.slot += 2
    at = world.rpc.seal()
    runtime = world.rpc.chain.runtime()
    authorities = tuple(Authority(key, weight) for key, weight in runtime.babe.authorities)
    epoch = Epoch(0, runtime.babe.genesis_slot, runtime.babe.randomness, authorities)
    empty = [runtime.babe.genesis_slot + 1, runtime.babe.genesis_slot + 2]
    turns = [secondary_author(epoch, slot) for slot in empty]
    found = [await missed_slots(world.client, place, at) for place in (0, 1)]
    assert [len(one.slots) for one in found] == [turns.count(0), turns.count(1)]
    assert [one.looked_at for one in found] == [4, 4]


def test_times_and_parts_are_words() -> None:
    assert [status.duration(one) for one in (9, 180, 7300)] == ["9 s", "3 min", "2 h"]
    assert [status.percent(one) for one in (0, 75_000_000, 10**9)] == ["0 %", "7.5 %", "100 %"]
    assert status.commission_words(ValidatorPrefs(0, blocked=True)) == (
        "0 %, takes no new nominations"
    )


def test_the_role_of_a_stake_is_what_it_is_used_for() -> None:
    idle = stake.Stake(StakingLedger(AUTHOR.account, 1, 1), None, None, None, None)
    behind = replace(idle, nominations=Nominations((AUTHOR.account,), 0))
    standing = replace(idle, prefs=ValidatorPrefs())
    assert [status.role_of(one) for one in (idle, behind, standing)] == [
        "none",
        "nominator",
        "validator",
    ]


# payouts


async def test_an_era_that_owes_something_is_found_and_paid(world: World) -> None:
    who = AUTHOR.account
    await world.make(NEWCOMER, "balances.transfer_keep_alive", Id(POTS.validators), 100 * UNIT)
    await world.until(lambda: world.rpc.chain.runtime().staking.era() == 2)
    at = await world.at()
    when = await now(world.client, at)
    first = await dues(world.client, who, when, at)
    assert first[0].pages == (0,)
    assert await owed(world.client, who, None) == [(due.era, 0) for due in first]
    era = first[0].era
    assert await owed(world.client, who, era) == [(era, 0)]
    await world.make(NEWCOMER, "staking.payout_stakers_by_page", who, era, 0)
    at = await world.at()
    assert Due(era, (0,)) not in await dues(world.client, who, await now(world.client, at), at)
    with pytest.raises(CommandError, match=f"era {era} owes .* nothing, or it was collected"):
        await owed(world.client, who, era)


async def test_eras_that_owe_nothing_are_refused(world: World) -> None:
    with pytest.raises(CommandError, match="era 7 is not over: the chain is in era 0"):
        await owed(world.client, AUTHOR.account, 7)
    with pytest.raises(CommandError, match="no era of the last 84 owes"):
        await owed(world.client, POOR.account, None)


async def test_who_does_not_validate_has_no_seat(world: World) -> None:
    at = await world.at()
    when = await now(world.client, at)
    assert await seat_of(world.client, NEWCOMER.account, when, at) is None
