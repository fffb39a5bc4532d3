"""Real nodes as processes of this machine, each with an address of its own, and their weather."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from cli.devnet.plan import free_ports
from cli.peer_id import peer_id_of
from genesis.spec import ChainSpec, ValidatorPart, load_spec
from node.net.identity import ensure_node_key
from tests.cluster.weather import Weather, address_of
from tests.cluster.weathered_node import MEMBER, WEATHER
from tests.e2e.commands import ROOT, Refused, end, rpc, until

NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "Grace", "Heidi")
"""Of the validators; each has the well-known key of its name."""

START_SECONDS = 120.0
"""Eight interpreters start at once, and the machine may be busy with other things."""

Entry = dict[str, Any]
"""A line of a node's log."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a node is."""

    best: int
    final: int
    final_hash: str


@dataclass
class Member:
    """One node: its place, and the process that runs it while one does."""

    index: int
    home: Path
    rpc_port: int
    p2p_port: int
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where its peers find it."""
        peer_id = peer_id_of(ensure_node_key(self.home / "node.key"))
        return f"/ip4/{address_of(self.index)}/tcp/{self.p2p_port}/p2p/{peer_id}"

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def head(self) -> Head | None:
        """Return where it is, or None while it does not answer."""
        try:
            answer = rpc(self.rpc_port, "starminer_head")
        except (OSError, Refused):
            return None
        final = answer["finalized"]
        return Head(answer["best"]["number"], final["number"], final["hash"])

    def log(self) -> Iterator[Entry]:
        """Yield what it wrote; a kill may have cut a line."""
        with (self.home / "node.log").open() as lines:
            for line in lines:
                if line.startswith("{") and line.endswith("}\n"):
                    yield json.loads(line)

    @property
    def memory_bytes(self) -> int:
        """How much of its memory is resident."""
        assert self.process is not None, "it runs"
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu_seconds(self) -> float:
        """How much time of processors it used."""
        assert self.process is not None, "it runs"
        # after the name in parentheses, which may hold spaces: state is field 3, utime field 14
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """Validators of one chain; all are bootnodes of all."""

    def __init__(self, directory: Path, validators: int) -> None:
        self.spec = spec_of(validators)
        self._chain, self._weather = directory / "chain.json", directory / "weather.json"
        self._chain.write_bytes(msgspec.json.encode(self.spec))
        self._directory, self.weather = directory, Weather()
        self._write(Weather(), range(validators))
        self.members = [
            Member(index, directory / NAMES[index], ports.rpc, ports.p2p)
            for index, ports in enumerate(free_ports(validators))
        ]
        for member in self.members:
            member.home.mkdir()

    @property
    def up(self) -> list[Member]:
        """The members that run."""
        return [member for member in self.members if member.is_up]

    def start(self, member: Member) -> None:
        """Start a member from what it has on its disk."""
        assert not member.is_up, f"{NAMES[member.index]} runs already"
        with (member.home / "node.log").open("a") as log:
            member.process = subprocess.Popen(
                [sys.executable, "-m", "tests.cluster.weathered_node", *self._words(member)],
                cwd=ROOT,
                env={**os.environ, **self._environment(member)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                preexec_fn=ignore_the_weather,
            )

    def await_answers(self, members: Sequence[Member], seconds: float = START_SECONDS) -> None:
        """Wait until members answer; fail if one of them has ended."""
        for member in members:
            self.await_final(member, 0, seconds)

    def await_final(self, member: Member, height: int, seconds: float) -> None:
        """Wait until a member has a block of that height as final; fail if it has ended."""
        name = NAMES[member.index]

        def has_it() -> bool:
            assert member.is_up, f"{name} ended: " + (member.home / "node.log").read_text()[-4000:]
            head = member.head()
            return head is not None and head.final >= height

        until(f"{name} has block {height} as final", has_it, seconds)

    def kill(self, member: Member) -> None:
        """End a member as a crash would."""
        assert member.process is not None, "it was started"
        member.process.kill()
        member.process.wait()

    def set_loss(self, loss: float) -> None:
        """Let every member lose a part of what arrives."""
        self._write(Weather(loss), range(len(self.members)))
        self._tell()

    def split(self, group: Sequence[int]) -> None:
        """Let nothing pass between these members and the others, until the weather changes."""
        others = [member for member in range(len(self.members)) if member not in group]
        self._write(Weather(cut=tuple(others)), group)
        self._write(Weather(cut=tuple(group)), others)
        self._tell()

    def stop(self) -> None:
        """End all members."""
        for member in self.members:
            if member.process is not None:
                end(member.process)

    def _write(self, weather: Weather, members: Sequence[int]) -> None:
        for index in members:
            file = self._weather_of(index)
            written = file.with_suffix(".new")
            written.write_bytes(msgspec.json.encode(weather))
            written.replace(file)

    def _tell(self) -> None:
        for member in self.up:
            assert member.process is not None, "it runs"
            member.process.send_signal(signal.SIGUSR1)

    def _weather_of(self, index: int) -> Path:
        return self._directory / f"weather{index}.json"

    def _environment(self, member: Member) -> dict[str, str]:
        weather = str(self._weather_of(member.index))
        return {"PYTHONPATH": str(ROOT), MEMBER: str(member.index), WEATHER: weather}

    def _words(self, member: Member) -> list[str]:
        name = NAMES[member.index]
        listen = f"/ip4/{address_of(member.index)}/tcp/{member.p2p_port}"
        words = ["--chain", str(self._chain), "--base-path", str(member.home), "--name", name]
        words += ["--validator", "--dev-key", name, "--node-key-file"]
        words += [str(member.home / "node.key"), "--port", str(member.p2p_port)]
        words += ["--listen-addr", listen, "--rpc-port", str(member.rpc_port), "--no-prometheus"]
        words += ["--no-mdns", "--log-format", "json"]
        for other in self.members:
            if other is not member:
                words += ["--bootnodes", other.address]
        return words


def ignore_the_weather() -> None:
    """Between its start and its first line a process would die of the signal that tells it."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


@contextmanager
def running_cluster(directory: Path, validators: int) -> Iterator[Cluster]:
    """Run a cluster for the length of a `with` block, once all its members answer."""
    cluster = Cluster(directory, validators)
    try:
        for member in cluster.members:
            cluster.start(member)
        cluster.await_answers(cluster.members)
        yield cluster
    finally:
        cluster.stop()


def spec_of(validators: int) -> ChainSpec:
    """Return the local chain with other validators."""
    local = load_spec("local")
    config = local.genesis.config
    assert config is not None, "the preset is a plain spec"
    named = tuple(
        ValidatorPart(account=f"//{name}", babe=f"//{name}", grandpa=f"//{name}")
        for name in NAMES[:validators]
    )
    genesis = structs.replace(local.genesis, config=structs.replace(config, validators=named))
    return structs.replace(local, id="starminer_cluster", genesis=genesis)
