"""One node that makes blocks under load: transfers included, and how long its event loop blocks.

    ./run bench load [SECONDS] [TRANSFERS_A_SECOND]

The node is a process of its own. Six accounts send transfers in batches over RPC while a client
polls `system_health`; then its own metric `starminer_event_loop_lag_seconds` is read. The budget is
that the loop is never blocked for more than 50 ms.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from cli.sdk.transactions import on_wire
from runtime.config import CODE_KEY
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from runtime.rules import Rules
from runtime.versions import chosen_by
from tests.e2e.commands import LoneNode, http, lone_node, rpc, until_final
from tests.support.signing import signed_transfer

NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
LAG = "starminer_event_loop_lag_seconds"
BATCH = 50
POLLS = 5
"""Calls of `system_health` after each batch of transfers."""


def main(arguments: list[str]) -> None:
    """Print how many transfers were included, and how long the event loop was blocked."""
    seconds, rate = (int(text) for text in (*arguments, "60", "300")[:2])
    with tempfile.TemporaryDirectory(prefix="starminer-bench-") as directory:
        report = Path(directory) / "steps.json"
        program = (sys.executable, "-m", "tests.benchmarks.stepping_node", str(report), "run")
        words = ("--chain", "dev", "--validator", "--dev-key", "Alice")
        with lone_node(Path(directory) / "node", *words, program=program) as node:
            until_final(node.rpc, 2)
            before, first = lags(node), head(node)
            sent, taken = send(node, seconds, rate)
            print(f"{sent} transfers sent in {taken:.0f} s")
            shown(node, first, (before, lags(node)))
        print("longest steps of the event loop, in time on a core:")
        for name, step in json.loads(report.read_text()).items():
            print(f"  {step * 1e3:6.1f} ms  {name}")


def send(node: LoneNode, seconds: int, rate: int) -> tuple[int, float]:
    """Send transfers at a rate for some seconds; return how many, and the seconds it took."""
    transfers = signed_transfers(node)
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        calls = [submit(n, next(transfers)) for n in range(BATCH)]
        answers = json.loads(http(node.rpc, "/", json.dumps(calls).encode())[2])
        refused = [answer["error"] for answer in answers if "error" in answer]
        assert not refused, refused[0]
        sent += BATCH
        for _ in range(POLLS):
            rpc(node.rpc, "system_health")
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    return sent, time.monotonic() - began


def submit(number: int, raw: bytes) -> dict[str, Any]:
    """Return the call that submits an extrinsic."""
    method, params = "author_submitExtrinsic", ["0x" + on_wire(raw).hex()]
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def signed_transfers(node: LoneNode) -> Iterator[bytes]:
    """Yield transfers, of each account in turn."""
    genesis = bytes.fromhex(rpc(node.rpc, "chain_getBlockHash", 0)[2:])
    code = bytes.fromhex(rpc(node.rpc, "state_getStorage", "0x" + CODE_KEY.hex())[2:])
    rules = Rules(*chosen_by(code), genesis)
    pairs = [pair_from_uri(KeyKind.ED25519, f"//{name}") for name in NAMES]
    nonces = [rpc(node.rpc, "system_accountNextIndex", address(one)) for one in pairs]
    while True:
        for n, one in enumerate(pairs):
            yield signed_transfer(rules, one, nonces[n], bytes(31) + b"\x01", UNIT)
            nonces[n] += 1


def address(one: Pair) -> str:
    """Return the account of a key pair as RPC takes it."""
    return encode_ss58(one.account, 42)


def head(node: LoneNode) -> int:
    """Return the number of the best block."""
    number: int = rpc(node.rpc, "starminer_head")["best"]["number"]
    return number


def lags(node: LoneNode) -> dict[str, float]:
    """Return how many times the loop was late by at most so many seconds."""
    page = http(node.metrics, "/metrics")[2].decode()
    return {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == f"{LAG}_bucket"
    }


def shown(node: LoneNode, first: int, seen: tuple[dict[str, float], dict[str, float]]) -> None:
    """Print what was included, and how late the loop was meanwhile."""
    last = head(node)
    hashes = [rpc(node.rpc, "chain_getBlockHash", number) for number in range(first + 1, last + 1)]
    bodies = [rpc(node.rpc, "chain_getBlock", found)["block"]["extrinsics"] for found in hashes]
    sizes = [len(body) for body in bodies]
    print(f"{len(sizes)} blocks, {sum(sizes)} extrinsics, at most {max(sizes)} in one")
    before, after = seen
    total = after["+Inf"] - before["+Inf"]
    for bound in after:
        share = (after[bound] - before[bound]) / total
        print(f"  at most {bound} s late: {share:.2%} of {total:.0f} samples")


if __name__ == "__main__":
    main(sys.argv[1:])
