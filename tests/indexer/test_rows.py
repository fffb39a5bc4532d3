"""What the index says of a chain is what the chain says of itself."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from cli.indexer.market_rows import polls_in
from cli.sdk.client import enhex
from cli.sdk.ledgers import all_holdings
from genesis.notation import parse_account
from runtime.books.books import AGPU, AMAX
from runtime.constants import TREASURY
from runtime.pallets.conviction_voting.types import Conviction, Standard, Vote
from tests.indexer.conftest import Lived
from tests.indexer.support import asked

PLANCK = 10**12


def address(lived: Lived, name: str) -> str:
    return lived.client.core.address(parse_account(name))


def test_every_block_is_there_once_and_follows_its_parent(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT number, hash, parent_hash FROM blocks ORDER BY number")
    assert [number for number, _, _ in rows] == list(range(lived.chain.number + 1))
    assert all(child[2] == parent[1] for parent, child in pairwise(rows))
    block = lived.client.block(str(len(rows) - 1))
    assert rows[-1][1:] == (enhex(block.hash), enhex(block.parent_hash))


def test_extrinsics_say_who_called_what_what_it_cost_and_how_it_ended(lived: Lived) -> None:
    query = (
        "SELECT pallet, call, signer, success, error, fee FROM extrinsics "
        "WHERE call = 'transfer_keep_alive' ORDER BY block_number"
    )
    first, amax, refused = asked(lived.index, query)
    alice, bob = address(lived, "//Alice"), address(lived, "//Bob")
    assert first[:5] == ("Balances", "transfer_keep_alive", alice, 1, None)
    assert amax[:5] == ("Amax", "transfer_keep_alive", bob, 1, None)
    assert refused[:5] == ("Balances", "transfer_keep_alive", alice, 0, "Token.FundsUnavailable")
    assert all(int(row[5]) > 0 for row in (first, amax, refused))
    ((raw,),) = asked(lived.index, "SELECT arguments FROM extrinsics WHERE pallet = 'Amax'")
    assert json.loads(raw)["value"] == {"$": "amount", "value": str(3 * PLANCK), "symbol": "AMAX"}


def test_the_events_of_blocks_are_those_that_the_sdk_decodes(lived: Lived) -> None:
    query = (
        "SELECT block_number, pallet, count(*) FROM events WHERE block_number <= ? "
        "GROUP BY block_number, pallet"
    )
    rows = asked(lived.index, query, lived.busy)
    found = {(number, pallet): many for number, pallet, many in rows}
    wanted: Counter[tuple[int, str]] = Counter()
    for number in range(1, lived.busy + 1):
        at = lived.client.block(str(number)).hash
        for record in lived.client.do(lambda core, at=at: core.events(at)):
            wanted[number, record.pallet.name] += 1
    assert found == wanted


def test_transfers_of_both_tokens_are_listed(lived: Lived) -> None:
    people = (address(lived, "//Alice"), address(lived, "//Bob"), address(lived, "//Charlie"))
    rows = asked(lived.index, "SELECT token, source, destination, amount FROM transfers")
    assert ("AGPU", people[0], people[1], str(3 * PLANCK // 2)) in rows
    assert ("AMAX", people[1], people[2], str(3 * PLANCK)) in rows


@pytest.mark.parametrize(("pallet", "token"), [(AGPU, "AGPU"), (AMAX, "AMAX")])
def test_balances_are_those_of_every_account_in_the_state(
    lived: Lived, pallet: str, token: str
) -> None:
    at = lived.client.block(str(lived.chain.number)).hash
    state = lived.client.do(lambda core: all_holdings(core, pallet, at))
    wanted = {
        lived.client.core.address(who): (one.free, one.reserved, one.frozen)
        for who, one in state.items()
    }
    query = "SELECT account, free, held, frozen FROM balances WHERE token = ?"
    rows = asked(lived.index, query, token)
    found = {who: tuple(map(int, amounts)) for who, *amounts in rows if any(map(int, amounts))}
    assert found == wanted


def test_fees_of_extrinsics_blocks_and_flows_are_the_same_sum(lived: Lived) -> None:
    (((of_extrinsics,),), ((of_blocks,),), ((taken,),)) = (
        asked(lived.index, "SELECT sum(CAST(fee AS INTEGER)) FROM extrinsics"),
        asked(lived.index, "SELECT sum(CAST(fees AS INTEGER)) FROM blocks"),
        asked(
            lived.index,
            "SELECT sum(CAST(amount AS INTEGER)) FROM flows "
            "WHERE flow_group = 'fees' AND cause = 'taken'",
        ),
    )
    assert of_extrinsics == of_blocks == taken > 0


def test_a_job_is_known_by_its_states_its_segment_and_its_receipt(lived: Lived) -> None:
    job = lived.client.jobs.of(lived.job)
    ((client, state, paid),) = asked(
        lived.index, "SELECT client, state, paid FROM jobs WHERE job = ?", lived.job
    )
    assert (client, state, int(paid)) == (address(lived, "//Bob"), "completed", job.paid)
    states = asked(
        lived.index,
        "SELECT state, block_number FROM job_states WHERE job = ? ORDER BY block_number",
        lived.job,
    )
    assert sorted(states) == sorted((one.state.name.lower(), one.block) for one in job.history)
    ((status, units),) = asked(
        lived.index, "SELECT status, units FROM segments WHERE job = ?", lived.job
    )
    assert (status, int(units)) == ("settled", job.units)
    ((kind, proven),) = asked(
        lived.index, "SELECT kind, units FROM receipts WHERE job = ?", lived.job
    )
    assert (kind, proven) == ("opening", units)


def test_prices_are_noted_once_an_epoch_and_market(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT epoch, tier, region, base_price, price FROM prices")
    epochs = {epoch for epoch, *_ in rows}
    assert len(rows) == len({row[:3] for row in rows}) > 1
    ((last,),) = asked(lived.index, "SELECT max(epoch) FROM blocks")
    assert last in epochs
    assert all(int(base) > 0 and int(price) > 0 for *_, base, price in rows)


def test_a_referendum_is_as_the_last_block_that_touched_it_left_it(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT referendum, state, submitter FROM referenda")
    phase = lived.client.gov.of(lived.referendum).phase
    assert rows == [(lived.referendum, phase, address(lived, "//Alice"))]


def test_the_treasurys_flows_lead_from_what_it_had_to_what_it_has(lived: Lived) -> None:
    rows = asked(lived.index, "SELECT direction, amount FROM treasury_flows")
    grown = sum(int(amount) * (1 if way == "in" else -1) for way, amount in rows)
    query = (
        "SELECT free, held FROM balance_history WHERE token = 'AGPU' AND account = ? "
        "ORDER BY block_number"
    )
    history = asked(lived.index, query, lived.client.core.address(TREASURY))
    (opening, closing) = (sum(map(int, row)) for row in (history[0], history[-1]))
    assert closing - opening == grown > 0


def test_an_account_finds_what_it_signed_and_what_named_it(lived: Lived) -> None:
    query = "SELECT kind, name FROM account_activity WHERE account = ? ORDER BY block_number"
    rows = asked(lived.index, query, address(lived, "//Charlie"))
    assert ("event", "Amax.Transfer") in rows
    mine = asked(lived.index, query, address(lived, "//Alice"))
    assert ("extrinsic", "Balances.transfer_keep_alive") in mine


def test_votes_are_found_within_batches_too(lived: Lived) -> None:
    calls, aye = lived.client.core.calls, Standard(Vote(True, Conviction.NONE), 5)
    votes = [calls.decode(calls.encode("ConvictionVoting", "vote", poll, aye)) for poll in (7, 3)]
    batch = calls.decode(calls.encode("Utility", "batch_all", tuple(votes)))
    nothing = calls.decode(calls.encode("System", "remark", b"7"))
    assert list(polls_in(batch)) == [7, 3]
    assert list(polls_in(nothing)) == []
