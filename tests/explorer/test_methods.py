"""The explorer's methods: what they answer about a real runtime, and how they refuse."""

from node.rpc.errors import Code
from runtime.compute.job import LatencyClass
from runtime.primitives.block import Block
from runtime.primitives.scale import decode
from runtime.primitives.types import UNIT
from tests.explorer.support import ExplorerNode, address, busy_node, indexed
from tests.rpc.support import serving

INVALID, CLIENT = Code.INVALID_PARAMS, Code.CLIENT


async def test_req_c6_a_block_lists_its_extrinsics_with_their_outcome(served):
    block = await served.call("explorer_block", "2")
    inherent, transfer = block["extrinsics"]
    assert (inherent["name"], inherent["signer"], inherent["ok"]) == ("Timestamp.set", None, True)
    assert (transfer["name"], transfer["ok"]) == ("Balances.transfer_keep_alive", False)
    assert transfer["signer"] == address(served, 1)
    assert block["fees"] == transfer["fee"]
    assert 0 < block["usedPicoseconds"] < block["maxPicoseconds"]
    assert (block["isFinal"], block["isCanonical"], block["specVersion"]) == (True, True, 1)
    by_hash = await served.call("explorer_block", block["hash"])
    assert by_hash == block
    assert (await served.call("explorer_block", "final"))["isFinal"] is True
    best = await served.call("explorer_block", "best")
    assert (best["nextHash"], best["isFinal"]) == (None, False)


async def test_a_long_block_is_told_in_parts(monkeypatch):
    monkeypatch.setattr("node.explorer.blocks.MAX_ROWS", 3)
    node = busy_node()
    async with serving(node) as server:
        whole = await server.call("explorer_block", "1")
        assert (len(whole["events"]), whole["eventCount"]) == (3, 8)
        rest = await server.call("explorer_block", "1", 1, 6)
        assert [one["index"] for one in rest["extrinsics"]] == [1]
        assert [one["index"] for one in rest["events"]] == [6, 7]
        assert (await server.call("explorer_block", "1", 99, 99))["events"] == []
        (event,) = [one for one in rest["events"] if one["index"] == 6]
        assert await server.call("explorer_event", "1-6") == event


async def test_a_failed_extrinsic_says_why_in_the_pallet_s_words(served):
    found = await served.call("explorer_extrinsic", "2-1")
    assert found["error"] == {
        "$": "error",
        "name": "Token.FundsUnavailable",
        "doc": "Funds are unavailable.",
    }
    assert found["arguments"]["value"]["value"] == str(10**9 * UNIT)
    assert found["arguments"]["dest"] == {"$": "account", "value": address(served, 0)}
    assert (found["nonce"], found["tip"], found["era"]) == (1, "0", "immortal")
    assert await served.call("explorer_extrinsic", found["hash"]) == found
    assert [event["name"] for event in found["events"]][-1] == "System.ExtrinsicFailed"


async def test_an_event_is_named_by_its_place(served):
    block = await served.call("explorer_block", "1")
    (place,) = [event["index"] for event in block["events"] if event["name"] == "Balances.Transfer"]
    event = await served.call("explorer_event", f"1-{place}")
    assert event == block["events"][place]
    assert (event["phase"], event["doc"]) == (
        "extrinsic 1",
        "An amount moved between free balances.",
    )


