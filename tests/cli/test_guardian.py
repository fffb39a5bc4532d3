"""Guardians from the command line: how an action is written, and what is shown."""

import pytest

from cli.errors import UsageError
from cli.guardian import action_of, state_of
from genesis.notation import format_amount
from runtime.pallets.guardian import Brake, FreezeAsset, Veto, WhitelistCall
from runtime.tracks import CANDIDACY_DEPOSIT, TERM_ERAS
from tests.cli.test_governance import VOTER, World
from tests.support.chain import CHAIN, pair


def test_an_action_says_what_was_typed() -> None:
    assert action_of("brake", "") == Brake()
    assert action_of("veto", "7") == Veto(7)
    assert action_of("freeze", "700") == FreezeAsset(700)
    assert action_of("whitelist", "0x" + "05" * 32) == WhitelistCall(b"\x05" * 32)


@pytest.mark.parametrize(
    ("deed", "subject", "wanted"),
    [
        ("brake", "7", "brake alone, got '7'"),
        ("veto", "", "veto and the number of a referendum, got ''"),
        ("veto", "-1", "veto and the number of a referendum, got '-1'"),
        ("veto", "4294967296", "veto and the number of a referendum, got '4294967296'"),
        ("freeze", "gold", "freeze and the number of an asset, got 'gold'"),
        ("whitelist", "0x05", "whitelist and 32 bytes in hex, got '0x05'"),
        ("whitelist", "hash", "whitelist and 32 bytes in hex, got 'hash'"),
    ],
)
def test_an_action_that_is_none_is_refused(deed: str, subject: str, wanted: str) -> None:
    with pytest.raises(UsageError, match=f"^wanted {wanted}$"):
        action_of(deed, subject)  # type: ignore[arg-type]


async def test_candidates_are_shown_until_the_election() -> None:
    world = World()
    term = TERM_ERAS * CHAIN.era_blocks
    assert await world.make(world.client.calls.encode("Guardian", "submit_candidacy")) is None
    assert await state_of(world.client, await world.head()) == {
        "next_election": term,
        "safe_mode_was_entered": None,
        "guardians": [],
        "candidates": [
            {
                "account": world.client.address(VOTER.public),
                "approval": "0 AMAX",
                "deposit": format_amount(CANDIDACY_DEPOSIT, "AMAX"),
            }
        ],
        "motions": [],
    }


async def test_who_is_no_guardian_is_refused_by_name() -> None:
    world = World()
    failure = await world.make(world.client.calls.encode("Guardian", "approve", Brake()))
    assert failure is not None
    assert failure.startswith("Guardian.NotMember")


async def test_guardians_of_block_0_act_at_once() -> None:
    world = World(guardians=4)
    rows = (await state_of(world.client, await world.head()))["guardians"]
    guardians = sorted((pair(number) for number in range(1, 5)), key=lambda one: one.public)
    assert rows == [
        {"account": world.client.address(one.public), "approval": "0 AMAX", "deposit": "0 AMAX"}
        for one in guardians
    ]
    action = world.client.calls.encode("Guardian", "approve", WhitelistCall(b"\x05" * 32))
    for one in guardians[:3]:
        assert await world.make(action, one) is None
    motions = (await state_of(world.client, await world.head()))["motions"]
    assert isinstance(motions, list)
    assert [len(motion["guardians"]) for motion in motions] == [3]
    assert await world.make(action, guardians[3]) is None
    assert (await state_of(world.client, await world.head()))["motions"] == []
    assert await world.client.storage("Whitelist", "WhitelistedCall", b"\x05" * 32) is not None
