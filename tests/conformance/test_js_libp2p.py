"""An unmodified js-libp2p joins the network of a real node."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import lone_node, rpc, starminer, until
from tests.support.needs import needs

HERE = Path(__file__).parent / "js_libp2p"
NODE = HERE / "node_modules/.bin/node"
INSTALL = "npm ci --prefix tests/conformance/js_libp2p"

MESH_PROTOCOLS = ("/ipfs/ping/1.0.0", "/meshsub/1.1.0")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    needs(NODE.exists(), f"js-libp2p is not installed: {INSTALL}"),
]


class Peer:
    """A js-libp2p process and what it told so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._told: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def all(self, event: str) -> list[dict[str, Any]]:
        return [told for told in list(self._told) if told["event"] == event]

    def first(self, event: str) -> dict[str, Any]:
        return until(f"the JavaScript peer says {event!r}", lambda: self._first(event), 60)

    def _first(self, event: str) -> dict[str, Any] | None:
        assert self._process.poll() is None, f"it ended after {self._told}"
        return next(iter(self.all(event)), None)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.append(json.loads(line))


@contextmanager
def js_peer(*words: str) -> Iterator[Peer]:
    process = subprocess.Popen(
        [str(NODE), "node.mjs", *words],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.wait()


def signed_transfer(url: str) -> str:
    """Sign a transfer and return its bytes in hex, without handing it in."""
    words = ("balances.transfer_keep_alive", "dest=//Grace", "value=1.5AGPU")
    signed = starminer(
        "tx", *words, "--signer", "//Alice", "--dry-run", "--rpc", url, "--output", "json"
    )
    raw: str = signed.json()["raw"]
    return raw


def block_with(port: int, extrinsic: str) -> int | None:
    """Find the block of the best chain that holds an extrinsic."""
    for number in count(1):
        found = rpc(port, "chain_getBlockHash", number)
        if found is None:
            return None
        held = rpc(port, "chain_getBlock", found)["block"]["extrinsics"]
        if any(raw.endswith(extrinsic.removeprefix("0x")) for raw in held):
            return number
    raise AssertionError("a chain has a last block")


def test_req_c4_a_js_libp2p_peer_hears_blocks_and_its_transaction_is_included(
    tmp_path: Path,
) -> None:
    words = ("--chain", "dev", "--validator", "--provider", "--dev-key", "Alice")
    with lone_node(tmp_path / "alice", *words) as node:
        (address,) = rpc(node.rpc, "system_localListenAddresses")
        genesis = rpc(node.rpc, "chain_getBlockHash", 0)
        extrinsic = signed_transfer(node.url)
        with js_peer(address, genesis, extrinsic) as peer:
            me = peer.first("up")["peer"]
            assert peer.first("dialled")["muxer"] == "/yamux/1.0.0"
            assert peer.first("dialled")["encryption"] == "/noise"
            prefix = genesis[2:10]
            ours = (f"/{prefix}/req/1", f"/{prefix}/tx/1")
            assert {*MESH_PROTOCOLS, *ours} <= {*peer.first("identified")["protocols"]}
            assert peer.first("pinged")["milliseconds"] >= 0
            assert peer.first("greeted")["genesis"] == genesis[2:]
            block = peer.first("block")
            assert rpc(node.rpc, "chain_getBlockHash", block["number"]) == "0x" + block["hash"]
            fetched = {**peer.first("fetched"), "event": "block"}
            assert fetched == {name: block[name] for name in fetched}
            assert peer.first("sent")
            number = until("it is in a block", lambda: block_with(node.rpc, extrinsic))
            until("that block was heard", lambda: peer.all("block")[-1]["number"] > number)
            (heard,) = [told for told in peer.all("block") if told["number"] == number]
            assert extrinsic.removeprefix("0x") in heard["extrinsics"]
            (known,) = rpc(node.rpc, "system_peers")
            assert (known["peerId"], known["software"]) == (me, "js-peer/1")
            assert peer.all("closed") == []
