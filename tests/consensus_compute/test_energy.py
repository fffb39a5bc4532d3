"""What a machine says it uses, and what a provider's heartbeats make of it."""

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from consensus.compute.energy import (
    CpuCounters,
    EnergyMeter,
    GpuPower,
    Reading,
    Statement,
    Unread,
    source_for,
)
from consensus.compute.heartbeats import AGAIN_AFTER_BLOCKS, Heartbeats
from consensus.compute.provider_view import Ports
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode
from tests.consensus_compute.fakes import FakeBlobs, FakeChain, FakeDevice, FakeLog

WH = 3_600_000_000
"""Microjoules."""


def smi(answer: str, status: int = 0) -> GpuPower:
    """Return a driver's tool that answers so, if it is asked for the power of GPU 1."""
    script = (
        "import sys; wanted = ['--id=1', '--query-gpu=power.draw', "
        "'--format=csv,noheader,nounits']; "
        f"assert sys.argv[1:] == wanted; print({answer!r}); sys.exit({status})"
    )
    return GpuPower((sys.executable, "-c", script), gpu="1")


async def test_a_gpu_uses_its_power_for_the_time_since_the_last_reading() -> None:
    assert await smi("71.50").microjoules(2.0) == 143_000_000


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (smi("[N/A]"), "wanted watts"),
        (smi("-1"), "wanted watts"),
        (smi("nan"), "wanted watts"),
        (smi("", 9), "CalledProcessError"),
        (GpuPower(("no-such-program",)), "No such file"),
    ],
)
async def test_a_gpu_that_cannot_be_read_says_nothing(source: GpuPower, complaint: str) -> None:
    with pytest.raises(Unread) as unread:
        await source.microjoules(1.0)
    assert complaint in str(unread.value)


def package(folder: Path, number: int, count: int) -> Path:
    made = folder / f"intel-rapl:{number}"
    made.mkdir(exist_ok=True)
    (made / "energy_uj").write_text(f"{count}\n")
    (made / "max_energy_range_uj").write_text("999\n")
    return made


async def test_the_counters_of_all_packages_are_added_and_begin_again(tmp_path: Path) -> None:
    package(tmp_path, 0, 100)
    package(tmp_path, 1, 990)
    counters = CpuCounters(tmp_path)
    assert await counters.microjoules(1.0) == 0
    package(tmp_path, 0, 150)
    package(tmp_path, 1, 10)
    assert await counters.microjoules(1.0) == 50 + 20


async def test_a_cpu_without_counters_or_with_unreadable_ones_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unread, match="no energy counters"):
        await CpuCounters(tmp_path).microjoules(1.0)
    (package(tmp_path, 0, 1) / "energy_uj").unlink()
    with pytest.raises(Unread, match="cannot be read"):
        await CpuCounters(tmp_path).microjoules(1.0)


def test_the_device_that_computes_is_measured() -> None:
    assert isinstance(source_for(""), GpuPower)
    assert isinstance(source_for("no driver"), CpuCounters)


@dataclass
class Machine:
    """A machine of a kilowatt that can be unreadable."""

    is_read: bool = True

    async def microjoules(self, seconds: float) -> int:
        if not self.is_read:
            raise Unread("it is mute")
        return int(1000 * seconds * 10**6)


async def test_a_meter_states_each_watt_hour_once_and_keeps_the_rest(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    meter = EnergyMeter(Machine())
    nursery.start_soon(meter.run)
    await trio.sleep(60.5)
    first = meter.take()
    assert (first.energy_wh, first.readings[0]) == (16, Reading(0, 5000, 5 * 10**9))
    await trio.sleep(60)
    second = meter.take()
    assert (second.energy_wh, meter.take()) == (17, Statement(0, ()))
    assert sum(one.microjoules for one in (*first.readings, *second.readings)) == 120 * 10**9


async def test_a_gap_in_the_readings_is_not_filled(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    machine = Machine()
    meter = EnergyMeter(machine)
    nursery.start_soon(meter.run)
    await trio.sleep(10.5)
    machine.is_read = False
    await trio.sleep(3600)
    assert meter.why_not == "it is mute"
    machine.is_read = True
    await trio.sleep(10)
    assert meter.why_not == ""
    assert sum(one.microjoules for one in meter.take().readings) == 20 * 10**9


def test_readings_have_a_root_and_none_has_none() -> None:
    said = Statement(1, (Reading(0, 5, WH),))
    assert decode(said.content, tuple[Reading, ...]) == said.readings
    assert said.root == blake2_256(said.content)
    assert Statement(0, ()).root == bytes(32)


@dataclass
class Stated:
    """A meter that says what it is told to."""

    said: list[Statement] = field(default_factory=list)

    def take(self) -> Statement:
        return self.said.pop(0) if self.said else Statement(0, ())


class Desk:
    """Heartbeats on a chain that takes them."""

    def __init__(self, meter: Stated | None) -> None:
        self.chain, self.blobs, self.log = FakeChain(), FakeBlobs(), FakeLog()
        ports = Ports(self.chain, self.blobs, self.chain, FakeDevice(), self.log)
        self.heartbeats = Heartbeats(ports, meter)

    async def meet(self, number: int, beat_due: int | None) -> None:
        view = replace(self.chain.view(), number=number, beat_due=beat_due)
        await self.heartbeats.meet(view)

    @property
    def beats(self) -> list[int]:
        return [one["energy_wh"] for name, one in self.chain.calls if "heartbeat" in name]


async def test_a_heartbeat_is_sent_once_in_an_interval_with_its_readings() -> None:
    said = Statement(25, (Reading(0, 5, 25 * WH),))
    desk = Desk(Stated([said]))
    await desk.meet(100, 2)
    await desk.meet(101, 2)
    assert desk.chain.calls == [
        ("Providers.heartbeat", {"telemetry_root": said.root, "energy_wh": 25})
    ]
    assert desk.blobs.content == {said.root: said.content}
    await desk.meet(103, None)
    await desk.meet(150, 3)
    assert desk.beats == [25, 0]


async def test_what_a_lost_heartbeat_said_the_next_says_with_its_own() -> None:
    desk = Desk(Stated([Statement(25, ()), Statement(3, ()), Statement(4, ())]))
    desk.chain.refuses = 1
    await desk.meet(100, 2)
    await desk.meet(100 + AGAIN_AFTER_BLOCKS, 2)
    await desk.meet(150, 3)
    assert desk.beats == [25, 28, 32]
    assert desk.log.events == ["heartbeat_refused", "heartbeat", "heartbeat"]


async def test_a_machine_without_a_meter_reports_no_energy() -> None:
    desk = Desk(None)
    await desk.meet(100, 2)
    assert desk.chain.calls == [
        ("Providers.heartbeat", {"telemetry_root": bytes(32), "energy_wh": 0})
    ]
    assert desk.blobs.content == {}


async def test_readings_for_which_there_is_no_room_do_not_stop_the_heartbeat() -> None:
    desk = Desk(Stated([Statement(2, (Reading(0, 5, 2 * WH),))]))
    desk.blobs.is_full = True
    await desk.meet(100, 2)
    assert (desk.beats, desk.log.events) == ([2], ["telemetry_not_kept", "heartbeat"])
