"""What a job costs and where its fee goes, against the economy's reference and at the extremes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import LatencyClass
from runtime.compute.price import Fee
from runtime.pallets.jobs import money
from runtime.pallets.jobs.money import Parts
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.primitives.types import U128_MAX
from runtime.terms import SplitRates

BILLION = 10**9

# (base, scarcity, surge, reputation) and provider, burn, scarcity burn, validators, oracles,
# stakers, treasury: computed by `split` of the economy's reference model
REFERENCE = [
    ((0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0)),
    ((1, 1, 1, 0), (0, 0, 0, 0, 0, 0, 3)),
    (
        (10**12, 0, 0, 5 * 10**8),
        (740 * BILLION, 150 * BILLION, 0, 30 * BILLION, 10 * BILLION, 20 * BILLION, 50 * BILLION),
    ),
    (
        (123456789, 987654321, 555555555, 333333333),
        (945884771, 85185184, 513580246, 44444443, 1234567, 27777776, 48559678),
    ),
    (
        (10**30, 10**29, 10**28, 10**9),
        (
            8283 * 10**26,
            1512 * 10**26,
            52 * 10**27,
            332 * 10**26,
            10**28,
            221 * 10**26,
            132 * 10**26,
        ),
    ),
    ((99, 0, 7, 999999999), (82, 14, 0, 2, 0, 1, 7)),
    (
        (10**11, 0, 25 * BILLION, 10**9),
        (98750000000, 18000000000, 0, 3500000000, 1000000000, 2250000000, 1500000000),
    ),
    (
        (2**100 + 7, 2**90 + 3, 2**95 + 1, 123456789),
        (
            933250289281024350756719086414,
            194901279785090270480118117827,
            643728820428397742947544598,
            38858937833168086829083509390,
            12676506002282294014967032053,
            25773911617921617323399766342,
            102397968184731933421139248155,
        ),
    ),
]


@pytest.mark.parametrize(("given_", "parts"), REFERENCE)
def test_a_split_is_that_of_the_reference_model(
    given_: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    *fee, reputation = given_
    assert money.split(Fee(*fee), reputation, SplitRates()) == Parts(*parts)


@given(
    st.integers(0, U128_MAX),
    st.integers(0, U128_MAX),
    st.integers(0, U128_MAX),
    st.integers(0, BILLION),
)
def test_the_parts_of_a_fee_add_up_to_it(base: int, scarcity: int, surge: int, rep: int) -> None:
    parts = money.split(Fee(base, scarcity, surge), rep, SplitRates())
    values = [getattr(parts, name) for name in Parts.__slots__]
    assert (sum(values), min(values) >= 0) == (base + scarcity + surge, True)


def test_reputation_moves_the_provider_from_70_to_78_hundredths() -> None:
    fee = Fee(10**12, 0, 0)
    shares = [money.split(fee, rep, SplitRates()).provider for rep in (0, BILLION // 2, BILLION)]
    assert shares == [700 * BILLION, 740 * BILLION, 780 * BILLION]


def test_a_key_is_the_block_less_a_boost_of_at_most_600() -> None:
    keys = [
        money.queue_key(1000, latency, tip)
        for latency, tip in (
            (LatencyClass.BATCH, 0),
            (LatencyClass.STANDARD, 0),
            (LatencyClass.FAST, BILLION // 4),
            (LatencyClass.REALTIME, BILLION // 2),
            (LatencyClass.REALTIME, BILLION),
        )
    ]
    assert keys == [1600, 1540, 1350, 1100, 1100]


def test_a_slot_in_a_full_lane_costs_sixteen_times_the_first() -> None:
    deposits = [money.queue_deposit(512, waiting) for waiting in (0, LANE_SLOTS // 2, LANE_SLOTS)]
    assert deposits == [512, 512 + 512 * 15 // 4, 512 * 16]
