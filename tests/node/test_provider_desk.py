"""The operator's wish outlives a restart, and the desk answers before there is a worker."""

from pathlib import Path

import pytest

from consensus.compute.device import DeviceInfo
from consensus.compute.duty import Mode, Wish
from consensus.compute.provider_view import Ports
from consensus.compute.worker import Worker, WorkerSettings
from node.provider_desk import NOT_YET, BadWish, ProviderDesk, load_wish
from tests.consensus_compute.fakes import FakeBlobs, FakeChain, FakeDevice, FakeLog


def test_a_wish_is_kept_between_two_starts(tmp_path: Path) -> None:
    file = tmp_path / "chains" / "provider.json"
    desk = ProviderDesk(file)
    desk.order("paused")
    desk.duty.withdraw(is_withdrawn=True)
    assert load_wish(file) == Wish(Mode.PAUSED, True)
    assert ProviderDesk(file).status().mode == "paused"


def test_without_a_file_a_provider_works(tmp_path: Path) -> None:
    assert load_wish(tmp_path / "provider.json") == Wish()


@pytest.mark.parametrize("text", ["", "[]", '{"mode": "asleep", "is_withdrawn": false}', "{}"])
def test_a_file_with_something_else_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "provider.json"
    file.write_text(text)
    with pytest.raises(BadWish, match="wanted a mode and is_withdrawn"):
        ProviderDesk(file)


def test_a_wish_that_cannot_be_kept_is_not_in_force(tmp_path: Path) -> None:
    desk = ProviderDesk(tmp_path / "file" / "provider.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadWish, match="cannot keep what the provider is to do"):
        desk.order("draining")
    assert desk.status().mode == "working"


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wanted working, draining, paused, got 'asleep'"):
        ProviderDesk(tmp_path / "provider.json").order("asleep")


async def test_the_desk_says_what_the_worker_says(tmp_path: Path) -> None:
    desk = ProviderDesk(tmp_path / "provider.json")
    assert (desk.status().fault, desk.status().account) == (NOT_YET, None)
    desk.opened(b"k" * 32, DeviceInfo("fake", 1 << 20, "this is a test"))
    chain = FakeChain()
    ports = Ports(chain, FakeBlobs(), chain, FakeDevice(slots=3), FakeLog())
    desk.employ(b"p" * 32, Worker(b"p" * 32, WorkerSettings(), ports, duty=desk.duty))
    found = desk.status()
    assert (found.fault, found.account, found.slots) == ("", b"p" * 32, 3)
    assert (found.device, found.gpu_off) == ("fake", "this is a test")
