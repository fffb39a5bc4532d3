"""Vaults from the command line: what is created, joined and taken out, and what is refused."""

from dataclasses import replace

import pytest

from cli.errors import CommandError, UsageError
from cli.sdk.names import find_call
from cli.sdk.transactions import prepare, receipt_of, send
from cli.tx import readable
from cli.vault import check_due, commission_of, held_by, kind_of, points_of
from runtime.compute.job import JobClass, Market
from runtime.pallets.vaults import AGPU, Chunk, Insurance, OfMarket, OfProvider, OfTask
from runtime.pallets.vaults.records import new_position
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

STAKER = pair(1)


class World:
    """A chain in memory and a client whose account stakes."""

    def __init__(self) -> None:
        self.rpc = ChainRpc(MemoryChain())
        self.client = client_of(self.rpc)

    async def make(self, path: str, *values: object) -> str | None:
        """Send a call in a block of its own; return why it failed."""
        entry = find_call(self.client.pallets, self.client.calls, path)
        call = readable(self.client, entry, *values)
        prepared = await prepare(self.client, call.encoded, STAKER)
        await send(self.client, prepared)
        return (await receipt_of(self.client, prepared.raw, self.rpc.seal())).failure


@pytest.fixture
def world() -> World:
    return World()


def test_kinds_of_vaults_are_read() -> None:
    read = [kind_of(text, b"me") for text in ("market:3/12", "task:data", "provider", "insurance")]
    assert read == [
        OfMarket(Market(3, 12)),
        OfTask(JobClass.DATA),
        OfProvider(b"me"),
        Insurance(),
    ]


@pytest.mark.parametrize("text", ["market", "market:1", "market:a/b", "task:sums", "providers", ""])
def test_other_kinds_are_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UsageError, match="kind: wanted market:TIER/REGION, task:NAME") as refused:
        kind_of(text, b"me")
    assert str(refused.value).endswith(f"got {text!r}")


def test_commissions_are_percent() -> None:
    assert [commission_of(percent) for percent in (0, 7.5, 20)] == [0, 75_000_000, 200_000_000]
    for percent in (-1, 20.1):
        with pytest.raises(UsageError, match="wanted 0 to 20 percent"):
            commission_of(percent)


def test_an_amount_is_turned_into_points_that_are_worth_it() -> None:
    slashed = [{"vault": 4, "points": str(300), "stake": str(100)}]
    assert [points_of(slashed, 4, planck) for planck in (1, 10, 100, None)] == [3, 30, 300, 300]
    wiped_out = [{"vault": 4, "points": "300", "stake": "0"}]
    assert points_of(wiped_out, 4, 0) == 300
    with pytest.raises(CommandError, match=r"wanted at most 0\.0000000001 AGPU, the stake"):
        points_of(slashed, 4, 101)
    with pytest.raises(CommandError, match="no stake in vault 5"):
        points_of(slashed, 5, 1)


async def test_a_stake_is_made_and_looked_at(world: World) -> None:
    assert await world.make("vaults.create", kind_of("market:0/0", STAKER.public), None) is None
    assert await world.make("vaults.join", 0, AGPU, 20 * UNIT, 28) is None
    held = await held_by(world.client, 0, STAKER.public)
    assert (held.position.points, held.era) == (20 * UNIT - 10**6, 0)
    with pytest.raises(CommandError, match="nothing in vault 1"):
        await held_by(world.client, 1, STAKER.public)


def test_a_withdrawal_says_when_something_is_due() -> None:
    position = new_position(28)
    with pytest.raises(CommandError, match="in era 30: nothing is on its way"):
        check_due(position.chunks, 30)
    position = replace(position, chunks=(Chunk(3, 1, 1), Chunk(9, 1, 1)))
    with pytest.raises(CommandError, match="in era 30: the first part is due in era 31"):
        check_due(position.chunks, 30)
    check_due(position.chunks, 31)
