"""What it costs to fill a queue, and to take all back: the table of docs/economics.md."""

import pytest

from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import Error, Thresholds, money
from runtime.pallets.jobs.orders import JOBS_PER_CLIENT
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.pallets.reservations import MAX_EPOCHS, PREMIUM
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.architecture.test_economics import PAGE, agpu, percent, rows
from tests.pallets.compute_market import ComputeMarket
from tests.support.bench import account

LEAST = DEFAULTS.queue.deposit
FILLS = (1, 64, 128, 256, 512)
ATTACKERS = tuple(account(5000 + i) for i in range(LANE_SLOTS // JOBS_PER_CLIENT))


def deposits(places: int) -> list[int]:
    """Return what each place of a queue costs, from its head on."""
    return [money.queue_deposit(LEAST, waiting) for waiting in range(places)]


def burned(places: int) -> int:
    """Return what it burns to take all back within ten blocks."""
    return sum(one * money.FLICKER_SHARE // 10**9 for one in deposits(places))


@pytest.mark.parametrize("places", FILLS)
def test_the_table_says_what_filling_a_queue_costs(places: int) -> None:
    held, accounts = deposits(places), -(-places // JOBS_PER_CLIENT)
    cells = (places, accounts, short(sum(held)), short(held[-1]), short(burned(places)))
    assert "| " + " | ".join(map(str, cells)) + " |" in PAGE


def test_the_parameters_of_queues_are_those_of_the_page() -> None:
    limits = Thresholds()
    load = percent(limits.saturation)
    assert {
        "boost at most": f"{money.MAX_BOOST} blocks",
        "open jobs of one account": str(JOBS_PER_CLIENT),
        "market overloaded from": f"{limits.queue} waiting jobs, or a load of {load}",
        "for one job also after": f"{limits.wait} blocks",
        "premium of a reservation": percent(PREMIUM),
        "longest reservation": f"{MAX_EPOCHS} epochs",
    }.items() <= rows().items()


def test_whoever_fills_a_queue_has_the_table_on_hold_and_flickering_burns_it() -> None:
    world, ledger = ComputeMarket(), HoldReason.QUEUE_DEPOSIT
    world.pallets = []
    for who in ATTACKERS:
        world.token.mint_into(who, 1_000 * UNIT)
    issued = world.token.total_issuance
    for i in range(LANE_SLOTS):
        world.submit(ATTACKERS[i // JOBS_PER_CLIENT])
    assert sum(world.token.held(ledger, who) for who in ATTACKERS) == sum(deposits(LANE_SLOTS))
    with world.refuses(Error.TOO_MANY_JOBS):
        world.submit(ATTACKERS[0])
    for job in range(LANE_SLOTS):
        client = world.jobs.jobs[job].client
        world.call(world.jobs.cancel_job, Signed(client), job)
    assert issued - world.token.total_issuance == burned(LANE_SLOTS)


def short(planck: int) -> str:
    """Return an amount to a hundredth."""
    return agpu(round(planck, -10))
