"""The explorer's methods about those who work, vote and trade: each against the state."""

from types import SimpleNamespace

import trio

from node.explorer.scores import WINDOW, ScoreRowJson, ScoresNamespace
from node.rpc.addresses import Addresses
from node.rpc.errors import Code
from runtime.compute.gas import shares_gas
from runtime.compute.job import LatencyClass, Market
from runtime.compute.proofs import PROOFS
from runtime.pallets.disputes import Content
from runtime.pallets.staking import ToStash, ValidatorPrefs
from runtime.primitives.extrinsic import Id
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.support import ExplorerNode, address, indexed, nominate, stake, trade
from tests.rpc.support import serving
from tests.support.chain import MemoryChain
from tests.support.patience import patient


async def test_a_referendum_has_its_call_and_its_curve(served):
    (row,) = await served.call("explorer_referenda")
    assert row == {
        "index": 0,
        "state": "preparing",
        "track": "small_spender",
        "since": 22,
        "call": "Treasury.spend",
        "ayes": "0",
        "nays": "0",
        "support": 0.0,
        "ends": None,
    }
    assert await served.call("explorer_referenda", 0) == []
    assert await served.call("explorer_referenda", 9) == [row]
    found = await served.call("explorer_referendum", 0)
    assert found["call"]["fields"]["amount"]["value"] == str(UNIT)
    ends = found["curve"][0], found["curve"][-1]
    assert [(end["approval"], end["support"]) for end in ends] == [(100.0, 50.0), (50.0, 5.0)]
    assert found["electorate"] == str(6000 * UNIT)


async def test_validators_have_their_bond_and_their_blocks(served):
    found = await served.call("explorer_validators")
    (one,) = found["validators"]
    assert (one["address"], one["blocks"], one["missed"]) == (address(served, 0), 25, 0)
    runtime = served.node.real.runtime()
    bond = runtime.staking.ledger[served.node.real.author.public].total
    assert (int(one["bond"]), int(one["behind"])) == (bond, bond)
    assert (one["nominators"], one["commission"], one["points"]) == (0, 0, 20 * 25)


async def test_nominators_and_candidates_are_listed_with_their_stake(served):
    nominate(served.node)
    found = await served.call("explorer_validators")
    assert (found["nominatorCount"], found["candidateCount"]) == (1, 0)
    empty = {"count": 0, "rows": [], "next": None}
    assert await served.call("explorer_candidates") == empty
    listed = await served.call("explorer_nominators")
    row = {
        "address": address(served, 4),
        "active": str(50 * UNIT),
        "targets": [address(served, 0)],
    }
    assert listed == {"count": 1, "rows": [row], "next": None}


