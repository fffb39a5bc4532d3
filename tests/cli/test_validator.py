"""Validators and nominators from the command line: the way in, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.errors import CommandError, UsageError
from cli.sdk.staking import now, stake_of
from cli.tx import Order
from cli.validator import setup, stake
from cli.validator.setup import Terms, check_node
from node.keystore.keystore import Keystore, KeyType
from node.keystore.rpc_adapter import RpcKeystore
from runtime.pallets.staking.records import (
    StakingLedger,
    ToAccount,
    ToBond,
    ToStash,
    UnlockChunk,
    ValidatorPrefs,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.cli.validator_world import (
    AUTHOR,
    BOND,
    NEWCOMER,
    POOR,
    World,
    rows,
)


@pytest.fixture
def world() -> World:
    return World()


# setup


async def test_the_way_of_a_newcomer_is_a_bond_keys_and_an_election(world: World) -> None:
    plan = await world.plan(NEWCOMER)
    assert [(step.name, step.is_done) for step in plan.steps] == [
        ("bond", False),
        ("session keys", False),
        ("stand for election", False),
    ]
    assert len(plan.bonding) == len(plan.standing) == 1


async def test_a_newcomer_validates_with_the_keys_of_its_node(world: World) -> None:
    await world.set_up(NEWCOMER, Terms(bond="2000AGPU", commission=7.5, payee="staked"))
    assert (await world.plan(NEWCOMER, Terms("2000AGPU", 7.5))).is_done
    kept = await stake_of(world.client, NEWCOMER.account, await world.at())
    assert kept is not None
    assert (kept.ledger.active, kept.prefs, kept.payee) == (
        2_000 * UNIT,
        ValidatorPrefs(75_000_000),
        ToBond(),
    )
    assert kept.keys is not None
    assert kept.keys.babe in world.rpc.keystore.public_keys(KeyType.BABE)
    await world.until(lambda: world.validates(NEWCOMER))


async def test_what_is_done_is_left_as_it_is(world: World) -> None:
    await world.make(NEWCOMER, "staking.bond", 3 * BOND, ToStash())
    plan = await world.plan(NEWCOMER)
    assert [step.is_done for step in plan.steps] == [True, False, False]
    assert plan.bonding == ()
    await world.set_up(NEWCOMER)
    plan = await world.plan(NEWCOMER, Terms(bond="4000AGPU", commission=9))
    assert [step.is_done for step in plan.steps] == [False, True, False]
    ((extra,), (terms,)) = plan.bonding, plan.standing
    assert (extra.entry.name, extra.arguments) == ("bond_extra", (BOND,))
    assert terms.arguments == (ValidatorPrefs(90_000_000),)


async def test_keys_that_the_node_has_lost_are_made_anew(world: World) -> None:
    await world.set_up(NEWCOMER)
    world.rpc._keys = RpcKeystore(Keystore())
    assert [step.is_done for step in (await world.plan(NEWCOMER)).steps] == [True, False, True]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"roles": ["Full"]}, "does not validate: start it with `starminer run --validator"),
        ({"is_syncing": True}, "still catching up with its peers"),
    ],
)
async def test_a_node_that_will_not_author_is_refused(
    world: World, change: dict[str, Any], wanted: str
) -> None:
    for name, value in change.items():
        setattr(world.rpc, name, value)
    with pytest.raises(CommandError, match=wanted):
        await check_node(world.client)


async def test_a_node_that_keeps_its_keys_to_itself_says_so(world: World) -> None:
    world.rpc.is_safe = True
    with pytest.raises(CommandError, match="gives keys to its own machine only"):
        await setup.keys_call(world.client, NEWCOMER.account)
    with pytest.raises(CommandError, match="gives keys to its own machine only"):
        await world.plan(AUTHOR)


async def test_who_has_too_little_is_told_where_to_send_it(world: World) -> None:
    with pytest.raises(CommandError, match=r"has 5,000 AGPU free, and the bond takes 6,000 AGPU"):
        await world.plan(POOR, Terms(bond="6000AGPU"))
    with pytest.raises(UsageError, match=r"--bond: wanted 1,000 AGPU or more, got 10AGPU"):
        await world.plan(POOR, Terms(bond="10AGPU"))


def test_commissions_are_percent() -> None:
    assert [setup.commission_of(one) for one in (0, 2.5, 100)] == [0, 25_000_000, 10**9]
    for percent in (-1, 100.5):
        with pytest.raises(UsageError, match="wanted 0 to 100 percent"):
            setup.commission_of(percent)


async def test_the_record_says_what_is_next(world: World) -> None:
    plan, at = await world.plan(NEWCOMER), await world.at()
    when = await now(world.client, at)
    dry = setup.record_of(
        world.client, Order(NEWCOMER, "included", is_dry=True), plan, when, sent=None
    )
    assert dry["next"] == "run this without --dry-run"
    assert [step["state"] for step in rows(dry["steps"])] == ["to do"] * 3
    sent = setup.record_of(world.client, Order(NEWCOMER, "included"), plan, when, sent="0x12")
    assert "starminer validator status" in str(sent["next"])
    assert [step["state"] for step in rows(sent["steps"])] == ["done"] * 3


# stakes


def test_rewards_go_where_the_command_line_says(world: World) -> None:
    address = world.client.address(POOR.account)
    assert [stake.payee_of(world.client, one) for one in ("stash", "staked", address)] == [
        ToStash(),
        ToBond(),
        ToAccount(POOR.account),
    ]
    with pytest.raises(UsageError):
        stake.payee_of(world.client, "somewhere")


async def test_what_must_stay_depends_on_what_the_account_does(world: World) -> None:
    await world.make(NEWCOMER, "staking.bond", 3 * BOND, ToStash())
    idle = await stake.own_stake(world.client, NEWCOMER.account)
    assert await stake.least_of(world.client, idle) == 0
    with pytest.raises(CommandError, match="neither validates nor nominates"):
        stake.check_chill(idle)
    await world.make(NEWCOMER, "staking.nominate", (Id(AUTHOR.account),))
    behind = await stake.own_stake(world.client, NEWCOMER.account)
    assert await stake.least_of(world.client, behind) == 10 * UNIT
    stake.check_chill(behind)
    await world.make(NEWCOMER, "staking.validate", ValidatorPrefs())
    standing = await stake.own_stake(world.client, NEWCOMER.account)
    assert await stake.least_of(world.client, standing) == BOND
    stake.check_unbonding(standing, 2 * BOND, BOND)
    with pytest.raises(CommandError, match="unbond all` ends that too"):
        stake.check_unbonding(standing, 2 * BOND + 1, BOND)
    with pytest.raises(CommandError, match="wanted at most 3,000 AGPU"):
        stake.check_unbonding(standing, 3 * BOND + 1, 0)
    with pytest.raises(CommandError, match="has nothing at stake"):
        await stake.own_stake(world.client, POOR.account)


async def test_who_is_kicked_must_nominate_the_validator(world: World) -> None:
    nominator = world.client.address(NEWCOMER.account)
    with pytest.raises(CommandError, match="does not nominate"):
        await stake.behind(world.client, AUTHOR.account, (nominator,))
    await world.make(NEWCOMER, "staking.bond", BOND, ToStash())
    await world.make(NEWCOMER, "staking.nominate", (Id(AUTHOR.account),))
    named = await stake.behind(world.client, AUTHOR.account, (nominator,))
    assert named == [NEWCOMER.account]
    await world.make(AUTHOR, "staking.kick", tuple(Id(one) for one in named))
    idle = await stake.own_stake(world.client, NEWCOMER.account)
    assert idle.nominations is None


def test_a_withdrawal_says_when_something_is_due() -> None:
    ledger = StakingLedger(AUTHOR.account, BOND, BOND)
    empty = stake.Stake(ledger, None, None, None, None)
    with pytest.raises(CommandError, match="in era 30: nothing is on its way"):
        stake.check_withdrawal(empty, 30)
    chunks = (UnlockChunk(1, 31), UnlockChunk(1, 40))
    leaving = replace(empty, ledger=replace(ledger, unlocking=chunks))
    with pytest.raises(CommandError, match="in era 30: the first part is in era 31"):
        stake.check_withdrawal(leaving, 30)
    stake.check_withdrawal(leaving, 31)
