"""The index of a living network: its sums are the chain's, whichever node it asked."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.primitives.hashing import twox_128
from tests.e2e.commands import begin, end, starminer, until
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def asked(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchall()


def test_sums_in_sql_are_those_of_the_chain(devnet: Devnet, tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    sink = f"sqlite:{path}"
    sent = ("dest=//Nobody//indexer", "value=2.5AGPU", "--signer", "//Alice", "--wait", "finalized")
    paid = devnet.cli("tx", "balances.transfer_keep_alive", *sent).json()
    process = begin("indexer", "run", "--sink", sink, "--rpc", devnet.url("full"))
    try:
        until("the transfer is indexed", lambda: is_there(path, paid["block"]))
    finally:
        process.kill()  # at any point: the next run goes on from there
        end(process)
    until("an epoch is over", lambda: epoch_at(devnet, "final") > 0)
    words = ("--until", "final", "--rpc", devnet.url("alice"), "--output", "json")
    run = starminer("indexer", "run", "--sink", sink, *words).json()
    last = run["last_block"]
    hashed = devnet.rpc("chain_getBlockHash", last)
    assert (run["first_block"], run["last_hash"]) == (0, hashed)
    assert issued(path) == issuance_at(devnet, hashed)
    held = devnet.balance("//Alice", last)
    ((free, on_hold),) = asked(
        path, "SELECT free, held FROM balances WHERE token = 'AGPU' AND account = ?", ALICE
    )
    assert (int(free), int(on_hold)) == (held["free"], held["held"])
    transfers = asked(path, "SELECT amount FROM transfers WHERE block_number = ?", paid["block"])
    assert (str(25 * 10**11),) in transfers
    ((fee, success),) = asked(
        path,
        "SELECT fee, success FROM extrinsics WHERE block_number = ? AND extrinsic_index = ?",
        *(paid["block"], paid["index"]),
    )
    told = devnet.rpc("explorer_extrinsic", f"{paid['block']}-{paid['index']}")
    assert (fee, success) == (told["fee"], 1)
    flows(devnet, path, epoch_at(devnet, last) - 1)


def is_there(path: Path, block: int) -> bool:
    if not path.is_file() or not asked(path, "SELECT 1 FROM sqlite_master WHERE name = 'blocks'"):
        return False
    return bool(asked(path, "SELECT 1 FROM blocks WHERE number = ?", block))


def issuance_at(devnet: Devnet, block_hash: str) -> int:
    key = "0x" + (twox_128(b"Balances") + twox_128(b"TotalIssuance")).hex()
    raw: str = devnet.rpc("state_getStorage", key, block_hash)
    return int.from_bytes(bytes.fromhex(raw[2:]), "little")


def issued(path: Path) -> int:
    rows = asked(path, "SELECT free, held FROM balances WHERE token = 'AGPU'")
    return sum(int(amount) for row in rows for amount in row)


def epoch_at(devnet: Devnet, block: object) -> int:
    return int(devnet.storage("Babe.EpochIndex", at=str(block))["value"])


def flows(devnet: Devnet, path: Path, epoch: int) -> None:
    """Compare what flowed in an epoch, all of which is indexed, with what the node counted."""
    told = devnet.rpc("economy_flows", epoch)
    query = (
        "SELECT f.flow_group, f.cause, f.amount FROM flows f JOIN blocks b "
        "ON b.number = f.block_number WHERE b.number BETWEEN ? AND ? AND f.flow_group = ?"
    )
    for group, name in (("mint", "minted"), ("burn", "burned"), ("fees", "fees")):
        sums: dict[str, int] = {}
        for _, cause, amount in asked(path, query, told["firstBlock"], told["lastBlock"], group):
            sums[cause] = sums.get(cause, 0) + int(amount)
        listed = told[name]
        pairs = (
            listed.items()
            if isinstance(listed, dict)
            else [(one["cause"], one["amount"]) for one in listed]
        )
        assert sums == {cause: int(amount) for cause, amount in pairs if int(amount)}, name
