"""Tests and measures every kernel on this machine's GPU, and writes a table.

    ./run bench gpu [--small] [--minutes N]
    python3 run bench gpu --wheels FOLDER        (a bare machine: nothing is fetched)

The table is printed and, where OUT names a folder, written to OUT/gpu.md after each part. The exit
status is 0 if every result equals its definition, 1 if one does not or a part failed, 2 without a
GPU.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from consensus.compute.cuda_device import CudaDevice
from consensus.compute.device import DeviceUnavailable
from runtime.compute.classes import Work
from tests.benchmarks.bench_classes import jobs
from tests.benchmarks.gpu.bench import Bench, timed
from tests.benchmarks.gpu.products import products, shares
from tests.benchmarks.gpu.report import Report
from tests.benchmarks.gpu.verification import copies, hashes, receipts
from tests.gpu.backends import IMAGE_VARIABLE, CudaBackend
from tests.gpu.checks import EVERYTHING
from tests.runtime_compute.networks import perceptron
from tests.runtime_compute.trainings import training

ROOT = Path(__file__).parents[3]
DEVICE_BYTES = 8 << 30
DRIVERS = (Path("/usr/local/nvidia/lib64/libcuda.so.1"), Path("/usr/lib/wsl/lib/libcuda.so.1"))
"""Where a driver may be that the loader does not know."""
TOOLKIT = Path("/usr/local/cuda/bin")
TESTS = ("tests/gpu/test_kernels.py", "tests/gpu/test_cuda_device.py")
TEST_SECONDS = 180


def main() -> int:
    """Run all parts; see the module's documentation for the exit status."""
    options = parsed()
    find_tools()
    try:
        opened().close()
    except DeviceUnavailable as error:
        print(f"There is no GPU to measure: {error}.", file=sys.stderr)
        return 2
    folder = os.environ.get("OUT")
    report = Report(Path(folder) / "gpu.md" if folder else None, 60 * options.minutes)
    report.part("Machine", lambda: machine(report))
    if not options.small:
        report.part("Tests", lambda: run_tests(report))
    report.part("Bit-exactness per kernel", lambda: exactness(report))
    with device() as held:
        bench = Bench(held, report, options.small)
        for title, part in (
            ("Products, tera-operations per second", products),
            ("Canonical shares", shares),
            ("Verification", receipts),
            ("BLAKE3", hashes),
            ("Copies", copies),
            ("Job classes", classes),
        ):
            report.part(title, partial(part, bench))
    for failure in report.failures:
        report.line(f"FAILED: {failure}")
    return 1 if report.failures else 0


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./run bench gpu", description=__doc__)
    parser.add_argument("--small", action="store_true", help="sizes for an emulated driver")
    parser.add_argument("--minutes", type=float, default=7.0, help="parts begin until then")
    return parser.parse_args()


def find_tools() -> None:
    """Make the driver and the compiler known where they are not on the usual paths."""
    if shutil.which("nvcc") is None and (TOOLKIT / "nvcc").exists():
        os.environ["PATH"] += f"{os.pathsep}{TOOLKIT}"
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        for driver in DRIVERS:
            if driver.exists():  # loaded by its name, it is found by its name afterwards
                ctypes.CDLL(str(driver), ctypes.RTLD_GLOBAL)
                break


def opened() -> CudaDevice:
    """Open the GPU, or the emulator's image."""
    image = os.environ.get(IMAGE_VARIABLE)
    return CudaDevice(DEVICE_BYTES, Path(image).read_bytes() if image else None)


@contextmanager
def device() -> Iterator[CudaDevice]:
    """Hold the GPU."""
    held = opened()
    try:
        yield held
    finally:
        held.close()


def machine(report: Report) -> None:
    """What the numbers belong to."""
    import pycuda.driver as driver

    gpu = driver.Device(0)
    report.table("what", "value")
    report.row("device", f"{gpu.name()}, sm_{''.join(map(str, gpu.compute_capability()))}")
    report.row("multiprocessors", gpu.get_attribute(driver.device_attribute.MULTIPROCESSOR_COUNT))
    report.row("memory, GiB", f"{gpu.total_memory() / 2**30:.1f}")
    report.row("driver", f"{answer('nvidia-smi', *QUERY)}, CUDA {driver.get_driver_version()}")
    report.row("compiler", answer("nvcc", "--version").splitlines()[-1])
    report.row("host", f"{platform.machine()}, {os.cpu_count()} cores")
    report.row("versions", f"Python {platform.python_version()}, numpy {np.__version__}")
    report.row("source", answer("git", "-C", str(ROOT), "describe", "--always", "--dirty"))


QUERY = ("--query-gpu=driver_version", "--format=csv,noheader")


def answer(*command: str) -> str:
    """Return what a command prints, or that it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"unknown ({type(error).__name__})"
    return done.stdout.strip() or "unknown"


def run_tests(report: Report) -> None:
    """Run the tests of the kernels and of the device on this GPU.

    Without this project's pytest settings: they name plugins that a bare machine lacks.
    """
    plain = ("-q", "-c", os.devnull, "--rootdir", str(ROOT), "--import-mode=importlib")
    command = [sys.executable, "-m", "pytest", *plain, "-p", "no:cacheprovider", "-k", "not shim"]
    done = subprocess.run(
        [*command, *TESTS],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])},
        capture_output=True,
        text=True,
        timeout=TEST_SECONDS,
        check=False,
    )
    lines = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
    report.line("\n".join(lines[-1:] if done.returncode == 0 else lines[-25:]))
    report.same("a test", done.returncode == 0)


def exactness(report: Report) -> None:
    """Each kernel against numpy, bit for bit."""
    backend = CudaBackend()
    report.table("kernel", "equals its definition")
    try:
        for name, check in EVERYTHING.items():
            try:
                check(backend)
                report.row(name, "yes")
            except AssertionError:
                report.row(name, report.same(name, is_same=False))
    finally:
        backend.close()


def classes(bench: Bench) -> None:
    """A job of each class, with all its copies, beside numpy."""
    bench.report.table("job", "GPU, ms", "numpy, ms", "equal")
    small: Mapping[str, tuple[Work, bytes]] = {
        "perceptron": perceptron(9, (8, 9)),
        "training": training(steps=2, segment=1),
    }
    cases: Mapping[str, tuple[Work, bytes]] = small if bench.is_small else jobs()
    for name, (work, content) in cases.items():
        bench.device.run(work, content)
        found, gpu = timed(partial(bench.device.run, work, content))
        exact, cpu = timed(partial(work.run, content))
        word = bench.report.same(name, found == exact)
        bench.report.row(name, f"{1e3 * gpu:.1f}", f"{1e3 * cpu:.1f}", word)


if __name__ == "__main__":
    sys.exit(main())
