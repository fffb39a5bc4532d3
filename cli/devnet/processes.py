"""The processes of a devnet: started, found again and ended by their ids, never by name.

Each node's id lies in a file beside its log, so that another command can stop what this one began.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import cli
from cli.devnet.plan import DOWN_FILE, Node, Plan, arguments_of

GRACE_SECONDS = 10.0
"""Between asking a node to stop and ending it."""

POLL_SECONDS = 0.1

STARTING_READS, STARTING_SECONDS = 20, 0.01
"""A process that has just begun shows no command for a moment."""

ENDED_STATES = ("Z", "X")
"""Of processes that have ended and that nobody has waited for."""

TAIL_LINES = 25
"""Of a failed node's log: a traceback and what led to it."""

TAIL_BYTES = 64 << 10

SOURCE = Path(cli.__file__).parents[1]
"""Where the packages are, for processes that run them as modules."""


def start(plan: Plan, node: Node) -> subprocess.Popen[bytes]:
    """Start a node in a session of its own, so that Ctrl-C reaches only us."""
    (Path(node.home).parent / DOWN_FILE).unlink(missing_ok=True)
    with node.log_file.open("ab") as log:
        process = subprocess.Popen(
            arguments_of(plan, node),
            cwd=SOURCE,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    node.pid_file.write_text(f"{process.pid}\n")
    return process


def stop(nodes: Iterable[Node]) -> None:
    """Ask nodes to stop, and end those that do not."""
    waiting = {node: pid for node in nodes if (pid := running_pid(node)) is not None}
    for pid in waiting.values():
        send(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while waiting and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        waiting = {node: pid for node, pid in waiting.items() if running_pid(node) == pid}
    for pid in waiting.values():
        send(pid, signal.SIGKILL)


def kill(node: Node) -> int | None:
    """End a node at once, as a crash would; return the process it was, or None."""
    pid = running_pid(node)
    if pid is not None:
        send(pid, signal.SIGKILL)
    return pid


def running_pid(node: Node) -> int | None:
    """Return the process that runs a node, or None: ids are reused, so its command must match."""
    try:
        pid = int(node.pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    reap(pid)
    return pid if node.home in command_of(pid) else None


def command_of(pid: int) -> str:
    """Return the command line of a process; empty if there is none or it has ended."""
    if not Path("/proc/self").exists():
        program = shutil.which("ps") or "/bin/ps"
        words = [program, "-o", "command=", "-p", str(pid)]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    for _ in range(STARTING_READS):
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return ""
        if raw or state in ENDED_STATES:
            return raw.replace(b"\0", b" ").decode(errors="replace")
        time.sleep(STARTING_SECONDS)
    return ""


def reap(pid: int) -> None:
    """Let a child that has ended go; another's child is not ours to wait for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may just have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def log_tail(node: Node, lines: int = TAIL_LINES) -> str:
    """Return the last lines that a node wrote."""
    try:
        with node.log_file.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - TAIL_BYTES))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return "(it wrote nothing)"
    return "\n".join(text.splitlines()[-lines:])
