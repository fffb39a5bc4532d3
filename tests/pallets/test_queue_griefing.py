"""What it costs to fill a queue, and to take all back: the table of docs/economics.md."""

from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import Error, money
from runtime.pallets.jobs.orders import JOBS_PER_CLIENT
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import ComputeMarket
from tests.support.bench import account

LEAST = DEFAULTS.queue.deposit
ATTACKERS = tuple(account(5000 + i) for i in range(LANE_SLOTS // JOBS_PER_CLIENT))


def deposits(places: int) -> list[int]:
    """Return what each place of a queue costs, from its head on."""
    return [money.queue_deposit(LEAST, waiting) for waiting in range(places)]


def burned(places: int) -> int:
    """Return what it burns to take all back within ten blocks."""
    return sum(one * money.FLICKER_SHARE // 10**9 for one in deposits(places))


def test_whoever_fills_a_queue_has_the_table_on_hold_and_flickering_burns_it() -> None:
    world, ledger = ComputeMarket(), HoldReason.QUEUE_DEPOSIT
    world.join_idly()
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
