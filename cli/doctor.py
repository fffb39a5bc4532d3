"""`starminer doctor`: what this machine lacks, and what to do about it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.devnet.plan import METRICS_PORT, P2P_PORT, RPC_PORT, is_free
from cli.errors import CommandError
from cli.options import Output
from cli.printing import show
from node.config import DEFAULT_BASE_PATH

PLAIN = Output()

LEAST_FREE_BYTES = 2 << 30
"""A full node of a young chain, with room to compact its database."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: str
    """ok, warning or error."""
    detail: str


def doctor(*, output: Output = PLAIN) -> None:
    """Check what this machine lacks; fail if something must be mended."""
    checks: tuple[Callable[[], Finding], ...] = (python, disk, database, network, ports, gpu)
    found = [check() for check in checks]
    show([{"check": f.check, "state": f.state, "detail": f.detail} for f in found], output.output)
    if wrong := [finding.check for finding in found if finding.state == "error"]:
        raise CommandError(f"to be mended: {', '.join(wrong)}")


def python() -> Finding:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok", f"{version} at {sys.executable}")


def disk() -> Finding:
    """Look at the free space where a node keeps its data."""
    place = DEFAULT_BASE_PATH.expanduser()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    state = "ok" if free >= LEAST_FREE_BYTES else "error"
    return Finding("disk", state, f"{free >> 30} GiB free in {place}, wanted 2")


def database() -> Finding:
    """Look for LevelDB."""
    return module("database", "plyvel", "pip install plyvel")


def network() -> Finding:
    """Look for libp2p."""
    return module("network", "libp2p", "pip install libp2p==0.8.1")


def module(check: str, name: str, advice: str) -> Finding:
    """Look for a package without loading it."""
    if importlib.util.find_spec(name) is None:
        return Finding(check, "error", f"{name} is not installed: {advice}")
    return Finding(check, "ok", f"{name} is installed")


def ports() -> Finding:
    """Look whether a node could listen."""
    taken = [port for port in (RPC_PORT, P2P_PORT, METRICS_PORT) if not is_free(port)]
    if taken:
        return Finding("ports", "warning", f"{', '.join(map(str, taken))} taken: another node runs")
    return Finding("ports", "ok", f"{RPC_PORT}, {P2P_PORT}, {METRICS_PORT} are free")


def gpu() -> Finding:
    """Look for a CUDA device; without one the same work runs in numpy, to the same bits."""
    if not Path("/dev/nvidia0").exists():
        return Finding("gpu", "warning", "no NVIDIA device: work runs on the CPU")
    if importlib.util.find_spec("pycuda") is None:
        return Finding("gpu", "warning", "a device, but no pycuda: pip install starminer[gpu]")
    return Finding("gpu", "ok", "an NVIDIA device and pycuda")
