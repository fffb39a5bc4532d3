"""What a provider earned, by the chain's own events, and how its bond comes back."""

from typing import Any

import pytest

from cli.errors import CommandError, UsageError
from cli.main import run
from cli.provider.benchmark import Measured, Sale, earnings_rows, measured_on, report
from cli.provider.money import (
    Settled,
    bond_record,
    epoch_rows,
    settled_of,
    withdrawal,
)
from cli.sdk.client import Client
from consensus.compute.device import DeviceInfo, DeviceUnavailable
from runtime.compute.shares import ShareParameters
from runtime.executive import Executed
from runtime.pallets.jobs.events import SegmentSettled
from runtime.primitives.block import Block
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.consensus_compute.fakes import FakeDevice
from tests.node.backend_support import FEE, MemoryNode

SMALL = ShareParameters(size=128, target=2**62)
INFO = DeviceInfo("NVIDIA H200", 2 << 30, "")


class Market(MemoryNode):
    """A market in memory that answers RPC."""

    def __init__(self) -> None:
        super().__init__()
        self.rpc = ChainRpc(self.maker)
        self.paid: list[int] = []

    def grow(self, *extrinsics: bytes) -> Executed:
        executed = super().grow(*extrinsics)
        self.rpc._keep(Block(executed.header, extrinsics))
        events = [record.event for record in executed.events]
        self.paid += [one.provider_paid for one in events if isinstance(one, SegmentSettled)]
        return executed

    @property
    def client_of(self) -> Client:
        return client_of(self.rpc)


@pytest.fixture(scope="module")
def market() -> Market:
    """Two jobs paid, in epochs apart, and one that is open."""
    market = Market()
    market.register()
    market.completed()
    market.pass_blocks(market.executive.config.epoch_slots)
    market.completed()
    market.committed()
    return market


async def settled(market: Market, who: bytes, limit: int = 10) -> list[Settled]:
    return [one async for one in settled_of(market.client_of, who, limit)]


async def test_earnings_are_those_of_the_events(market: Market) -> None:
    found = await settled(market, market.provider.public)
    assert [one.paid for one in found] == market.paid[::-1]
    assert [one.fee for one in found] == [FEE, FEE]
    assert found[0].epoch > found[1].epoch
    assert await settled(market, market.client.public) == []
    assert await settled(market, market.provider.public, limit=1) == []


def test_epochs_are_added_up_newest_first() -> None:
    rows = epoch_rows([Settled(2, 10, 100, 70), Settled(3, 5, 50, 35), Settled(2, 1, 10, 7)])
    sums = [(row["epoch"], row["segments"], row["earned"]) for row in rows]
    assert sums == [
        (3, 1, "0.000000000035 AGPU"),
        (2, 2, "0.000000000077 AGPU"),
        ("all", 3, "0.000000000112 AGPU"),
    ]
    assert rows[-1]["units"] == "0.000016 CU"
    assert epoch_rows([])[0]["segments"] == 0


@pytest.mark.parametrize("jobs", ["0", "1001"])
def test_earnings_of_too_many_jobs_are_refused(jobs: str, capsys) -> None:
    assert run(["provider", "earnings", "--jobs", jobs]) == 2
    assert f"--jobs: wanted 1 to 1000, got {jobs}" in capsys.readouterr().err


async def test_a_bond_comes_back_28_eras_after_it_is_asked_for() -> None:
    market = Market()
    market.register()
    client, key = market.client_of, market.provider.public
    with pytest.raises(CommandError, match="nothing can be withdrawn in era 0: nothing is on its"):
        await withdrawal(client, key, None)
    market.act(market.provider, "Providers", "bond_extra", 50 * UNIT)
    assert await withdrawal(client, key, "50AGPU") == ("providers.unbond", (50 * UNIT,))
    assert await withdrawal(client, key, "all") == ("providers.unbond", (150 * UNIT,))
    market.act(market.provider, "Providers", "unbond", 50 * UNIT)
    with pytest.raises(CommandError, match="the first part is due in era 28"):
        await withdrawal(client, key, None)
    shown: dict[str, Any] = await bond_record(client, key)
    assert (shown["bond"], shown["can_be_withdrawn"]) == ("100 AGPU", "0 AGPU")
    assert shown["unbonding"] == [{"amount": "50 AGPU", "era": 28, "block": 2800}]


async def test_an_amount_to_unbond_has_a_unit() -> None:
    market = Market()
    market.register()
    with pytest.raises(UsageError, match="--unbond: wanted an amount with its unit"):
        await withdrawal(market.client_of, market.provider.public, "50")


async def test_a_benchmark_counts_what_the_device_did(autojump_clock) -> None:
    device = FakeDevice()
    measured = await measured_on(device, SMALL, 10)
    # 16 nonces a second of simulated time, in searches of 1, 2, 4 and then 8 nonces and more
    assert measured.nonces == sum(len(nonces) for nonces in device.searches[1:])
    assert measured.nonces / measured.seconds == pytest.approx(16)
    assert measured.shares > 0


async def test_a_device_that_does_not_work_has_no_speed() -> None:
    device = FakeDevice(faults=[DeviceUnavailable("the CUDA driver found no GPU")])
    with pytest.raises(CommandError, match="does not work: the CUDA driver found no GPU"):
        await measured_on(device, SMALL, 1)


def test_a_benchmark_proposes_the_speed_that_was_measured(market: Market) -> None:
    # 100 products of side 1024 in 2 s: 5.4e10 multiply-accumulates a second are 536 micro-CU
    parameters = ShareParameters(size=1024, target=2**60)
    shown = report(market.client_of, Measured(INFO, 100, 2.0, 3), parameters, Sale(UNIT, 100))
    assert (shown["rating"], shown["bond_needed"]) == ("0.000536CU/s", "100 AGPU")
    assert shown["int8_tera_operations_per_second"] == 0.1074
    assert shown["shares_expected_per_second"] == 100 * 256 / 16 / 2


def test_the_arithmetic_of_earnings_is_shown_and_adds_up(market: Market) -> None:
    rows = earnings_rows(250_000, Sale(UNIT, 50))
    assert rows == [
        {
            "step": "work in an hour",
            "arithmetic": "0.250000 CU/s x 3600 s x 50 %",
            "result": "450.000000 CU",
        },
        {"step": "what clients pay", "arithmetic": "450.000000 CU x 1 AGPU", "result": "450 AGPU"},
        {
            "step": "your part",
            "arithmetic": "450 AGPU x 74.00%, of a newcomer's reputation",
            "result": "333 AGPU an hour",
        },
    ]
    assert earnings_rows(250_000, Sale(UNIT, 0))[-1]["result"] == "0 AGPU an hour"


@pytest.mark.parametrize(("flag", "value"), [("--seconds", "0"), ("--load", "101")])
def test_a_benchmark_out_of_range_is_refused(flag: str, value: str, capsys) -> None:
    assert run(["provider", "benchmark", flag, value]) == 2
    assert f"{flag}: wanted" in capsys.readouterr().err