REFUSALS: list[tuple[tuple[object, ...], Code, str]] = [
    (("explorer_block", "99"), CLIENT, "block 99 is not here: the best one is 25"),
    (("explorer_block", "0x12"), INVALID, "wanted 32 bytes of hex, got 1"),
    (("explorer_block", "-1"), INVALID, "wanted a block's number or hash, best or final"),
    (("explorer_block", "0x" + "00" * 32), CLIENT, "0" * 64),
    (("explorer_block", "9" * 5000), CLIENT, "is not here"),
    (("explorer_block", "1", -1), INVALID, "wanted places from 0 on, got -1 and 0"),
    (("explorer_extrinsic", "1-9"), CLIENT, "block 1 has 2 extrinsics, no number 9"),
    (("explorer_extrinsic", "1"), INVALID, "wanted a block and a place in it, as in 12-1"),
    (("explorer_extrinsic", "0x" + "11" * 32), CLIENT, "no extrinsic 0x1111"),
    (("explorer_event", "1-99"), CLIENT, "block 1 has 8 events, no number 99"),
    (("explorer_job", 7), CLIENT, "no job 7: 3 jobs were ordered so far"),
    (("explorer_job", -1), INVALID, "wanted the number of a job, got -1"),
    (("explorer_jobs", None, 0), INVALID, "wanted a limit of 1 to 200, got 0"),
    (("explorer_history", "nobody"), INVALID, "wanted an SS58 address"),
    (("explorer_receipts", "zz"), INVALID, "cursor: wanted `next` of a page, got 'zz'"),
    (("explorer_receipts", "00"), INVALID, "cursor: wanted `next` of a page, got '00'"),
    (("explorer_receipt", "1-0"), CLIENT, "block 1 has no receipt number 0"),
    (("explorer_receipt", "2-" + "9" * 20), CLIENT, "block 2 has no receipt"),
    (("explorer_receipt", "9" * 20 + "-0"), CLIENT, "has no receipt number 0"),
    (("explorer_receipt", "two"), INVALID, "wanted a block and a place in it, as in 12-1"),
    (("explorer_events", "Balances.Nothing"), INVALID, "wanted the name of an event as in System."),
    (("explorer_events", "System.ExtrinsicSuccess"), CLIENT, "comes with every extrinsic or block"),
    (("explorer_provider", "0x" + "00" * 32), CLIENT, "is not a provider"),
    (("explorer_points", 0, None, 1), INVALID, "wanted a limit of 2 to 500, got 1"),
    (("explorer_referendum", 4), CLIENT, "no referendum 4: 1 were submitted"),
    (("explorer_state", "Balances", "Nothing"), INVALID, "Balances.Nothing"),
    (("explorer_state", "System", "Account", ["1", "2"]), INVALID, "wanted 1 keys, got 2"),
    (("explorer_state", "Jobs", "Jobs", ["many"]), INVALID, "wanted a key of type number"),
    (("explorer_state", "Jobs", "Jobs", [], "best", "0x00"), INVALID, "a storage key of this map"),
    (("explorer_state", "Jobs", "Jobs", [], "best", "x"), INVALID, "after: "),
]


async def test_what_is_not_there_is_refused_with_what_was_wanted(served):
    for call, code, words in REFUSALS:
        answer = await served.call(*call)
        assert (answer[0], words in answer[1]) == (code, True), (call, answer)


HASHES = ["block hash", "extrinsic hash", "public key", "output of a job", "receipt"]
SEARCHES = [
    ("3", ["block"], ["block #3", "job 3", "referendum 3"]),
    ("#0", ["block", "job", "referendum"], ["block #0", "job 0", "referendum 0"]),
    ("1-1", ["extrinsic"], ["extrinsic 1-1", "receipt 1-1"]),
    ("1-7", ["event"], ["extrinsic 1-7", "receipt 1-7", "event 1-7"]),
    ("1-99", [], ["extrinsic 1-99", "receipt 1-99", "event 1-99"]),
    ("1-4294967296", [], [f"{one} 1-4294967296" for one in ("extrinsic", "receipt", "event")]),
    ("a-b", [], ["extrinsic a-b", "receipt a-b", "event a-b"]),
    ("0x0000000000000001", ["job"], ["job 1"]),
    ("0x0000000000000009", [], ["job 9"]),
    ("0xzz", [], ["hex"]),
    ("0x00", [], ["a hash or a public key"]),
    ("0x" + "77" * 32, [], HASHES),
    ("whatever", [], ["event name", "address"]),
    ("balances.TRANSFER", ["events"], ["event name", "address"]),
    ("JobCompleted", ["events"], ["event name", "address"]),
    ("SegmentCom", ["events"], ["event name", "address"]),
    ("Balances.Withdraw", [], ["event name", "address"]),
    ("ExtrinsicSuc", [], ["event name", "address"]),
    ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", ["account"], ["event name", "address"]),
    ("", [], ["event name", "address"]),
]


async def test_search_says_what_it_found_and_what_it_tried(served):
    for text, found, tried in SEARCHES:
        answer = await served.call("explorer_search", text)
        assert [one["kind"] for one in answer["found"]] == found, text
        assert [one["what"] for one in answer["tried"]] == tried, text


