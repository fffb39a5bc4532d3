"""A fleet on a real Ray cluster of two machines, one of which dies under a job.

The cluster is of this machine, on its loopback interface. Ray comes in an environment of its own.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import trio

from consensus.compute.device import DeviceUnavailable, Search
from consensus.compute.device_process import DeviceOptions
from consensus.compute.fleet import FleetExecutor, FleetOptions
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.classes import Result
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input
from runtime.compute.shares import ShareParameters
from tests.e2e.commands import ROOT, end

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ENVIRONMENT = ROOT / "build" / "clients" / "ray"
REQUIREMENTS = Path(__file__).with_name("requirements-ray.txt")
INSTALL_SECONDS = 240
NUMPY = DeviceOptions(kind="numpy", niceness=0)
SIDE, INNER = 4096, 3072
"""A product of a second and more: long enough to lose a machine under it."""


@pytest.fixture(scope="module")
def python() -> Path:
    """Make the environment once per list of requirements; ours is below it, by a path file."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp, program = ENVIRONMENT / "stamp", ENVIRONMENT / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        install = (program, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS)
        try:
            subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
            subprocess.run(install, check=True, timeout=INSTALL_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"ray cannot be installed here: {error}")
        (packages,) = ENVIRONMENT.glob("lib/python*/site-packages")
        (packages / "starminer.pth").write_text(sysconfig.get_path("purelib") + "\n")
        stamp.write_text(wanted)
    return program


class Cluster:
    """A cluster in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = self._line()

    def order(self, word: str) -> None:
        """Have a machine killed or added."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(autouse=True)
def _on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Ray on the loopback interface, which it does by itself on other systems than Linux."""
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture
def cluster(python: Path) -> Iterator[Cluster]:
    process = subprocess.Popen(
        [python, "-m", "tests.consensus_compute.fleet_cluster"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Cluster(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        finally:
            end(process)


def options(python: Path, address: str) -> FleetOptions:
    return FleetOptions(address, NUMPY, (str(python), "-m", "consensus.compute.ray_fleet"))


@asynccontextmanager
async def fleet(chosen: FleetOptions) -> AsyncIterator[FleetExecutor]:
    executor = FleetExecutor(chosen)
    try:
        yield executor
    finally:
        with trio.CancelScope(shield=True):
            await executor.aclose()


def long_product(seed: int) -> tuple[MatmulParams, bytes]:
    chance = np.random.default_rng(seed)
    shapes = ((SIDE, INNER), (INNER, SIDE))
    a, b = (chance.integers(-128, 128, shape, np.int8) for shape in shapes)
    return matmul_of(a, b), pack_input(a, b)


async def until_running(executor: FleetExecutor, count: int) -> None:
    while executor.capacity().busy < count:
        await trio.sleep(0.01)


async def test_jobs_outlive_a_machine_that_dies_under_them(python: Path, cluster: Cluster) -> None:
    ordered = [long_product(seed) for seed in (1, 2)]
    results: dict[int, Result] = {}
    async with fleet(options(python, cluster.address)) as executor:
        await executor.start()
        assert executor.capacity().slots == 2

        async def do(place: int) -> None:
            results[place] = await executor.run(*ordered[place])

        async with trio.open_nursery() as nursery:
            for place in range(2):
                nursery.start_soon(do, place)
            await until_running(executor, 2)
            await trio.to_thread.run_sync(cluster.order, "kill")
        assert results == {
            place: work.run(content) for place, (work, content) in enumerate(ordered)
        }

        await executor.probe()
        assert executor.capacity().slots == 1
        await trio.to_thread.run_sync(cluster.order, "add")
        await executor.probe()
        assert executor.capacity().slots == 2

        search = Search(b"b" * 32, b"p" * 32, 0, 16, ShareParameters(size=128, target=2**62))
        assert await executor.search_shares(search) == NumpyDevice().search_shares(search)
        with trio.move_on_after(0.5) as scope:
            await executor.run(*ordered[0])
        assert scope.cancelled_caught
        small = matmul_of(np.eye(9, dtype=np.int8), np.eye(9, dtype=np.int8))
        assert await executor.run(small, bytes(2 * 81)) == small.run(bytes(2 * 81))


async def test_a_cluster_that_is_not_there_is_said_in_one_line(python: Path) -> None:
    async with fleet(options(python, "127.0.0.1:1")) as executor:
        with pytest.raises(DeviceUnavailable) as refusal:
            await executor.start()
    assert str(refusal.value).startswith("no Ray cluster at 127.0.0.1:1: ")
