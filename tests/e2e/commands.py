"""What the tests do to nodes from outside: run commands, call RPC, wait for what must come."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.support.patience import patient

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"

POLL_SECONDS = 0.25
CALL_SECONDS = 20.0
COMMAND_SECONDS = 180.0
"""A command that takes longer hangs."""
START_SECONDS = 75.0
"""A node that has not answered by then never will."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the data that it printed, once it has succeeded."""
        assert self.code == 0, f"exit code {self.code}\n{self.err}\n{self.out}"
        return json.loads(self.out)


class Refused(Exception):
    """A node answered an RPC call with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['message']}: {error.get('data')} ({error['code']})")
        self.code, self.message, self.data = error["code"], error["message"], error.get("data")


def starminer(*words: object, seconds: float = COMMAND_SECONDS) -> Ran:
    """Run a command to its end."""
    return ended(begin(*words), seconds)


def begin(*words: object) -> subprocess.Popen[str]:
    """Start a command."""
    return begin_program([sys.executable, "-m", "cli.main"], *words)


def ended(process: subprocess.Popen[str], seconds: float = COMMAND_SECONDS) -> Ran:
    """Wait for the end of a command that was begun."""
    try:
        out, err = process.communicate(timeout=patient(seconds))
    finally:
        end(process)
    return Ran(process.returncode, out, err)


def begin_program(
    program: Sequence[str], *words: object, log: Path | None = None
) -> subprocess.Popen[str]:
    """Start a program of this repository; what it says goes to pipes, or to a file."""
    with ExitStack() as opened:
        file = None if log is None else opened.enter_context(log.open("a"))
        return subprocess.Popen(
            [*program, *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=file or subprocess.PIPE,
            stderr=file or subprocess.PIPE,
            text=True,
        )


def end(process: subprocess.Popen[str]) -> int:
    """Ask a process to stop, end it if it does not, and return its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(patient(15))
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def rpc(port: int, method: str, *params: object) -> Any:
    """Call a node.

    Raises: Refused, OSError.
    """
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    status, _, answer = http(port, "/", json.dumps(body).encode())
    assert status == 200, answer
    found = json.loads(answer)
    if "error" in found:
        raise Refused(found["error"])
    return found["result"]


def http(port: int, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    """Make one HTTP request; return the status, the headers in lower case and the body."""
    headers = {} if body is None else {"content-type": "application/json"}
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=patient(CALL_SECONDS)) as answer:
        named = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, named, answer.read()


def until(what: str, found: Callable[[], T | None], seconds: float = 90.0) -> T:
    """Ask again and again until the answer is neither None nor False; return it."""
    limit = patient(seconds)
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        answer = found()
        if answer is not None and answer is not False:
            return answer
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited {limit:.0f} s in vain until {what}")


def finalized(port: int) -> int | None:
    """Return the number of a node's last final block, or None while it does not answer."""
    try:
        number: int = rpc(port, "starminer_head")["finalized"]["number"]
    except OSError:
        return None
    return number


def until_final(port: int, number: int, seconds: float = 90.0) -> int:
    """Wait until a node has a block of that number as final."""

    def reached() -> int | None:
        final = finalized(port)
        return final if final is not None and final >= number else None

    return until(f"block {number} is final", reached, seconds)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on at the moment."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


@dataclass(frozen=True, slots=True)
class LoneNode:
    """A node that a test started by itself."""

    process: subprocess.Popen[str]
    base: Path
    rpc: int
    p2p: int
    metrics: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"ws://{HOST}:{self.rpc}"

    @property
    def log(self) -> str:
        """What it wrote."""
        return log_of(self.base).read_text()


def log_of(base: Path) -> Path:
    """Return where a lone node writes its log."""
    return base.with_name(f"{base.name}.log")


@contextmanager
def lone_node(
    base: Path, *words: object, program: Sequence[str] = (sys.executable, "-m", "cli.main", "run")
) -> Iterator[LoneNode]:
    """Run a node for the length of a `with` block, once it answers."""
    ports = free_ports(3)
    process = begin_program(
        program, *words, "--base-path", base, *port_words(*ports), log=log_of(base)
    )
    node = LoneNode(process, base, *ports)
    try:
        until(f"{base.name} answers", lambda: is_up(node), START_SECONDS)
        yield node
    finally:
        end(process)


def port_words(rpc_port: int, p2p_port: int, metrics_port: int) -> list[str]:
    """Return the flags that put a node on ports of this machine."""
    words = ["--rpc-port", str(rpc_port), "--prometheus-port", str(metrics_port)]
    return [*words, "--port", str(p2p_port), "--listen-addr", f"/ip4/{HOST}/tcp/{p2p_port}"]


def is_up(node: LoneNode) -> bool:
    """Say whether a node answers; fail if it has ended."""
    assert node.process.poll() is None, node.log
    return finalized(node.rpc) is not None
