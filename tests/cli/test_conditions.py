"""Orders on conditions, top-ups, budgets and reservations from the command line."""

from dataclasses import replace

import numpy as np
import pytest

from cli.errors import CommandError, UsageError
from cli.ordering import Buying, conditions_of, way_of
from cli.reservation import place_words, reservation_row
from cli.sdk.jobs import Order, job_of, order_work
from cli.sdk.matmul import matmul_work
from cli.sdk.names import find_call
from cli.sdk.prices import highest_share
from cli.sdk.transactions import Receipt, prepare, receipt_of, send
from cli.tx import readable
from genesis.notation import format_amount
from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.pallets.jobs.conditions import PLAIN, Conditions
from runtime.pallets.reservations import PREMIUM, Reserved
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

A, B = np.arange(-32, 32, dtype=np.int8).reshape(8, 8), np.ones((8, 16), np.int8)
CLIENT, SPONSOR = pair(1), pair(2)
HERE = Market(0, 0)


class World:
    """A chain in memory, and clients that make calls on it."""

    def __init__(self) -> None:
        self.rpc = ChainRpc(MemoryChain())
        self.client = client_of(self.rpc)

    async def make(self, path: str, *values: object, by=CLIENT) -> str | None:
        """Make a call in a block of its own; return why it failed."""
        return (await self.made(path, *values, by=by)).failure

    async def made(self, path: str, *values: object, by=CLIENT) -> Receipt:
        """Make a call in a block of its own; return what became of it."""
        call = readable(
            self.client, find_call(self.client.pallets, self.client.calls, path), *values
        )
        prepared = await prepare(self.client, call.encoded, by)
        await send(self.client, prepared)
        return await receipt_of(self.client, prepared.raw, self.rpc.seal())


@pytest.fixture
def world() -> World:
    return World()


def ordered(**terms: object) -> Order:
    return order_work(*matmul_work(A, B), 5 * UNIT, 100, HERE, **terms)  # type: ignore[arg-type]


def test_what_a_client_says_becomes_conditions(world: World) -> None:
    plain = Buying("5AGPU")
    assert conditions_of(world.client, plain) == PLAIN
    address = world.client.address(SPONSOR.public)
    asked = replace(plain, sponsor=address, deny=(address,), allow_overflow=(2, 1))
    expected = Conditions(sponsor=SPONSOR.public, denied=(SPONSOR.public,), regions=(2, 1))
    assert conditions_of(world.client, asked) == expected
    assert conditions_of(world.client, replace(plain, reservation=3)).reservation == 3


@pytest.mark.parametrize("regions", [(0,), (1, 1)])
def test_a_region_is_named_once(world: World, regions: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="wanted other regions, each once"):
        conditions_of(world.client, Buying("5AGPU", allow_overflow=regions))


@pytest.mark.parametrize(
    ("service", "latency"),
    [
        ("economy", LatencyClass.BATCH),
        ("standard", LatencyClass.STANDARD),
        ("premium", LatencyClass.FAST),
    ],
)
async def test_a_service_is_a_class_and_costs_no_more_than_was_allowed(
    world: World, service: str, latency: LatencyClass
) -> None:
    way = way_of(Buying("5AGPU", service=service))  # type: ignore[arg-type]
    assert way.latency is latency
    tip = PERBILL // 10
    limit = 5 * UNIT * PERBILL // await highest_share(world.client, latency, tip)
    order = order_work(*matmul_work(A, B), limit, 100, HERE, way=way)
    assert await world.make("jobs.order_job", order.spec, None, tip, PLAIN) is None
    escrow = (await job_of(world.client, 0)).escrow
    assert 5 * UNIT - 10**6 < escrow <= 5 * UNIT


async def test_a_sponsor_sets_a_budget_and_pays(world: World) -> None:
    conditions = Conditions(sponsor=SPONSOR.public, regions=(1,))
    order = ordered()
    refused = await world.make("jobs.order_job", order.spec, None, 0, conditions)
    assert refused is not None
    assert "NoBudget" in refused
    budget = (CLIENT.public, 10_000 * UNIT, 2**32 - 1)
    assert await world.make("jobs.set_budget", *budget, by=SPONSOR) is None
    assert await world.make("jobs.order_job", order.spec, None, 0, conditions) is None
    assert (await job_of(world.client, 0)).client == CLIENT.public
    assert await world.make("jobs.top_up_job", 0, 1) is None
    assert (await job_of(world.client, 0)).max_units == order.spec.max_units + 1


async def test_a_reservation_is_made_redeemed_and_shown(world: World) -> None:
    assert await world.make("reservations.reserve", HERE, 100, 2, 2 * UNIT) is None
    assert await world.make("jobs.submit_job", ordered().spec, None, 0) is None
    assert await world.make("jobs.redeem", 0, 0) is None
    record = await world.client.storage("Reservations", "Reservations", 0)
    row = reservation_row(world.client, 0, record)
    assert (row["reservation"], row["units_per_epoch"], row["epochs"]) == (0, 100, 2)
    assert row["left"] == "0 AGPU"
    to = SPONSOR.public
    assert await world.make("reservations.transfer_reservation", 0, to) is None
    assert (await world.client.storage("Reservations", "Reservations", 0)).owner == to


async def test_what_a_reservation_burns_is_said_before_it_is_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for taken in range(2):
        words = await place_words(world.client, 48)
        receipt = await world.made("reservations.reserve", HERE, 100, 48, 2 * UNIT)
        (made,) = receipt.all(Reserved)
        place = made.premium - made.held * PREMIUM // PERBILL
        burned = f"{format_amount(place)} is burned for it, and 2 % of what is set aside"
        assert words == f"place {taken + 1} of 512: {burned}"
    monkeypatch.setattr("cli.reservation.MAX_RESERVATIONS", 2)
    with pytest.raises(CommandError, match=r"^all 2 places of reservations are taken$"):
        await place_words(world.client, 48)