async def test_events_are_found_by_their_name_newest_first(served):
    transfers = (await served.call("explorer_events", "Balances.Transfer"))["rows"]
    assert [(row["block"], row["name"]) for row in transfers] == [(1, "Balances.Transfer")]
    failed = (await served.call("explorer_events", "System.ExtrinsicFailed"))["rows"]
    assert [(row["block"], row["extrinsic"]) for row in failed] == [(2, 1)]
    for name in ("Jobs.JobSubmitted", "Balances.Transfer", "System.ExtrinsicFailed"):
        page = await served.call("explorer_events", name, "", 1)
        (line,) = page["rows"]
        event = await served.call("explorer_event", f"{line['block']}-{line['event']}")
        assert (event["name"], event["fields"]) == (name, line["fields"])
    following = await served.call("explorer_events", "Jobs.JobSubmitted", page["next"] or "", 200)
    blocks = [row["block"] for row in following["rows"]]
    assert blocks == sorted(blocks, reverse=True)
    assert len(blocks) == 3


async def test_whoever_links_an_event_s_name_is_told_whether_it_is_listed(served):
    for pallet in await served.call("explorer_pallets"):
        for event in pallet["events"]:
            answer = await served.call("explorer_events", f"{pallet['name']}.{event}", "", 1)
            refused = isinstance(answer, tuple | list)
            assert refused == (event in pallet["unlisted"]), (event, answer)
    listed = {
        event["name"]: event["listed"]
        for event in (await served.call("explorer_block", "1"))["events"]
    }
    assert (listed["Balances.Transfer"], listed["Balances.Withdraw"]) == (True, False)
    (why, _) = (await served.call("explorer_search", "balances.withdraw"))["tried"]
    assert why["outcome"].startswith("none: Balances.Withdraw comes with every extrinsic")


async def test_every_event_of_a_block_has_a_name_that_is_known(served):
    known = {
        f"{pallet['name']}.{event}"
        for pallet in await served.call("explorer_pallets")
        for event in pallet["events"]
    }
    for number in range(26):
        block = await served.call("explorer_block", str(number))
        assert {event["name"] for event in block["events"]} <= known


async def test_search_finds_hashes_and_public_keys(served):
    block = await served.call("explorer_block", "2")
    extrinsic = block["extrinsics"][1]
    key = "0x" + served.node.real.client.public.hex()
    for text, kind, name in (
        (block["hash"], "block", block["hash"]),
        (extrinsic["hash"], "extrinsic", "2-1"),
        (key, "account", address(served, 1)),
    ):
        answer = await served.call("explorer_search", text)
        assert [(one["kind"], one["id"]) for one in answer["found"]] == [(kind, name)]


async def test_search_finds_a_receipt_by_its_name_and_lists_its_namesakes(served):
    for row in (await served.call("explorer_receipts"))["rows"]:
        name = f"{row['block']}-{row['place']}"
        answer = await served.call("explorer_search", name)
        kinds = [one["kind"] for one in answer["found"]]
        assert kinds == ["extrinsic", "receipt", "event"]
        assert {one["id"] for one in answer["found"]} == {name}
        assert [one["outcome"] for one in answer["tried"]] == ["found"] * 3


async def test_search_finds_a_provider_and_the_job_of_an_output(served):
    segment = served.node.real.runtime().jobs.segments[1, 0]
    answer = await served.call("explorer_search", "0x" + segment.output.out_root.hex())
    # the jobs of this chain have the same output: the newest one is meant
    assert [(one["kind"], one["id"]) for one in answer["found"]] == [("job", "1")]
    provider = await served.call("explorer_search", "0x" + served.node.real.provider.public.hex())
    assert [one["kind"] for one in provider["found"]] == ["account", "provider"]


async def test_a_fee_is_taken_apart_to_the_last_planck(served):
    found = await served.call("explorer_extrinsic", "1-1")
    parts = {name: int(value) for name, value in found["feeParts"].items()}
    made = sum(parts[name] for name in ("base", "length", "weight", "tip"))
    assert made == sum(parts[name] for name in ("burned", "treasury", "author"))
    assert made == int(found["fee"])
    assert parts["base"] == served.node.real.runtime().transaction_payment.config.base_fee
    assert parts["weight"] > 0
    assert parts["burned"] == made // 2
    assert (await served.call("explorer_extrinsic", "1-0"))["feeParts"] is None
    assert 0 < found["picoseconds"] < found["maxPicoseconds"]


async def test_a_block_is_handed_out_as_its_bytes(served):
    block = await served.call("explorer_block", "2")
    raw = bytes.fromhex((await served.call("explorer_blockBytes", "2"))[2:])
    decoded = decode(raw, Block)
    assert "0x" + decoded.header.hash.hex() == block["hash"]
    assert raw.startswith(bytes.fromhex(block["rawHeader"][2:]))
    assert len(decoded.extrinsics) == block["extrinsicCount"]
    assert (await served.call("explorer_blockBytes", "99"))[0] == CLIENT


