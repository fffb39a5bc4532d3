"""The economy checked from outside: an epoch adds up, a replay agrees, own work loses."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

from cli import self_dealing
from cli.econ import flow_record, replay_record
from cli.errors import CommandError
from cli.sdk.failures import DispatchError, Failure
from cli.sdk.flows import checks_in
from cli.sdk.ledgers import place
from cli.sdk.replay import Differs, Replay
from cli.sdk.self_dealing import Measure, Takings, bounds
from cli.self_dealing import TRIES, named_job, row_of, shown
from genesis.notation import format_amount
from node.explorer.decoding import Decoder
from node.explorer.flows import FlowsNamespace
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from runtime.books.books import AGPU
from runtime.frame.accounts import AccountData
from runtime.frame.fungible import BurnReason
from runtime.pallets import jobs
from runtime.pallets.jobs import SegmentSettled
from runtime.pallets.system import AccountInfo
from runtime.primitives.scale import encode
from runtime.primitives.types import Balance
from runtime.terms import FeeParts, SplitRates
from tests.cli.economy_rpc import EconomyRpc, client_of
from tests.support.economy import BENEFICIARY, EconomyNode, told_all


@pytest.fixture(scope="module")
def economy() -> EconomyNode:
    return told_all()


@pytest.fixture
def rpc(economy: EconomyNode) -> EconomyRpc:
    return EconomyRpc(economy)


def silent(number: int, last: int) -> None:
    """Hear of a block, and say nothing."""


async def replayed(rpc: EconomyRpc, economy: EconomyNode, last: int | None = None) -> Any:
    client = client_of(rpc, economy)
    reader = Replay(client)
    number = economy.number if last is None else last
    books = await reader.run(number, silent)
    return replay_record(reader, books, number, await client.block_hash(str(number)))


async def test_a_replay_finds_no_difference_and_says_what_it_read(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    found = await replayed(rpc, economy)
    runtime = economy.runtime()
    assert (found["blocks"], found["differences"]) == (economy.number, 0)
    assert found["issuance"] == format_amount(runtime.balances.total_issuance)
    assert found["events"] == sum(len(told.records) for told in economy.story)
    assert [row["what"] for row in found["minted"]] == ["work", "availability"]


async def test_a_replay_of_a_part_agrees_with_the_state_of_its_last_block(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    assert (await replayed(rpc, economy, 40))["blocks"] == 40
    assert (await replayed(rpc, economy, 0))["events"] == 0


async def test_a_state_that_says_more_than_its_events_is_named(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    client = client_of(rpc, economy)
    paid = next(told.number for told in economy.story if BENEFICIARY in told.agpu)
    where = place(client, "System", "Account", BENEFICIARY)
    more = AccountInfo(data=AccountData(free=10**12 + 1))
    rpc.changed[paid, where.key] = encode(more, AccountInfo)
    with pytest.raises(Differs, match=f"block {paid} .* the account 0x0707") as found:
        await replayed(rpc, economy)
    assert found.value.number == paid
    assert "1000000000001 free" in found.value.what


async def test_an_account_that_no_event_tells_of_is_found_at_the_end(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    client = client_of(rpc, economy)
    where = place(client, "System", "Account", BENEFICIARY)
    rpc.changed[economy.number, where.key] = None
    with pytest.raises(Differs, match=f"block {economy.number} "):
        await replayed(rpc, economy)


async def test_a_burn_that_no_event_tells_of_is_named_with_its_block(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    where = place(client_of(rpc, economy), AGPU, "BurnedByReason", BurnReason.BOND)
    rpc.changed[1, where.key] = encode(1, Balance)
    with pytest.raises(Differs, match=r"block 1 \(0x.*\): burned by bond: 1 planck in the state"):
        await replayed(rpc, economy)


async def test_a_replay_over_a_node_without_the_history_says_what_to_do(
    rpc: EconomyRpc, economy: EconomyNode
) -> None:
    rpc.lost = 60
    with pytest.raises(CommandError, match="--state-pruning archive"):
        await replayed(rpc, economy)


async def answer_of(economy: EconomyNode) -> dict[str, Any]:
    """Return what a node answers about the epoch in which a job was paid."""
    index = Index(economy.db)
    await Indexer(Decoder(economy.executive, economy.chain), index).catch_up()
    namespace = FlowsNamespace(index)
    epochs = range(economy.runtime().babe.current_epoch() + 1)
    found = next(one for epoch in epochs if (one := namespace.flows(epoch)).jobs.segments)
    answer: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return answer


async def test_req_1_the_flows_of_an_epoch_add_up_for_whoever_asks(economy: EconomyNode) -> None:
    answer = await answer_of(economy)
    checks = checks_in(answer)
    assert {one.name for one in checks} == {one["name"] for one in answer["checks"]}
    assert all(one.holds for one in checks)
    record = flow_record(answer, checks)
    assert record["adds_up"] is True
    assert record["issuance"][-1]["amount"] == format_amount(int(answer["closing"]["issuance"]))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("closing", "issuance"), "issuance"),
        (("closing", "treasury"), "treasury"),
        (("fees", "burned"), "transaction fees"),
        (("jobs", "oracles"), "fees of jobs"),
        (("jobs", "minted"), "work minted"),
    ],
)
async def test_an_answer_that_is_off_by_a_planck_does_not_add_up(
    economy: EconomyNode, path: tuple[str, str], name: str
) -> None:
    answer = await answer_of(economy)
    group, field = path
    answer[group][field] = str(int(answer[group][field]) + 1)
    assert [one.name for one in checks_in(answer) if not one.holds] == [name]


# self-dealing


def test_req_64_a_provider_that_bought_from_itself_has_less_than_before(
    economy: EconomyNode,
) -> None:
    party = (economy.client.public, economy.provider.public)
    measure = Measure(party, {0: "matched", 1: "direct"})
    for told in economy.story:
        measure.add(told.records)
    most = bounds()
    direct, matched = measure.takings["direct"], measure.takings["matched"]
    events = [record.event for told in economy.story for record in told.records]
    fees = [event for event in events if isinstance(event, SegmentSettled)]
    assert [matched.spent, direct.spent] == [event.fee for event in fees]
    assert matched.minted > 0
    assert matched.referrers == fees[0].minted // 10
    assert (direct.minted, direct.referrers) == (0, 0)
    assert all(one.transactions > 0 for one in (direct, matched))
    assert direct.rate < matched.rate < most.coalition < most.all_roles < 1
    assert all(one.loses for one in (direct, matched))


def test_jobs_of_others_count_neither_way(economy: EconomyNode) -> None:
    measure = Measure((economy.provider.public,), {})
    for told in economy.story:
        measure.add(told.records)
    assert measure.takings == {}


def test_the_bounds_are_those_of_the_page() -> None:
    assert bounds().coalition == Fraction(8949, 10_000)
    assert bounds().all_roles == Fraction(9625, 10_000), "the page has 0.96, without the discount"
    generous = SplitRates(base=FeeParts(50_000_000, 30_000_000, 10_000_000, 20_000_000))
    assert bounds(generous).all_roles == Fraction(9585, 10_000), "then the surge part decides"


def test_a_party_that_has_more_than_before_is_told_so() -> None:
    takings = Takings(jobs=1, spent=100, provider=90, minted=10)
    assert (takings.loses, takings.rate) == (False, Fraction(1))
    row = row_of("matched", takings, bounds())
    assert (row["returned_per_agpu"], row["bound"]) == ("1.000000", "0.894900")
    assert shown(Fraction(2, 3)) == "0.666666"
    assert Takings().rate == 0


class Busy:
    """A chain on which a provider is refused so many orders before it takes one."""

    def __init__(self, refusals: int, error: jobs.Error = jobs.Error.PROVIDER_UNAVAILABLE) -> None:
        self.left, self.error, self.asked = refusals, error, 0

    async def submit(self, *_: Any, provider: bytes) -> str:
        self.asked += 1
        if self.asked > self.left:
            return "placed"
        failure = Failure("Jobs", self.error.name, "", self.error)
        raise DispatchError(failure, f"block {self.asked}")


@pytest.mark.parametrize(
    ("chain", "asked", "ends"),
    [
        (Busy(0), 1, True),
        (Busy(3), 4, True),
        (Busy(TRIES), TRIES, False),
        (Busy(1, jobs.Error.MAX_PRICE_TOO_LOW), 1, False),
    ],
)
async def test_an_order_for_a_provider_that_others_keep_busy_is_made_again(
    monkeypatch: pytest.MonkeyPatch, chain: Busy, asked: int, ends: bool
) -> None:
    monkeypatch.setattr(self_dealing, "submit_job", chain.submit)
    nothing: Any = None
    if ends:
        assert await named_job(nothing, nothing, nothing, b"") == "placed"
    else:
        with pytest.raises(DispatchError) as caught:
            await named_job(nothing, nothing, nothing, b"")
        assert caught.value.kind is chain.error
    assert chain.asked == asked
