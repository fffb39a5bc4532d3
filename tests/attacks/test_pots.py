"""Nobody moves what pallets hold, not even the chain itself: only the rules of a pot pay from it.

Root may name any account as the caller of a call. Were a pot among them, the track of root would
spend the treasury past its windows, and what stakers, oracles and clients are owed.
"""

from __future__ import annotations

import ast
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

import runtime
from runtime import constants
from runtime.frame import BadOrigin, DispatchError, Root
from runtime.frame.calls import Call
from runtime.frame.origins import OriginCaller, RawSigned, SystemOrigin
from runtime.frame.outcome import WrongOrigin
from runtime.pallets.utility import BatchCompletedWithErrors, ItemFailed
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import PALLET_ACCOUNTS, is_pallet_account
from runtime.primitives.types import UNIT
from tests.pallets.utility_world import World

MADE = World().runtime()
ACCOUNTS: dict[str, bytes] = {
    "treasury": constants.TREASURY,
    **{f"pot {place}": one for place, one in enumerate(astuple(constants.POTS))},
    **{f"minted to {place}": one for place, one in enumerate(astuple(constants.MINTED_TO))},
    "commissions": constants.COMMISSIONS,
    "insurance": constants.INSURANCE,
    "staked assets": constants.STAKED_ASSETS,
    "issued assets": constants.ISSUED_ASSETS,
    "rewards of pools": MADE.asset_rewards.config.pot,
    "a pool": MADE.asset_conversion.pot(7),
    "a bounty": MADE.bounties.account_of_bounty(3),
    "a part of a bounty": MADE.child_bounties.account_of_child(3, 1),
}
"""Every kind of account that is a pallet's."""


@pytest.fixture
def world() -> World:
    return World()


def named(account: bytes) -> OriginCaller:
    return SystemOrigin(RawSigned(account))


def drain(world: World) -> Call:
    """Return the call that sends all of its caller's AGPU to the first account."""
    return world.call_of("Balances", "transfer_all", Id(world.pairs[0].public), False)


def in_the_name_of(world: World, name: str, account: bytes) -> list[Call]:
    """Return the ways in which the chain could move what an account has."""
    as_pot = world.utility(name, named(account), drain(world))
    again = world.utility(name, SystemOrigin(RawSigned(world.pairs[1].public)), as_pot)
    return [as_pot, world.utility("batch_all", (as_pot,)), again]


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
def test_attack_of_root_the_chain_never_calls_as_the_account_of_a_pallet(
    world: World, account: bytes
) -> None:
    made = world.runtime()
    made.balances.mint_into(account, UNIT)
    before = made.balances.free(account)
    for name in ("dispatch_as", "dispatch_as_fallible"):
        direct, batched, _ = in_the_name_of(world, name, account)
        for call in (direct, batched):
            with pytest.raises(DispatchError) as caught, made.context.transaction():
                call.dispatch(made.by_name, Root())
            assert caught.value.error is BadOrigin.BAD_ORIGIN
    assert made.balances.free(account) == before


def test_an_account_that_is_named_by_the_chain_names_no_other(world: World) -> None:
    *_, again = in_the_name_of(world, "dispatch_as_fallible", constants.TREASURY)
    with pytest.raises(DispatchError) as caught:
        world.make(again, Root())
    assert caught.value.error is BadOrigin.BAD_ORIGIN


def test_a_batch_goes_on_behind_a_call_as_a_pot(world: World) -> None:
    direct, *_ = in_the_name_of(world, "dispatch_as", constants.TREASURY)
    assert world.make(world.utility("force_batch", (direct,)), Root()) == [
        ItemFailed(WrongOrigin()),
        BatchCompletedWithErrors(),
    ]


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
def test_attack_of_root_no_schedule_takes_what_a_pallet_has(world: World, account: bytes) -> None:
    schedule, made = VestingInfo(2 * UNIT, UNIT, 0), world.runtime()
    made.balances.mint_into(account, 3 * UNIT)
    before = made.balances.free(account)
    give: Any = made.vesting.force_vested_transfer
    with pytest.raises(DispatchError) as caught:
        give(Root(), Id(account), Id(world.pairs[0].public), schedule)
    assert caught.value.error is BadOrigin.BAD_ORIGIN
    assert made.balances.free(account) == before


def test_pallets_accounts_are_known_by_their_beginning() -> None:
    assert all(map(is_pallet_account, ACCOUNTS.values()))
    assert not any(is_pallet_account(one.public) for one in World().pairs)


def test_every_account_of_a_pallet_is_made_in_one_place() -> None:
    """So that all of them begin alike, and no pot is missed by what looks at the beginning."""
    folder = Path(runtime.__file__).parent
    literals = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == PALLET_ACCOUNTS
    }
    assert literals == {"primitives/hashing.py"}
