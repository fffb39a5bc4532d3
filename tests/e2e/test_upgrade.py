"""A devnet upgrades under load; who lacks the version stops, and goes on once it is installed."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from msgspec import structs

from cli.peer_id import peer_id_of
from cli.sdk.transactions import on_wire
from genesis.spec import ChainSpec, UpgradePart, load_spec, to_json
from node.net.identity import ensure_node_key
from runtime.config import CODE_KEY
from runtime.primitives.crypto import KeyKind, pair_from_uri
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from runtime.rules import Rules
from runtime.versions import chosen_by
from tests.e2e.commands import (
    HOST,
    LoneNode,
    Refused,
    begin_program,
    finalized,
    free_ports,
    log_of,
    lone_node,
    port_words,
    rpc,
    until,
    until_final,
)
from tests.e2e.test_joining import roots
from tests.support.next_release import NEXT_RELEASE, SECOND
from tests.support.patience import patient
from tests.support.signing import signed_transfer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

HEIGHT = 12
"""The first block of version 2: more than an epoch, and half a minute, after the start."""

MAX_LAG = 10
"""Blocks between the best and the last final one, of four voters of whom one is missing."""

NEW = (sys.executable, "-m", "tests.e2e.next_release")
OLD = (sys.executable, "-m", "cli.main", "run")
NAMES = ("alice", "bob", "charlie", "dave")

SENTENCE = (
    "the next block is executed by starminer 2, this release carries 1: "
    "install a release that carries starminer 2, a node goes on from its own database"
)


class Load:
    """Transfers, one after another, each signed for the version that the best block asks for."""

    def __init__(self, port: int) -> None:
        self.port, self.lag, self.sent = port, 0, 0
        self._pair = pair_from_uri(KeyKind.ED25519, "//Eve")
        self._genesis = bytes.fromhex(rpc(port, "chain_getBlockHash", 0)[2:])
        self._ended, self._thread = Event(), Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def nonce(self, at: int) -> int:
        """Return how many transfers the chain had taken by a block."""
        block_hash = rpc(self.port, "chain_getBlockHash", at)
        raw = rpc(
            self.port, "state_call", "AccountNonceApi_account_nonce", self._account, block_hash
        )
        return int.from_bytes(bytes.fromhex(raw[2:]), "little")

    @property
    def _account(self) -> str:
        return "0x" + self._pair.public.hex()

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            try:
                self._submit()
            except Refused:
                continue  # signed just before the version changed
            head = rpc(self.port, "starminer_head")
            self.lag = max(self.lag, head["best"]["number"] - head["finalized"]["number"])

    def _submit(self) -> None:
        code = bytes.fromhex(rpc(self.port, "state_getStorage", "0x" + CODE_KEY.hex())[2:])
        rules = Rules(*chosen_by(code, NEXT_RELEASE), self._genesis)
        nonce = rpc(self.port, "system_accountNextIndex", encode_ss58(self._pair.public, 42))
        raw = signed_transfer(rules, self._pair, nonce, bytes(31) + b"\x07", UNIT)
        rpc(self.port, "author_submitExtrinsic", "0x" + on_wire(raw).hex())
        self.sent += 1


class Net:
    """Four validators of a chain whose spec schedules version 2; each joins the first."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self._stack = directory, stack
        self.spec = directory / "chain.json"
        self.spec.write_text(to_json(rehearsal()))
        self.address = ""

    def words(self, name: str) -> list[object]:
        """Return the flags of a validator, whatever its ports."""
        words: list[object] = ["--chain", self.spec, "--validator", "--dev-key", name.capitalize()]
        words += ["--name", name, "--node-key-file", self.directory / f"{name}.key"]
        return words if not self.address else [*words, "--bootnodes", self.address]

    def start(self, name: str, program: tuple[str, ...]) -> LoneNode:
        """Run a validator, for as long as the test."""
        key = self.directory / f"{name}.key"
        seed = ensure_node_key(key)
        node = self._stack.enter_context(
            lone_node(self.directory / name, *self.words(name), program=program)
        )
        if not self.address:
            self.address = f"/ip4/{HOST}/tcp/{node.p2p}/p2p/{peer_id_of(seed)}"
        return node

    def start_all(self) -> tuple[LoneNode, LoneNode]:
        """Run the first with the new release, and at the same time, since blocks come from now on,
        two more, and the last with the old one; return the first and the last."""
        alice, programs = self.start(NAMES[0], NEW), (NEW, NEW, OLD)
        with ThreadPoolExecutor() as pool:
            *_, dave = pool.map(self.start, NAMES[1:], programs)
        return alice, dave


def rehearsal() -> ChainSpec:
    """Return the local chain with an upgrade in its spec."""
    spec = load_spec("local")
    assert spec.genesis.config is not None
    config = structs.replace(
        spec.genesis.config, upgrade=UpgradePart(spec_version=SECOND, height=HEIGHT)
    )
    return structs.replace(spec, genesis=structs.replace(spec.genesis, config=config))


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    with ExitStack() as stack:
        yield Net(tmp_path, stack)


def version_at(port: int, number: int) -> int:
    """Return the version that the block after this one runs."""
    block_hash = rpc(port, "chain_getBlockHash", number)
    found: Any = rpc(port, "state_getRuntimeVersion", block_hash)
    return int(found["specVersion"])


def stopped_at_the_height(net: Net, dave: LoneNode) -> None:
    """Wait for the end of the node that lacks the version; check what it said before, and last."""
    code = until("dave stops", dave.process.poll, 200)
    assert code == 1, dave.log
    assert "upgrade_needed" in dave.log
    assert f"a release that carries starminer 2, before block {HEIGHT}" in dave.log
    assert dave.log.splitlines()[-1] == f"error: the node could not run: {SENTENCE}"
    assert "Traceback" not in dave.log
    again = begin_program(
        OLD,
        *net.words("dave"),
        "--base-path",
        dave.base,
        *port_words(*free_ports(3)),
        log=log_of(net.directory / "again"),
    )
    assert again.wait(patient(60)) == 1
    said = log_of(net.directory / "again").read_text()
    assert said.splitlines()[-1] == f"error: the node could not run: {SENTENCE}"


def test_a_devnet_upgrades_under_load_and_one_validator_installs_the_release_late(
    net: Net,
) -> None:
    alice, dave = net.start_all()
    with Load(alice.rpc) as load:
        stopped_at_the_height(net, dave)
        until_final(alice.rpc, HEIGHT + 2, 120)  # three of four votes carry the chain on
        back = net.start("dave", NEW)
        until_final(back.rpc, HEIGHT + 2, 120)
        head = finalized(alice.rpc)
        assert head is not None
        until_final(back.rpc, head + 3, 120)
        head += 3
    lines = [json.loads(line) for line in back.log.splitlines() if line.startswith("{")]
    starts = [line["best"] for line in lines if line["event"] == "started"]
    assert starts == [0, HEIGHT - 1]
    numbers = [0, 1, HEIGHT - 2, HEIGHT - 1, HEIGHT, head]
    assert roots(back.rpc, numbers) == roots(alice.rpc, numbers)
    versions = [version_at(alice.rpc, at) for at in (0, HEIGHT - 2, HEIGHT - 1, HEIGHT, head)]
    assert versions == [1, 1, SECOND, SECOND, SECOND]
    assert 0 < load.nonce(HEIGHT - 1) < load.nonce(head) <= load.sent
    assert load.lag <= MAX_LAG
