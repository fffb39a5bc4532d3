"""Governance from the command line: what is submitted, how it stands, and what a vote says."""

import pytest

from cli.errors import CommandError, UsageError
from cli.gov import amax
from cli.readable import Display
from cli.referendum_rows import record_of, row_of, track_row
from cli.sdk.governance import (
    CONVICTIONS,
    conviction_of,
    phase_of,
    referenda,
    referendum,
    submission,
    track_named,
    tracks_of,
    vote_of,
)
from cli.sdk.transactions import prepare, receipt_of, send
from cli.treasury import status_of
from cli.tx import encode_call
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.conviction_voting.types import SplitAbstain
from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.tracks import TRACKS
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

VOTER = pair(1)


class World:
    """A chain in memory and a client whose account may propose and vote."""

    def __init__(self, guardians: int = 0) -> None:
        self.rpc = ChainRpc(MemoryChain(amax=100_000 * UNIT, guardians=guardians))
        self.client = client_of(self.rpc)

    async def make(self, call: bytes, by: Pair = VOTER) -> str | None:
        """Send a call in a block of its own; return why it failed."""
        prepared = await prepare(self.client, call, by)
        await send(self.client, prepared)
        receipt = await receipt_of(self.client, prepared.raw, self.rpc.seal())
        return receipt.failure

    async def submit(self, words: int = 1, track: str = "root") -> str | None:
        """Submit a remark of some bytes."""
        call = encode_call(self.client, "system.remark", (f"remark=0x{'07' * words}",))
        chosen = track_named(self.client, track)
        return await self.make(submission(self.client, call.encoded, chosen, 0))

    async def head(self) -> bytes:
        return await self.client.block_hash()


@pytest.fixture
def world() -> World:
    return World()


def test_tracks_are_those_of_the_chain(world: World) -> None:
    tracks = tracks_of(world.client)
    assert [(one.number, one.rules.name) for one in tracks.values()] == [
        (track.id, track.name) for track in TRACKS
    ]
    small = track_named(world.client, "smallSpender")
    assert small == track_named(world.client, "20") == tracks[20]
    row = track_row(small)
    assert (row["decision_deposit"], row["approval"], row["support"]) == (
        "200 AMAX",
        "50.00 %",
        "5.00 %",
    )
    with pytest.raises(UsageError, match="no track is called 'nonsense'"):
        track_named(world.client, "nonsense")


@pytest.mark.parametrize("words", [1, 500])
async def test_a_submitted_call_is_shown_in_full(world: World, words: int) -> None:
    assert await world.submit(words) is None
    found = await referendum(world.client, 0, await world.head())
    assert found.call is not None
    assert found.call.entry.name == "remark"
    record = record_of(world.client, found)
    assert record["call"] == {"System.remark": {"remark": "0x" + "07" * words}}
    assert (record["phase"], record["track"]) == ("wants its decision deposit", "root")
    assert (record["approval"], record["support"]) == (
        "0.00 % of 100.00 %",
        "0.00 % of 50.00 %",
    )
    assert record["ayes"] == "0 AMAX"


async def test_the_newest_referenda_come_first(world: World) -> None:
    for _ in range(3):
        await world.submit(track="small_spender")
    rows = [
        row_of(world.client, one) for one in await referenda(world.client, 2, await world.head())
    ]
    assert [(row["number"], row["track"]) for row in rows] == [
        (2, "small_spender"),
        (1, "small_spender"),
    ]


async def test_a_referendum_is_followed_through_its_phases(world: World) -> None:
    await world.submit(track="small_spender")
    deposit = world.client.calls.encode("Referenda", "place_decision_deposit", 0)
    assert await world.make(deposit) is None
    found = await referendum(world.client, 0, await world.head())
    rules = track_named(world.client, "small_spender").rules
    submitted = 1
    assert (found.phase, found.until) == ("preparing", submitted + rules.prepare_period)
    status = found.info.status
    assert phase_of(status, rules, 10**6)[0] == "queued"


async def test_a_vote_without_seasoned_amax_is_refused_by_name(world: World) -> None:
    await world.submit()
    vote = world.client.calls.encode("ConvictionVoting", "vote", 0, vote_of("aye", UNIT, "2x"))
    failure = await world.make(vote)
    assert failure is not None
    assert failure.startswith("ConvictionVoting.NotSeasoned")
    with pytest.raises(CommandError, match="there is no referendum 9"):
        await referendum(world.client, 9, await world.head())


def test_a_vote_says_what_was_typed() -> None:
    assert vote_of("aye", 5, "3x") == Standard(Vote(True, Conviction.LOCKED3X), 5)
    assert vote_of("nay", 5, "0.1x") == Standard(Vote(False, Conviction.NONE), 5)
    assert vote_of("abstain", 5, "1x") == SplitAbstain(0, 0, 5)
    assert sorted(CONVICTIONS.values(), key=lambda one: one.value) == list(Conviction)
    with pytest.raises(UsageError, match=r"--conviction: wanted 0\.1x, 1x, 2x"):
        conviction_of("7x")


def test_amounts_of_governance_are_shown_in_its_token(world: World) -> None:
    cast = world.client.calls.encode("ConvictionVoting", "vote", 0, vote_of("aye", UNIT, "1x"))
    display = Display(world.client.config.ss58_prefix, "System")
    assert "1 AMAX" in str(display.call(world.client.calls.decode(cast)))


def test_amounts_need_their_unit() -> None:
    assert amax("1.5AMAX") == 3 * UNIT // 2
    with pytest.raises(UsageError, match="amount"):
        amax("1.5AGPU")


async def test_the_treasury_says_what_it_holds(world: World) -> None:
    account = world.rpc.chain.runtime().treasury.account
    fund = world.client.calls.encode("Balances", "transfer_keep_alive", Id(account), 7 * UNIT)
    before = await status_of(world.client, await world.head())
    assert await world.make(fund) is None
    after = await status_of(world.client, await world.head())
    assert before["account"] == world.client.address(account)
    assert (before["spends"], after["promised"]) == ([], "0 AGPU")
    assert after["free"] != before["free"]


async def test_a_parameter_is_proposed_on_the_track_that_owns_it(world: World) -> None:
    arguments = ("key=BaseBurn", "value=160000000")
    proposal = encode_call(world.client, "parameters.set_parameter", arguments)
    call = submission(
        world.client, proposal.encoded, track_named(world.client, "economic_params"), 0
    )
    assert await world.make(call) is None
    found = await referendum(world.client, 0, await world.head())
    assert record_of(world.client, found)["call"] == {
        "Parameters.set_parameter": {"key": "base_burn", "value": 160_000_000}
    }
