"""The votes of a referendum as the explorer lists them: each against the state and the tally."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from node.explorer.decoding import Decoder
from node.explorer.votes import CastVoteJson, DelegationJson, VotesNamespace
from node.rpc.addresses import Addresses
from node.rpc.errors import Code, RpcError
from runtime.frame import GovernanceOrigin
from runtime.frame.origins import CustomOrigin
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets.conviction_voting import (
    Conviction,
    Split,
    SplitAbstain,
    Standard,
    Vote,
)
from runtime.pallets.referenda.types import Approved
from runtime.pallets.treasury import Native
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.tracks import SEASON_ERAS
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode
from tests.explorer.visits import complaints, visit
from tests.node.backend_support import MemoryNode
from tests.support.chain import CHAIN, MemoryChain

ERA = 10
VOTERS, DELEGATOR, LATE = (0, 1, 2), 4, 5


def chain() -> MemoryChain:
    config = replace(CHAIN, era_blocks=ERA)
    return MemoryChain(6, amax=1000 * UNIT, treasury=1_000 * UNIT, chain=config)


def decide(real: MemoryNode) -> None:
    """Have three accounts vote in a referendum, one of them for another as well.

    The delegation of the last account is younger than the referendum, and the first account votes
    in a second one too.
    """
    pairs = real.maker.pairs
    for account in (*VOTERS, DELEGATOR):
        real.act(pairs[account], "ConvictionVoting", "season", 500 * UNIT)
    real.pass_blocks((SEASON_ERAS + 1) * ERA)
    real.act(pairs[LATE], "ConvictionVoting", "season", 500 * UNIT)
    spend = real.maker.call("Treasury", "spend", Native(), UNIT, Id(real.client.public), None)
    origin = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)
    for _ in range(2):
        real.act(pairs[3], "Referenda", "submit", origin, Inline(spend), After(1))
    track = real.runtime().referenda.poll(0).track
    for account, conviction in ((DELEGATOR, Conviction.LOCKED2X), (LATE, Conviction.LOCKED6X)):
        given = (track, Id(pairs[0].public), conviction, 50 * UNIT)
        real.act(pairs[account], "ConvictionVoting", "delegate", *given)
    aye = Standard(Vote(is_aye=True, conviction=Conviction.LOCKED3X), 100 * UNIT)
    nay = Standard(Vote(is_aye=False, conviction=Conviction.NONE), 10 * UNIT)
    real.act(pairs[0], "ConvictionVoting", "vote", 0, aye)
    real.act(pairs[0], "ConvictionVoting", "vote", 1, nay)
    real.act(pairs[1], "ConvictionVoting", "vote", 0, Split(30 * UNIT, 20 * UNIT))
    real.act(pairs[2], "ConvictionVoting", "vote", 0, SplitAbstain(0, 5 * UNIT, 7 * UNIT))


@pytest.fixture(scope="module")
def node() -> MemoryNode:
    made = MemoryNode(chain())
    decide(made)
    return made


@pytest.fixture
def asked(node: MemoryNode) -> VotesNamespace:
    return VotesNamespace(Decoder(node.executive, node.chain), Addresses(42))


def address(node: MemoryNode, account: int) -> str:
    return Addresses(42).encode(node.maker.pairs[account].public)


async def test_a_referendum_lists_its_votes_with_what_each_adds_to_the_tally(
    node: MemoryNode, asked: VotesNamespace
) -> None:
    def row(account: int, vote: str, conviction: int | None, *counts: int) -> CastVoteJson:
        return CastVoteJson(address(node, account), vote, conviction, *map(str, counts))

    found = await asked.votes(0)
    aye, split, abstain = 100 * UNIT, 30 * UNIT, 7 * UNIT
    assert sorted(found.rows, key=lambda one: one.vote) == [
        row(2, "abstain", None, 0, 5 * UNIT, abstain, UNIT // 2, 0, abstain),
        row(0, "aye", 3, aye, 0, 0, 3 * aye, 100 * UNIT, 150 * UNIT),
        row(1, "split", None, split, 20 * UNIT, 0, 5 * UNIT, 0, split),
    ]
    assert found.next is None
    tally = node.runtime().referenda.poll(0).tally
    counted = sum(int(one.own) + int(one.delegated) for one in found.rows)
    assert counted == tally.ayes + tally.nays
    assert sum(int(one.support) for one in found.rows) == tally.support


async def test_delegations_count_as_their_delegate_votes_if_they_are_old_enough(
    node: MemoryNode, asked: VotesNamespace
) -> None:
    accounts = address(node, DELEGATOR), address(node, 0)
    for index, vote in enumerate(("aye", "nay")):
        found = await asked.delegations(index)
        given = DelegationJson(*accounts, vote, 2, str(50 * UNIT), str(100 * UNIT))
        assert (found.rows, found.next) == ([given], None)


async def test_votes_are_listed_page_by_page(asked: VotesNamespace) -> None:
    seen: list[CastVoteJson] = []
    after: str | None = ""
    while after is not None:
        page = await asked.votes(0, after, 1)
        assert len(page.rows) <= 1
        seen, after = [*seen, *page.rows], page.next
    assert seen == (await asked.votes(0)).rows


async def test_no_answer_looks_through_more_than_its_bound_and_it_says_so(
    asked: VotesNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await asked.delegations(0)
    monkeypatch.setattr("node.explorer.votes.LOOKED", 2)
    seen: list[DelegationJson] = []
    looked: list[int] = []
    after: str | None = ""
    while after is not None:
        page = await asked.delegations(0, after)
        seen, after = [*seen, *page.rows], page.next
        looked.append(page.looked)
    assert (seen, looked) == (whole.rows, [2, 2, 1])
    assert whole.looked == len(VOTERS) + 2


async def test_the_node_goes_on_while_votes_are_looked_through(
    asked: VotesNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.explorer.votes.LOOKED_PER_STEP", 1)
    turns = 0

    async def go_on() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(go_on)
        found = await asked.delegations(0)
        nursery.cancel_scope.cancel()
    assert found.looked == len(VOTERS) + 2
    assert turns > 1


@pytest.mark.parametrize("index", [2, -1])
async def test_there_are_no_votes_of_what_was_never_submitted(
    asked: VotesNamespace, index: int
) -> None:
    with pytest.raises(RpcError, match=f"no referendum {index}: 2 were submitted") as refused:
        await asked.votes(index)
    assert refused.value.code == Code.CLIENT


async def test_a_page_of_votes_goes_on_from_one_of_them_only(asked: VotesNamespace) -> None:
    with pytest.raises(RpcError, match="after: wanted a storage key of this map, got 0x00"):
        await asked.delegations(0, "0x00")


async def test_the_votes_of_a_referendum_that_is_over_are_not_listed(node: MemoryNode) -> None:
    decoder = Decoder(node.executive, node.chain)
    runtime = decoder.best().runtime
    runtime.referenda.referendum_info_for[0] = Approved(5, None, None)
    with pytest.raises(RpcError, match="referendum 0 is over: votes are listed while"):
        await VotesNamespace(decoder, Addresses(42)).votes(0)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
async def test_the_page_of_a_referendum_shows_whose_votes_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ExplorerNode(chain())
    decide(made.real)
    async with shown(tmp_path, made) as (tab, _):
        await visit(tab, "referendum/0")
        assert "30 AMAX aye, 20 AMAX nay" in await tab.text("[data-table=Votes]")
        assert "aye 3× 100 AMAX 300 AMAX 100 AMAX 150 AMAX" in await tab.text("[data-table=Votes]")
        assert "aye 2× 50 AMAX 100 AMAX" in await tab.text("[data-table=Delegations]")
        assert await complaints(tab) == []
        monkeypatch.setattr("node.explorer.votes.LOOKED", 3)
        await visit(tab, "referendum/1")
        await tab.wait_for("main", "looked through 3 of the accounts' votes")
        await tab.evaluate("document.querySelector('.pager a').click()")
        await tab.wait_for("main", "First")