async def test_a_map_of_the_state_is_read_page_by_page(served, monkeypatch):
    whole = await served.call("explorer_state", "System", "Account")
    monkeypatch.setattr("node.explorer.state.ENTRIES_LISTED", 2)
    seen, after = [], ""
    while page := await served.call("explorer_state", "System", "Account", [], "best", after):
        assert len(page) <= 2
        seen, after = [*seen, *page], page[-1]["storageKey"]
    assert seen == whole


async def test_an_account_knows_its_holds_and_jobs(served):
    client = await served.call("explorer_account", address(served, 1))
    assert client["parts"] == [
        {"symbol": "AGPU", "kind": "hold", "reason": "job_escrow", "amount": str(UNIT // 50)}
    ]
    assert (client["bought"], client["sold"], client["is_provider"]) == ([2, 1, 0], [], False)
    provider = await served.call("explorer_account", address(served, 2))
    assert (provider["sold"], provider["is_provider"]) == ([2, 1, 0], True)


async def test_a_provider_has_its_hours_its_latency_and_at_first_nothing(served):
    found = await served.call("explorer_provider", address(served, 2))
    (hour,) = found["hours"]
    assert (hour["units"], hour["settled"], hour["failed"], hour["slashed"]) == (22, 1, 0, "0")
    starts = served.node.real.runtime().providers.starts
    measured = starts[served.node.real.provider.public, LatencyClass.STANDARD]
    half = next(n for n in range(len(measured)) if 2 * sum(measured[: n + 1]) >= sum(measured))
    assert found["latency_p50"] == [0, half, 0, 0]
    newcomer = served.node.real.maker.pairs[5]
    served.node.real.register(newcomer)
    fresh = await served.call("explorer_provider", address(served, 5))
    assert (fresh["hours"], fresh["latency_p50"]) == ([], [0, 0, 0, 0])


async def test_a_job_is_shown_with_its_order_and_events(served):
    found = await served.call("explorer_job", 0)
    assert found["job"] == await served.call("jobs_get", "0x" + bytes(8).hex())
    assert found["spec"]["job_class"] == "matmul"
    assert found["events"][0]["name"] == "Jobs.JobSubmitted"
    listed = await served.call("explorer_jobs", 2)
    assert [row["number"] for row in listed] == [1, 0]


async def test_state_is_read_by_pallet_item_and_key(served):
    (entry,) = await served.call("explorer_state", "Balances", "TotalIssuance")
    raw = await served.call("state_getStorage", entry["storageKey"])
    shown = int.from_bytes(bytes.fromhex(raw[2:]), "little")
    assert entry["value"] == {"$": "amount", "value": str(shown), "symbol": "AGPU"}
    who = address(served, 1)
    (account,) = await served.call("explorer_state", "System", "Account", [who])
    assert account["keys"] == [{"$": "account", "value": who}]
    before = await served.call("explorer_state", "System", "Account", [who], "0")
    assert before[0]["value"]["fields"]["nonce"] == 0
    assert account["value"]["fields"]["nonce"] == 5
    jobs = await served.call("explorer_state", "Jobs", "Jobs")
    assert sorted(entry["keys"] for entry in jobs) == [[0], [1], [2]]


async def test_pallets_list_what_they_store_do_and_say(served):
    pallets = {pallet["name"]: pallet for pallet in await served.call("explorer_pallets")}
    balances = pallets["Balances"]
    assert balances["doc"] == "A ledger of one token."
    assert {"name": "Account", "keys": ["account"]} in balances["items"]
    assert "transfer_keep_alive" in balances["calls"]
    assert "Approved" in pallets["Referenda"]["events"]


async def test_every_item_of_the_state_can_be_shown(served):
    for pallet in await served.call("explorer_pallets"):
        for item in pallet["items"]:
            answer = await served.call("explorer_state", pallet["name"], item["name"])
            assert isinstance(answer, list), (pallet["name"], item["name"], answer)


async def test_the_index_follows_the_chain_while_it_is_asked():
    node = ExplorerNode()
    async with serving(node) as server:
        await indexed(server)
        node.pay()
        await indexed(server)
        page = await server.call("explorer_history", address(server, 1), "", 1)
        assert [row["name"] for row in page["rows"]] == ["Balances.transfer_keep_alive"]
        assert page["next"] is not None