async def test_stakers_are_listed_page_by_page():
    node = ExplorerNode(MemoryChain(6, endowment=3000 * UNIT))
    pairs = node.real.maker.pairs
    for place, pair in enumerate(pairs[1:5]):
        node.real.act(pair, "Staking", "bond", (1990 - place) * UNIT, ToStash())
    for pair in pairs[1:3]:
        node.real.act(pair, "Staking", "validate", ValidatorPrefs(10**7))
    for pair in pairs[3:5]:
        node.real.act(pair, "Staking", "nominate", (Id(node.real.author.public),))
    expected = {"explorer_candidates": [1990, 1989], "explorer_nominators": [1988, 1987]}
    async with serving(node) as server:
        for method, stakes in expected.items():
            whole = await server.call(method)
            assert [int(row["active"]) // UNIT for row in whole["rows"]] == stakes
            assert (whole["count"], whole["next"]) == (2, None)
            first = await server.call(method, "", 1)
            rest = await server.call(method, first["next"], 1)
            turned = {row["address"] for row in first["rows"] + rest["rows"]}
            assert turned == {row["address"] for row in whole["rows"]}
            assert (first["count"], len(rest["rows"]), rest["next"]) == (2, 1, None)


async def test_an_empty_slot_is_missed_by_whose_turn_it_was():
    node = ExplorerNode()
    node.real.pass_blocks(12)  # an epoch has ten slots
    node.real.maker.slot += 3
    node.real.pass_blocks(1)
    async with serving(node) as server:
        await indexed(server)
        found = await server.call("explorer_validators")
        slots = [{"epoch": 1, "blocks": 3, "missed": 3}, {"epoch": 0, "blocks": 10, "missed": 0}]
        assert found["epochs"] == slots
        (one,) = found["validators"]
        assert (one["blocks"], one["missed"], one["slots"]) == (13, 3, slots)


async def test_missed_slots_are_remembered_over_epochs_and_gaps_belong_to_theirs():
    node = ExplorerNode()
    node.real.pass_blocks(8)
    node.real.maker.slot += 4  # two to the end of the epoch, two from the beginning of the next
    node.real.pass_blocks(1)
    node.real.maker.slot += 27  # the rest, a whole epoch without a block, and no more
    node.real.pass_blocks(1)
    babe = node.real.runtime().babe
    assert (babe.current_epoch(), babe.current_slot - babe.genesis_slot) == (4, 40)
    index = await node.index()
    who = node.real.author.public
    assert [(epoch, account, row.blocks, row.missed) for epoch, account, row in index.slots(9)] == [
        (4, who, 1, 0),
        (1, who, 1, 9),
        (0, who, 8, 2),
    ]
    assert len(index.slots(2)) == 2


async def test_of_many_validators_fewer_whole_epochs_are_counted(monkeypatch):
    monkeypatch.setattr("node.explorer.validators.SLOT_ROWS", 2)
    node = ExplorerNode()
    node.real.pass_blocks(25)
    async with serving(node) as server:
        await indexed(server)
        found = await server.call("explorer_validators")
    assert [one["epoch"] for one in found["epochs"]] == [2]


async def test_providers_are_listed_page_by_page_with_their_standing():
    node = ExplorerNode()
    for pair in node.real.maker.pairs[2:5]:
        node.real.register(pair)
    async with serving(node) as server:
        whole = await server.call("explorer_providers")
        assert (whole["count"], whole["idle"], whole["speed"], whole["next"]) == (3, 3, 300, None)
        told = {one["account"]: one for one in await server.call("providers_list")}
        for row in whole["rows"]:
            known = told.pop(row["address"])
            assert (row["state"], row["bond"], row["rating"]) == ("active", known["bond"], 100)
            page = await server.call("explorer_provider", row["address"])
            assert (row["reputation"], row["uptime"]) == (page["reputation"], 10**9)
        assert told == {}
        first = await server.call("explorer_providers", "", 2)
        rest = await server.call("explorer_providers", first["next"], 2)
        assert [*first["rows"], *rest["rows"]] == whole["rows"]
        assert (len(rest["rows"]), rest["next"]) == (1, None)
        assert (await server.call("explorer_providers", "nobody"))[0] == Code.INVALID_PARAMS


async def test_receipts_say_who_checked_them_how_and_at_what_cost(served):
    shares, opening = (await served.call("explorer_receipts"))["rows"]
    told = {row["id"]: row for row in await served.call("receipts_recent", 100)}
    known = {(row["block"], row["verifiedBy"], row["method"]) for row in told.values()}
    for row in (shares, opening):
        assert (row["block"], row["verifiedBy"], row["how"]) in known
    runtime = served.node.real.runtime()
    spec = runtime.jobs.specs[opening["job"]]
    assert opening["cost"] == PROOFS[spec.proof].gas(spec)
    assert shares["cost"] == shares_gas(runtime.receipts.parameters, 12)
    for row in (shares, opening):
        found = await served.call("explorer_receipt", f"{row['block']}-{row['place']}")
        assert found["receipt"] == row
        assert (found["job"] is None) == (row["job"] is None)
    job = await served.call("explorer_job", opening["job"])
    assert found["job"] == job["job"]
    assert found["job"]["outputRoot"] is not None


async def test_a_receipt_is_found_by_the_id_that_it_is_listed_with(served):
    told = await served.call("receipts_recent", 100)
    assert {row["job"] is None for row in told} == {True, False}
    for row in told:
        (found,) = (await served.call("explorer_search", row["id"]))["found"]
        of_job = None if row["job"] is None else str(int(row["job"], 16))
        wanted = ("provider", row["provider"]) if of_job is None else ("job", of_job)
        assert (found["kind"], found["id"]) == wanted


async def test_open_cases_are_listed_with_whose_turn_it_is(served):
    assert await served.call("explorer_cases") == []
    real = served.node.real
    real.act(real.client, "Disputes", "dispute_segment", 0, 0, Content.OUTPUT)
    (case,) = await served.call("explorer_cases")
    (told,) = await served.call("jobs_cases", "0x" + bytes(8).hex())
    shared = ("case", "kind", "challenger", "provider", "bond", "content", "turn", "deadline")
    assert {name: case[name] for name in shared} == {name: told[name] for name in shared}
    assert case["job"] == 0


async def test_assets_are_listed_as_their_issuers_describe_them(served):
    assert await served.call("explorer_assets") == {"count": 0, "rows": [], "next": None}
    trade(served.node)
    (asset,) = (await served.call("explorer_assets"))["rows"]
    issuer = address(served, 1)
    assert asset == {
        "id": 7,
        "name": "Gold coin",
        "symbol": "GLD",
        "decimals": 6,
        "supply": str(10**12),
        "accounts": 2,
        "minBalance": "1",
        "owner": issuer,
        "issuer": issuer,
        "status": "live",
    }


async def test_pools_and_assets_are_listed_page_by_page(served):
    trade(served.node)
    trade(served.node, 9)
    for method in ("explorer_assets", "explorer_pools"):
        whole = await served.call(method)
        first = await served.call(method, None, 1)
        rest = await served.call(method, first["next"], 1)
        assert [*first["rows"], *rest["rows"]] == whole["rows"]
        assert (whole["count"], first["next"], rest["next"]) == (2, 7, None)
    pools = await served.call("explorer_pools")
    told = await served.call("liquidity_pools")
    assert [row["pool"] for row in pools["rows"]] == told
    assert {(row["symbol"], row["decimals"]) for row in pools["rows"]} == {("GLD", 6)}
    assert int(pools["agpu"]) == sum(int(one["agpu"]) for one in told)


async def test_vaults_are_listed_page_by_page_with_the_sums_of_all(served):
    stake(served.node)
    told = await served.call("vault_list")
    whole = await served.call("explorer_vaults")
    assert (whole["rows"], whole["count"], whole["next"]) == (told, 2, None)
    sums = (whole["members"], int(whole["stake"]))
    assert sums == (2, sum(int(one["stake"]) for one in told))
    first = await served.call("explorer_vaults", None, 1)
    rest = await served.call("explorer_vaults", first["next"], 1)
    assert ([*first["rows"], *rest["rows"]], rest["next"]) == (told, None)
    assert (first["members"], first["stake"]) == (whole["members"], whole["stake"])


async def test_a_job_waits_for_those_before_it(served):
    node = served.node.real
    for _ in range(3):
        node.submitted()
    (lane,) = (await served.call("explorer_overview"))["lanes"]
    runtime = node.runtime()
    market = Market(lane["tier"], lane["region"])
    speed, delay = runtime.pricing.rated[market], 2 * node.executive.config.slot_milliseconds / 1000
    ahead = 0 if lane["idle"] else runtime.jobs.running_units[market] / 2
    assert lane["waiting"] == len(lane["jobs"]) > 0
    for one in lane["jobs"]:
        assert one["wait"] == round(delay + ahead / speed, 1)
        ahead += one["units"]
    assert lane["wait"] == round(delay + ahead / speed, 1)
    node.submitted(latency=LatencyClass.REALTIME)
    (lane,) = (await served.call("explorer_overview"))["lanes"]
    waits = {one["job"]: one["wait"] for one in lane["jobs"]}
    assert (waits.pop(max(waits)), None in waits.values()) == (None, False)


async def test_the_head_tells_how_finality_lagged_behind_the_last_blocks(served):
    node = served.node
    node.pay()
    best = node.chain.best.number
    lag = best - node.chain.finalized.number
    with trio.fail_after(patient(30)):
        while not (lags := (await served.call("starminer_head"))["lags"]):
            await trio.sleep(0.01)
    assert lags == [[best, lag]]
    node.chain.finalize(node.chain.best.hash)
    node.pay()
    with trio.fail_after(patient(30)):
        while len(lags := (await served.call("starminer_head"))["lags"]) < 2:
            await trio.sleep(0.01)
    assert lags == [[best, lag], [best + 1, 1]]


async def test_the_treasury_has_what_its_account_holds(served):
    found = await served.call("explorer_treasury")
    account = await served.call("starminer_account", found["address"])
    assert found["free"] == account["balances"][0]["free"]
    assert (found["committed"], found["spends"]) == ("0", [])
    assert [(one["asset"], one["committed"], one["spent"]) for one in found["assets"]] == [
        ("AMAX", "0", "0")
    ]


async def test_scores_are_those_of_the_newest_scored_epoch(served):
    assert await served.call("explorer_scores") == {
        "epoch": None,
        "current": served.node.real.runtime().babe.current_epoch(),
        "active": 0,
        "window": WINDOW,
        "rows": [],
        "next": None,
    }
    served.node.real.pass_blocks(60)
    found = await served.call("explorer_scores")
    provider = encode_ss58(served.node.real.provider.public, 42)
    epoch = found["epoch"]
    assert epoch <= found["current"] - 2
    assert (found["active"], found["next"]) == (len(found["rows"]), None)
    for row in found["rows"]:
        told = await served.call("mining_score", row["address"], epoch)
        parts = {name: row[name] for name in told["parts"]}
        assert (told["isFinal"], told["score"], told["parts"]) == (True, row["score"], parts)
    assert all(row["address"] == provider for row in found["rows"])


async def test_scores_are_ranked_window_by_window_and_told_page_by_page(monkeypatch):
    """What did something first is ranked first where not all are looked at together."""
    runtime = SimpleNamespace(
        babe=SimpleNamespace(current_epoch=lambda: 9),
        mining=SimpleNamespace(
            scoring=SimpleNamespace(epoch=8),
            active_count=dict.fromkeys(range(8), 5),
            active={(7, place): place for place in range(5)},
        ),
    )
    decoder = SimpleNamespace(best=lambda: SimpleNamespace(runtime=runtime))
    monkeypatch.setattr("node.explorer.scores.WINDOW", 3)
    namespace = ScoresNamespace(decoder, Addresses(42))  # type: ignore[arg-type]
    monkeypatch.setattr(namespace, "_row", lambda _runtime, _epoch, who: scored(who))
    pages = [namespace.scores(), namespace.scores(3), namespace.scores(0, 2), namespace.scores(2)]
    assert [[row.score for row in page.rows] for page in pages] == [[2, 1, 0], [4, 3], [2, 1], [0]]
    assert [page.next for page in pages] == [3, None, 2, 3]


def scored(who: int) -> ScoreRowJson:
    return ScoreRowJson(str(who), who, 0, 0, 0, 0, 0, "0")
