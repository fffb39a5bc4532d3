"""Private and attested jobs with real processes: exact, paid, and readable at their ends alone.

A private, an attested and a public job of different matrices are ordered at the same time, while
a node beside the devnet writes down all gossip. The public one shows that the search finds what
there is to be found.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.commands import begin, ended, lone_node, until_final
from tests.e2e.devnet import AGPU, Devnet, planck
from tests.e2e.jobs import WAY, last_attempt
from tests.e2e.matrices import Matrices, matrices

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RECORDER = (sys.executable, str(Path(__file__).with_name("recording_node.py")))
ORDERS = {
    "private": ("//Alice", (70, 90, 80), ("--private",)),
    "attested": ("//Bob", (60, 70, 90), ("--proof", "attested")),
    "public": ("//Charlie", (64, 72, 88), ()),
}
"""Who orders a product of which sides, and how. Operands follow from the volume of the sides."""
PIECE_BYTES, PIECE_STEP = 24, 61
"""Random bytes of this length stand nowhere by chance."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A job that ended well."""

    work: Matrices
    job: dict[str, Any]
    told: str

    @property
    def pieces(self) -> list[bytes]:
        """Parts of the operands and of the product, as they would be stored or sent."""
        saved = [np.load(path).tobytes() for path in self.work.inputs]
        product = self.work.saved().astype("<i4").tobytes()
        return [
            content[at : at + PIECE_BYTES]
            for content in (*saved, product)
            for at in range(0, len(content) - PIECE_BYTES, PIECE_STEP)
        ]


@dataclass(frozen=True, slots=True)
class Market:
    """What was bought, and what others saw of it."""

    bought: dict[str, Bought]
    gossip: bytes


@pytest.fixture(scope="module")
def market(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> Market:
    place = tmp_path_factory.mktemp("private")
    os.environ["RECORD"] = str(place / "gossip")
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    try:
        with lone_node(
            place / "recorder", "--chain", "local", *peers, program=RECORDER
        ) as recorder:
            until_final(recorder.rpc, devnet.final())  # by now it hears what the others say
            bought = buy_all(devnet, place)
    finally:
        del os.environ["RECORD"]
    return Market(bought, (place / "gossip").read_bytes())


def buy_all(devnet: Devnet, place: Path) -> dict[str, Bought]:
    running = {}
    for name, (client, shape, words) in ORDERS.items():
        work = matrices(place / name, *shape)
        terms = ("--max-price", "5AGPU", "--signer", client, "--out", work.c, *words)
        where = ("--rpc", devnet.url("bob"), "--output", "json")
        running[name] = work, begin("job", "submit", "matmul", *work.inputs, *terms, *where)
    found = {}
    for name, (work, process) in running.items():
        ran = ended(process)
        found[name] = Bought(work, ran.json(), ran.err)
    return found


@pytest.mark.parametrize("name", ORDERS)
def test_each_job_is_exact_and_paid_however_it_is_proven(market: Market, name: str) -> None:
    bought = market.bought[name]
    assert np.array_equal(bought.work.saved(), bought.work.product)
    assert last_attempt(bought.job) == WAY
    assert 0 < planck(bought.job["paid"]) <= 5 * AGPU
    assert "every leaf checked against the final root" in bought.told


def test_receipts_say_who_vouches(devnet: Devnet, market: Market) -> None:
    ids = {bought.job["job"]: name for name, bought in market.bought.items()}
    said = {
        ids[int(receipt["job"], 16)]: receipt["verifiedBy"]
        for receipt in devnet.rpc("receipts_recent", 200)
        if receipt["job"] is not None and int(receipt["job"], 16) in ids
    }
    assert said == {
        "private": "3 of 4 drawn validators",
        "attested": "a hardware vendor",
        "public": "every importer",
    }


def test_req_d7_a_private_job_stands_nowhere_on_the_disks_of_any_node(
    devnet: Devnet, market: Market
) -> None:
    """Databases, blobs and logs of five nodes, its provider's among them."""
    held = {path: path.read_bytes() for path in devnet.state.rglob("*") if path.is_file()}
    assert any("blobs" in str(path) for path in held)
    assert any(path.suffix == ".log" for path in held)
    found = {name: places(held, bought) for name, bought in market.bought.items()}
    assert found["private"] == []
    assert found["public"], "the search finds what there is"


def test_a_private_job_is_not_gossiped(market: Market) -> None:
    recorded = {Path("gossip"): market.gossip}
    assert b"/receipts/1\n" in market.gossip
    assert b"/blocks/1\n" in market.gossip
    assert places(recorded, market.bought["private"]) == []
    assert places(recorded, market.bought["public"]), "the search finds what there is"


def test_a_private_result_opens_again_with_its_secrets_alone(
    devnet: Devnet, market: Market, tmp_path: Path
) -> None:
    bought, out = market.bought["private"], tmp_path / "again.npy"
    secrets = bought.work.c.with_name(bought.work.c.name + ".secret")
    ask = ("job", "result", bought.job["job"], "--out", out)
    refused = devnet.cli(*ask, node="charlie")
    assert refused.code == 2
    assert "is private: wanted the file with its secrets (--secrets)" in refused.err
    assert devnet.cli(*ask, "--secrets", secrets, node="charlie").json()["saved"] == str(out)
    assert np.array_equal(np.load(out), bought.work.product)


def places(held: dict[Path, bytes], bought: Bought) -> list[str]:
    """Say in which files something of a job can be read."""
    pieces = bought.pieces
    return [str(path) for path, raw in held.items() if any(piece in raw for piece in pieces)]
