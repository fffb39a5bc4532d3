"""The explorer's methods about those who work, vote and trade: each against the state."""

import trio

from runtime.compute.gas import shares_gas
from runtime.compute.job import LatencyClass, Market
from runtime.compute.proofs import PROOFS
from runtime.pallets.disputes import Content
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.support import ExplorerNode, address, nominate, trade
from tests.rpc.support import serving


async def test_a_referendum_has_its_call_and_its_curve(served):
    (row,) = await served.call("explorer_referenda")
    assert row == {
        "index": 0,
        "state": "preparing",
        "track": "small_spender",
        "since": 22,
        "call": "Treasury.spend",
    }
    found = await served.call("explorer_referendum", 0)
    assert found["call"]["fields"]["amount"]["value"] == str(UNIT)
    ends = found["curve"][0], found["curve"][-1]
    assert [(end["approval"], end["support"]) for end in ends] == [(100.0, 50.0), (50.0, 5.0)]
    assert found["electorate"] == str(6000 * UNIT)


async def test_validators_have_their_bond_and_their_blocks(served):
    found = await served.call("explorer_validators")
    (one,) = found["validators"]
    assert (one["address"], one["blocks"], found["counted"]) == (address(served, 0), 25, 25)
    runtime = served.node.real.runtime()
    bond = runtime.staking.ledger[served.node.real.author.public].total
    assert (int(one["bond"]), int(one["behind"])) == (bond, bond)
    assert (one["nominators"], one["commission"], one["points"]) == (0, 0, 20 * 25)


async def test_nominators_and_candidates_are_listed_with_their_stake(served):
    nominate(served.node)
    found = await served.call("explorer_validators")
    assert (found["nominatorCount"], found["candidates"]) == (1, [])
    (one,) = found["nominators"]
    assert one == {
        "address": address(served, 4),
        "active": str(50 * UNIT),
        "targets": [address(served, 0)],
    }


async def test_an_empty_slot_is_missed_by_whose_turn_it_was():
    node = ExplorerNode()
    node.real.pass_blocks(12)
    epoch_slots = node.real.executive.config.epoch_slots
    first = node.real.runtime().babe.genesis_slot
    async with serving(node) as server:
        before = await server.call("explorer_validators")
        assert (before["empty"], before["slots"]) == (0, 12 % epoch_slots)
        node.real.maker.slot += 3
        node.real.pass_blocks(1)
        found = await server.call("explorer_validators")
    assert (found["slot"] - first) // epoch_slots == found["epoch"] == before["epoch"]
    assert (found["empty"], found["slots"]) == (3, 12 % epoch_slots + 4)
    assert [one["missed"] for one in found["validators"]] == [3]


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
    assert await served.call("explorer_assets") == []
    trade(served.node)
    (asset,) = await served.call("explorer_assets")
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
    with trio.fail_after(5):
        while not (lags := (await served.call("starminer_head"))["lags"]):
            await trio.sleep(0.01)
    assert lags == [[best, lag]]
    node.chain.finalize(node.chain.best.hash)
    node.pay()
    with trio.fail_after(5):
        while len(lags := (await served.call("starminer_head"))["lags"]) < 2:
            await trio.sleep(0.01)
    assert lags == [[best, lag], [best + 1, 1]]


async def test_the_treasury_has_what_its_account_holds(served):
    found = await served.call("explorer_treasury")
    account = await served.call("starminer_account", found["address"])
    assert found["free"] == account["balances"][0]["free"]
    assert (found["committed"], found["spends"]) == ("0", [])


async def test_scores_are_those_of_the_newest_scored_epoch(served):
    assert await served.call("explorer_scores") == {
        "epoch": None,
        "current": served.node.real.runtime().babe.current_epoch(),
        "active": 0,
        "looked": 0,
        "rows": [],
    }
    served.node.real.pass_blocks(60)
    found = await served.call("explorer_scores")
    provider = encode_ss58(served.node.real.provider.public, 42)
    epoch = found["epoch"]
    assert epoch <= found["current"] - 2
    assert found["active"] == found["looked"] == len(found["rows"])
    for row in found["rows"]:
        told = await served.call("mining_score", row["address"], epoch)
        parts = {name: row[name] for name in told["parts"]}
        assert (told["isFinal"], told["score"], told["parts"]) == (True, row["score"], parts)
    assert all(row["address"] == provider for row in found["rows"])
