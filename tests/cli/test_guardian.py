"""Guardians from the command line: how an action is written, and what is shown."""

import pytest

from cli.errors import UsageError
from cli.guardian import action_of, state_of
from genesis.notation import format_amount
from runtime.pallets.guardian import Brake, Veto, WhitelistCall
from runtime.tracks import CANDIDACY_DEPOSIT, TERM_ERAS
from tests.cli.test_governance import VOTER, World
from tests.support.chain import CHAIN


def test_an_action_says_what_was_typed() -> None:
    assert action_of("brake", "") == Brake()
    assert action_of("veto", "7") == Veto(7)
    assert action_of("whitelist", "0x" + "05" * 32) == WhitelistCall(b"\x05" * 32)


@pytest.mark.parametrize(
    ("deed", "subject", "wanted"),
    [
        ("brake", "7", "brake alone, got '7'"),
        ("veto", "", "veto and the number of a referendum, got ''"),
        ("veto", "-1", "veto and the number of a referendum, got '-1'"),
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
