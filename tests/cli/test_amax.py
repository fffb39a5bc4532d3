"""AMAX from the command line: how it stands and is spread, what is claimed, and what vests."""

import pytest

from cli.amax import claimable_row, status_row, unlock_row, unlock_rows
from cli.sdk.ledgers import all_holdings
from cli.sdk.names import find_call
from cli.sdk.transactions import prepare, receipt_of, send
from cli.tx import readable
from runtime.books.concentration import nakamoto, voting
from runtime.books.ledger import Holding
from runtime.constants import TREASURY
from runtime.frame.fungible import HoldReason
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc
from tests.cli.chain_rpc import client_of as client_of_chain
from tests.cli.economy_rpc import EconomyRpc, client_of
from tests.support.chain import MemoryChain, pair
from tests.support.economy import EconomyNode, told_all

STATUS = {
    "cap": str(100 * UNIT),
    "issuance": str(40 * UNIT),
    "minted": str(2 * UNIT),
    "lastEpoch": 7,
    "lastBudget": str(UNIT // 2),
    "claimableEpochs": 8,
}


@pytest.fixture(scope="module")
def economy() -> EconomyNode:
    return told_all()


@pytest.mark.parametrize(
    ("weights", "few"),
    [((), 0), ((5,), 1), ((5, 5), 2), ((6, 5), 1), ((1, 1, 1, 1), 3), ((3, 2, 2, 2, 1), 3)],
)
def test_req_27_the_nakamoto_coefficient_counts_who_has_more_than_half(
    weights: tuple[int, ...], few: int
) -> None:
    assert nakamoto(weights) == nakamoto(reversed(weights)) == few


def test_what_vests_and_what_the_treasury_has_does_not_vote() -> None:
    people = {
        b"a" * 32: Holding(5, 5, {HoldReason.REFERENDUM: 2, HoldReason.VESTING: 9}),
        TREASURY: Holding(1_000),
    }
    assert voting(people) == {b"a" * 32: 7}


def test_a_status_says_how_few_decide() -> None:
    assert status_row(STATUS, (3 * UNIT, 0, UNIT)) == {
        "issuance": "40 AMAX",
        "cap": "100 AMAX",
        "minted_since_block_0": "2 AMAX",
        "last_closed_epoch": 7,
        "its_budget": "0.5 AMAX",
        "claimable_epochs": 8,
        "can_vote": "4 AMAX",
        "accounts_that_can_vote": 2,
        "nakamoto_coefficient": 1,
    }
    assert claimable_row({"capacity": str(UNIT), "total": str(UNIT)}) == {
        "claimable_capacity": "1 AMAX",
        "claimable_total": "1 AMAX",
    }


def test_an_unlock_says_what_is_left_of_it() -> None:
    row = unlock_row("5X", VestingInfo(100 * UNIT, UNIT, 50), "AMAX", 80)
    assert (row["vests"], row["still_to_vest"]) == ("100 AMAX", "70 AMAX")
    assert (row["from_block"], row["free_at_block"]) == (50, 150)


async def test_req_d9_everybody_sees_what_vests_of_whom(economy: EconomyNode) -> None:
    client = client_of(EconomyRpc(economy), economy)
    at = await client.block_hash()
    everybody = await unlock_rows(client, None, at)
    own = await unlock_rows(client, economy.provider.public, at)
    assert everybody == own
    (row,) = own
    assert row["account"] == client.address(economy.provider.public)
    assert await unlock_rows(client, economy.client.public, at) == []


async def test_req_27_the_coefficient_of_a_chain_is_that_of_its_state(economy: EconomyNode) -> None:
    client = client_of(EconomyRpc(economy), economy)
    votes = voting(await all_holdings(client, "Amax", await client.block_hash()))
    runtime = economy.runtime()
    assert sum(votes.values()) == runtime.amax.active_issuance()
    # six accounts with as much each, but for what one gave another and is vesting
    assert nakamoto(votes.values()) == 3


class World:
    """A chain in memory and a client whose account asks for its AMAX."""

    def __init__(self) -> None:
        self.rpc = ChainRpc(MemoryChain())
        self.client = client_of_chain(self.rpc)

    async def make(self, path: str, *values: object) -> str | None:
        """Send a call in a block of its own; return why it failed."""
        entry = find_call(self.client.pallets, self.client.calls, path)
        call = readable(self.client, entry, *values)
        prepared = await prepare(self.client, call.encoded, pair(1))
        await send(self.client, prepared)
        return (await receipt_of(self.client, prepared.raw, self.rpc.seal())).failure


@pytest.mark.parametrize(
    ("path", "values", "why"),
    [
        ("amaxDistribution.claim", (), "AmaxDistribution.NothingToClaim"),
        ("amaxDistribution.claim_other", (bytes(32),), "AmaxDistribution.NothingToClaim"),
        ("AmaxVesting.vest", (), "NotVesting"),
        ("Vesting.vest_other", (Id(bytes(32)),), "NotVesting"),
        ("stability.absorb", (), "Stability.NoBudget"),
    ],
)
async def test_what_commands_send_is_understood_and_refused_with_a_reason(
    path: str, values: tuple[object, ...], why: str
) -> None:
    failure = await World().make(path, *values)
    assert failure is not None
    assert why in failure
