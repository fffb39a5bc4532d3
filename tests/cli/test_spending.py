"""Spends that a track may not make are refused before anybody pays for a referendum."""

from functools import partial
from typing import Any

import pytest
import trio

from cli import gov
from cli.errors import CommandError
from cli.main import run
from cli.sdk.governance import track_named
from cli.sdk.spending import amount_words, ensure_affordable, limits_of
from cli.sdk.transactions import prepare, receipt_of, send
from cli.tx import encode_call
from genesis.notation import format_amount
from runtime.frame.fungibles import AMAX, WithId
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
TO = f"beneficiary={BOB}"
AMAX_JSON = '{"WithId": {"id": 4294967295}}'


class World:
    """A chain whose treasury has a million AGPU, and a client."""

    def __init__(self) -> None:
        self.rpc = ChainRpc(MemoryChain(treasury=10**6 * UNIT))
        self.client = client_of(self.rpc)

    async def check(self, path: str, *arguments: str, track: str) -> None:
        """Ask whether a track may make a call; raises CommandError."""
        call = self.client.calls.decode(encode_call(self.client, path, arguments).encoded)
        await ensure_affordable(self.client, call, track_named(self.client, track))


@pytest.fixture
def world() -> World:
    return World()


async def limits(world: World) -> dict[str, tuple[int, bool]]:
    """Return what each track may spend, and whether it pays at once."""
    found = await limits_of(world.client, await world.client.block_hash())
    return {one.track: (one.most, one.is_local) for one in found}


async def test_limits_are_those_that_the_chain_enforces(world: World) -> None:
    treasury = world.rpc.chain.runtime().treasury
    pot = treasury.pot()
    most = [allowance.each.of(pot) for _, allowance in treasury.config.allowances]
    found = await limits(world)
    assert list(found) == ["small_spender", "medium_spender", "big_spender"]
    assert list(found.values()) == [(most[0], True), (most[1], False), (most[2], False)]
    assert 499 * UNIT < most[0] <= 500 * UNIT


async def test_a_spend_within_the_limit_of_its_track_passes(world: World) -> None:
    most = (await limits(world))["small_spender"][0]
    await world.check("treasury.spend_local", f"amount={most}planck", TO, track="small_spender")
    await world.check("system.remark", "remark=0x07", track="root")
    for track in ("small_spender", "medium_spender"):
        await world.check(
            "treasury.spend",
            "asset_kind=Native",
            f"amount={most}planck",
            TO,
            "valid_from=none",
            track=track,
        )


async def test_a_spend_above_it_names_the_limit_and_the_smallest_track_that_could(
    world: World,
) -> None:
    most = format_amount((await limits(world))["small_spender"][0])
    with pytest.raises(CommandError) as refused:
        await world.check("treasury.spend_local", "amount=600AGPU", TO, track="small_spender")
    assert str(refused.value) == (
        f"Treasury.spend_local: the track small_spender may spend {most} at once, got 600 AGPU; "
        "the smallest that may spend 600 AGPU is medium_spender, by treasury.spend "
        "(--anyway proposes it all the same)"
    )
    with pytest.raises(CommandError, match="6,000 AGPU is big_spender"):
        await world.check("stability.burn_reserve", "amount=6000AGPU", track="medium_spender")
    with pytest.raises(CommandError, match="no track may spend 30,000 AGPU"):
        await world.check("stability.burn_reserve", "amount=30000AGPU", track="big_spender")


async def test_a_track_that_cannot_spend_so_is_told_which_can(world: World) -> None:
    with pytest.raises(CommandError, match=r"track root may spend nothing; .* is small_spender"):
        await world.check("treasury.spend_local", "amount=1AGPU", TO, track="root")
    with pytest.raises(CommandError, match=r"medium_spender pays little by little, .* small_sp"):
        await world.check("treasury.spend_local", "amount=1AGPU", TO, track="medium_spender")


async def test_amax_and_other_assets_have_limits_of_their_own_pots(world: World) -> None:
    made = world.rpc.chain.runtime()
    account = made.treasury.account
    pot = made.treasury.promises.pot(AMAX)
    most = (await limits_of(world.client, await world.client.block_hash(), AMAX))[0].most
    assert most == pot * 5 // 10_000
    words = ("treasury.spend", f"asset_kind={AMAX_JSON}", f"amount={most + 1}planck", TO)
    with pytest.raises(CommandError, match=r"may spend [\d,.]+ AMAX at once") as refused:
        await world.check(*words, "valid_from=none", track="small_spender")
    assert "AGPU" not in str(refused.value)
    assert amount_words(UNIT, AMAX) == "1 AMAX"
    assert amount_words(5, WithId(7)) == "5:7"
    coin = await limits_of(world.client, await world.client.block_hash(), WithId(7))
    assert [one.most for one in coin] == [0, 0, 0]
    assert made.balances.free(account) > 0


async def test_spends_are_found_in_batches_and_bounties(world: World) -> None:
    made = world.client.calls.encode("Bounties", "propose_bounty", 600 * UNIT, b"a kernel")
    prepared = await prepare(world.client, made, pair(1))
    await send(world.client, prepared)
    receipt = await receipt_of(world.client, prepared.raw, world.rpc.seal())
    assert receipt.succeeded
    grant = '{"bounties.approve_bounty": {"bounty_id": 0}}'
    remark = '{"system.remark": {"remark": "0x07"}}'
    calls = f"calls=[{remark}, {grant}]"
    with pytest.raises(CommandError, match=r"Bounties\.approve_bounty: the track small_spender"):
        await world.check("utility.batch_all", calls, track="small_spender")
    await world.check("utility.batch_all", calls, track="medium_spender")
    await world.check("bounties.approve_bounty", "bounty_id=9", track="small_spender")


def test_a_command_refuses_before_anybody_pays_unless_it_is_told_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(
        gov, "ask", lambda _remote, question: trio.run(partial(question, world.client))
    )
    words = ["gov", "submit", "treasury.spend_local", "amount=600AGPU", TO]
    words += ["--track", "small_spender", "--signer", "//Alice", "--wait", "none"]
    assert run(words) == 1
    told = capsys.readouterr()
    assert "track small_spender may spend" in told.err
    assert (told.out, len(told.err.splitlines()), world.rpc.pending) == ("", 1, [])
    assert run([*words, "--anyway"]) == 0
    assert len(world.rpc.pending) == 1
