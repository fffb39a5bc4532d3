"""`starminer doctor`: what this machine or a node lacks, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cli.devnet.plan import METRICS_PORT, P2P_PORT, RPC_PORT, is_free
from cli.findings import Finding, report
from cli.options import Output
from node.config import DEFAULT_BASE_PATH

PLAIN = Output()

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2 << 30
"""A full node of a young chain, with room to compact its database."""
LEAST_OPEN_FILES = 1024
"""A database opens 64, a hundred connections of RPC and as many of peers the rest."""
LEAST_MEMORY_BYTES = 2 << 30
"""A full node takes half of it; a provider's device memory comes on top."""
LOAD_SECONDS = 60.0


def doctor(
    *,
    node: str | None = None,
    base_path: Path = DEFAULT_BASE_PATH,
    timeout: float = 60.0,
    output: Output = PLAIN,
) -> None:
    """Check what this machine lacks, or what keeps a node from its work.

    Each finding comes with the next command; exit code 1 if something must be mended.

    Parameters
    ----------
    node
        A node instead of this machine: a URL of ws:// or http://, such as ws://127.0.0.1:9944.
    base_path
        Where the node of this machine keeps its data.
    timeout
        Seconds to wait for the node, at most.
    """
    if node is None:
        checks: tuple[Callable[[], Finding], ...] = (python, memory, open_files)
        found = [check() for check in (*checks, database, network, ports, gpu)]
        report([*found, disk(base_path), data(base_path)], output.output)
        return
    # Imported here: a machine is looked at without the runtime, which may be what it lacks.
    from cli.node_doctor import is_local, look_at

    found = look_at(node, timeout)
    report([*found, disk(base_path)] if is_local(node) else found, output.output)


def python() -> Finding:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        detail = f"{version} at {sys.executable}, wanted {wanted}"
        return Finding("python", "error", detail, f"install Python {wanted}, then ./run setup")
    return Finding("python", "ok", f"{version} at {sys.executable}")


def memory() -> Finding:
    """Look at the memory of the machine."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    detail = f"{total / (1 << 30):.1f} GiB, wanted {LEAST_MEMORY_BYTES >> 30}"
    if total < LEAST_MEMORY_BYTES:
        return Finding("memory", "warning", detail, "starminer run --pool-limit 1024")
    return Finding("memory", "ok", detail)


def open_files() -> Finding:
    """Look how many files a process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= LEAST_OPEN_FILES:
        return Finding("open files", "ok", f"{soft} a process")
    detail = f"{soft} a process, wanted {LEAST_OPEN_FILES} or more"
    most = LEAST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, LEAST_OPEN_FILES)
    return Finding("open files", "error", detail, f"ulimit -n {most}")


def disk(base_path: Path = DEFAULT_BASE_PATH) -> Finding:
    """Look at the free space where a node keeps its data."""
    place = base_path.expanduser().absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{free / (1 << 30):.1f} GiB free in {place}, wanted {LEAST_FREE_BYTES >> 30}"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "error", detail, "free some, or name another place: --base-path")
    return Finding("disk", "ok", detail)


def data(base_path: Path = DEFAULT_BASE_PATH) -> Finding:
    """Look whether the node may write where its data is, and whether others may read its keys."""
    place = base_path.expanduser().absolute()
    if not place.exists():
        return Finding("data", "ok", f"{place} is not there yet: the first run makes it")
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("data", "error", f"{place} cannot be written", f"chown -R $USER {place}")
    for keys in sorted(place.glob("chains/*/keys/*.json")):
        if keys.stat().st_mode & 0o077:
            detail = f"other users of the machine may open {keys}"
            return Finding("data", "error", detail, f"chmod 600 {keys}")
    return Finding("data", "ok", f"{place} can be written, and its keys are its owner's alone")


def database() -> Finding:
    """Look for LevelDB."""
    return module("database", "plyvel", "pip install plyvel", loaded="plyvel")


def network() -> Finding:
    """Look for libp2p, and for the library that it needs and that may not load."""
    advice = "apt-get install libgmp10, then pip install --force-reinstall fastecdsa"
    loads = module(
        "network", "fastecdsa", "pip install fastecdsa==2.3.2", advice, "fastecdsa.curve"
    )
    return loads if loads.state == "error" else module("network", "libp2p", "pip install libp2p")


def module(check: str, name: str, advice: str, mending: str = "", loaded: str = "") -> Finding:
    """Look for a package; one that is to be loaded is, in a process of its own."""
    if importlib.util.find_spec(name) is None:
        return Finding(check, "error", f"{name} is not installed", advice)
    if loaded and (reason := why_not(loaded)):
        detail = f"{name} is installed and cannot be loaded: {reason}"
        return Finding(check, "error", detail, mending or advice)
    return Finding(check, "ok", f"{name} is installed")


def why_not(name: str) -> str:
    """Return why a module cannot be imported, or nothing."""
    words = [sys.executable, "-c", f"import {name}"]
    try:
        tried = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=LOAD_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"not loaded after {LOAD_SECONDS:.0f} s"
    lines = tried.stderr.strip().splitlines()
    return "" if tried.returncode == 0 else (lines or [f"exit code {tried.returncode}"])[-1]


def ports() -> Finding:
    """Look whether a node could listen."""
    taken = [port for port in (RPC_PORT, P2P_PORT, METRICS_PORT) if not is_free(port)]
    if taken:
        listed = ", ".join(map(str, taken))
        advice = f"starminer doctor --node ws://127.0.0.1:{RPC_PORT}, or run with other ports"
        return Finding("ports", "warning", f"{listed} taken: another node may run", advice)
    return Finding("ports", "ok", f"{RPC_PORT}, {P2P_PORT}, {METRICS_PORT} are free")


def gpu() -> Finding:
    """Look for a CUDA device; without one the same work runs in numpy, to the same bits."""
    if not Path("/dev/nvidia0").exists():
        detail = "no NVIDIA device: work runs on the CPU, to the same results"
        return Finding("gpu", "ok", detail)
    if importlib.util.find_spec("pycuda") is None:
        detail = "an NVIDIA device, but no pycuda"
        return Finding("gpu", "warning", detail, "pip install 'starminer[gpu]'")
    return Finding("gpu", "ok", "an NVIDIA device and pycuda")
