"""Point 2: a client's matrices become the exact product, paid from the escrow; the rest returns."""

import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.commands import begin, end, ended, starminer, until
from tests.e2e.devnet import AGPU, Devnet, planck
from tests.e2e.jobs import WAY, last_attempt
from tests.e2e.matrices import Matrices, matrices

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SHAPES = {"//Alice": (37, 53, 29), "//Bob": (512, 384, 256)}
"""Rows, inner and columns of what each client orders: odd ones, and larger ones."""

PROVIDER = "ed25519://Dave"
"""Who works on `gpu0`."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A job that ended well, as the command told it."""

    work: Matrices
    job: dict[str, Any]
    told: str


@pytest.fixture(scope="module")
def self_dealing(devnet: Devnet) -> Iterator[subprocess.Popen[str]]:
    """Let a provider buy from itself while others buy: it waits for the same blocks."""
    process = begin("econ", "attack", "self-deal", "--devnet", devnet.state, "--output", "json")
    try:
        yield process
    finally:
        end(process)


@pytest.fixture(scope="module")
def bought(
    devnet: Devnet,
    self_dealing: subprocess.Popen[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Bought]:
    """Let two clients buy at the same time, each through another node."""
    running = []
    for (client, shape), node in zip(SHAPES.items(), ("alice", "full"), strict=True):
        work = matrices(tmp_path_factory.mktemp("job"), *shape)
        words = ("--max-price", "5AGPU", "--wait", "--out", work.c, "--signer", client)
        where = ("--rpc", devnet.url(node), "--output", "json")
        process = begin("job", "submit", "matmul", *work.inputs, *words, *where)
        running.append((client, work, process))
    found = {}
    for client, work, process in running:
        ran = ended(process)
        found[client] = Bought(work, ran.json(), ran.err)
    return found


@pytest.mark.parametrize("client", SHAPES)
def test_a_job_returns_the_exact_product(bought: dict[str, Bought], client: str) -> None:
    product = bought[client].work.saved()
    assert product.dtype == np.int32
    assert np.array_equal(product, bought[client].work.product)
    assert "every leaf checked against the final root" in bought[client].told


@pytest.mark.parametrize("client", SHAPES)
def test_the_status_shows_every_state_of_a_job_with_its_block(
    devnet: Devnet, bought: dict[str, Bought], client: str
) -> None:
    job = bought[client].job
    status = devnet.cli("job", "status", job["job"], "--at", "final", node="bob").json()
    assert status == {key: value for key, value in job.items() if key != "refunded"}
    assert last_attempt(status) == WAY
    blocks = [step["block"] for step in status["history"]]
    assert blocks == sorted(blocks)
    assert status["state"] == "completed"


@pytest.mark.parametrize("client", SHAPES)
def test_a_client_pays_no_more_than_it_said_and_has_the_rest_back(
    devnet: Devnet, bought: dict[str, Bought], client: str
) -> None:
    assert 0 < planck(bought[client].job["paid"]) <= 5 * AGPU
    assert planck(bought[client].job["refunded"]) > 4 * AGPU
    assert planck(bought[client].job["on_hold"]) == 0
    assert devnet.escrowed(client, "final") == 0


def test_the_provider_that_computed_was_paid_for_it(
    devnet: Devnet, bought: dict[str, Bought]
) -> None:
    job = bought["//Alice"].job
    settled = [step["block"] for step in job["history"] if step["state"] == "settled"]
    events = devnet.cli("query", "events", settled[0]).json()
    payments = [one["data"] for one in events if one["event"] == "Jobs.SegmentSettled"]
    (paid,) = [one for one in payments if one["job"] == job["job"]]
    assert planck(paid["fee"]) == planck(job["paid"])
    assert 0 < planck(paid["provider_paid"]) < planck(paid["fee"])


def test_the_provider_finds_what_it_earned_by_rule_req_29(
    devnet: Devnet, bought: dict[str, Bought]
) -> None:
    job = bought["//Alice"].job
    (settled,) = [step["block"] for step in job["history"] if step["state"] == "settled"]
    epoch = int(devnet.storage("Babe.EpochIndex", at=str(settled))["value"])
    shown = devnet.cli("mining", "score", job["provider"], "--epoch", epoch, "--earnings").json()
    assert shown["epoch"] == epoch
    assert 0 < planck(shown["job"]) + planck(shown["work"]) <= planck(shown["total"])
    score = devnet.cli("mining", "score", job["provider"], "--epoch", epoch).json()
    assert score["epoch"] == epoch
    refused = devnet.cli("referral", "set", "//Bob", "--signer", "//Alice")
    assert refused.code != 0
    assert "NotNew" in refused.out + refused.err or "NOT_NEW" in refused.out + refused.err


def test_an_output_is_fetched_again_through_any_node(
    devnet: Devnet, bought: dict[str, Bought], tmp_path: Path
) -> None:
    job, work, out = bought["//Bob"].job, bought["//Bob"].work, tmp_path / "again.npy"
    fetched = devnet.cli("job", "result", job["job"], "--out", out, node="charlie").json()
    assert fetched["checked"] == "every leaf"
    assert np.array_equal(np.load(out), work.product)


def test_a_node_that_serves_another_output_is_found_out_and_nothing_is_saved(
    devnet: Devnet, bought: dict[str, Bought], tmp_path: Path
) -> None:
    job, out = bought["//Bob"].job["job"], tmp_path / "c.npy"
    held = devnet.storage("Jobs.Segments", job, 0)["output"]
    wrong = bytearray(bought["//Bob"].work.product.astype("<i4").tobytes())
    wrong[len(wrong) // 2] ^= 1
    put = devnet.rpc("blobs_put", b64encode(wrong).decode(), node="bob")
    devnet.rpc("blobs_alias", held["out_root"], put["root"], node="bob")
    ran = devnet.cli("job", "result", job, "--out", out, node="bob")
    assert ran.code == 1
    assert "what was served is not what the final block names" in ran.err
    checked = devnet.cli("job", "verify", job, node="bob")
    assert (checked.code, f"output of job {job}" in checked.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_a_job_is_checked_again_at_home(devnet: Devnet, bought: dict[str, Bought]) -> None:
    job = bought["//Alice"].job["job"]
    found = devnet.cli("job", "verify", job, "--full", node="bob").json()
    assert (found["verdict"], found["recomputed"]) == ("right", found["leaves"])


def test_an_estimate_is_what_the_job_then_cost(devnet: Devnet, bought: dict[str, Bought]) -> None:
    work, job = bought["//Bob"].work, bought["//Bob"].job
    found = devnet.cli("job", "estimate", "matmul", *work.inputs).json()
    assert (found["micro_cu"], found["fee"]) == (job["units"], job["paid"])


def test_the_jobs_of_one_client_are_listed(devnet: Devnet, bought: dict[str, Bought]) -> None:
    mine = devnet.cli("job", "list", "--client", "//Bob").json()
    assert {row["client"] for row in mine} == {bought["//Bob"].job["client"]}
    watched = devnet.cli("job", "watch", bought["//Bob"].job["job"])
    assert watched.json()["next"].startswith("fetch the result: starminer job result")
    assert "  verified   in block" in watched.err


def test_a_job_that_offers_less_than_the_price_is_refused(devnet: Devnet, tmp_path: Path) -> None:
    work = matrices(tmp_path, 512, 512, 512)
    words = ("--max-price", "0.000000001AGPU", "--signer", "//Charlie")
    ran = devnet.cli("job", "submit", "matmul", *work.inputs, *words)
    assert ran.code == 4
    assert "Jobs.MaxPriceTooLow" in ran.err
    assert devnet.escrowed("//Charlie") == 0


def test_matrices_that_do_not_fit_are_refused_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    work = matrices(tmp_path, 3, 4, 5)
    words = ("--max-price", "5AGPU", "--signer", "//Bob")
    ran = devnet.cli("job", "submit", "matmul", work.b, work.a, *words)
    assert ran.code == 2
    assert "wanted as many columns in A as rows in B" in ran.err


def test_req_64_buying_own_work_on_a_live_devnet_loses(
    self_dealing: subprocess.Popen[str],
) -> None:
    found = ended(self_dealing).json()
    direct, matched = found["jobs"]
    assert (direct["ordered"], matched["ordered"], found["loses"]) == ("direct", "matched", True)
    for row in (direct, matched):
        assert planck(row["lost"]) > 0
        assert 0.7 <= float(row["returned_per_agpu"]) < float(row["bound"]) < 0.9
    assert (planck(direct["minted"]), planck(direct["referrers"])) == (0, 0)
    assert planck(matched["minted"]) > 0
    assert found["bound_all_roles"] == "0.962500"


def test_req_1_the_flows_of_an_epoch_of_a_live_devnet_add_up(
    devnet: Devnet, bought: dict[str, Bought]
) -> None:
    job = bought["//Bob"].job["history"][-1]["block"]
    epoch = devnet.storage("Babe.EpochIndex", at=str(job))["value"]
    found = devnet.cli("econ", "flow", "--epoch", epoch).json()
    assert found["adds_up"] is True
    assert found["segments"] >= 1
    assert {one["difference"] for one in found["checks"]} == {0}


def test_a_replay_of_a_live_devnet_finds_no_difference(
    devnet: Devnet, bought: dict[str, Bought]
) -> None:
    found = devnet.cli("econ", "replay", "--from-genesis", node="full").json()
    assert found["differences"] == 0
    assert found["blocks"] >= bought["//Bob"].job["history"][-1]["block"]
    minted = {one["what"]: planck(one["amount"]) for one in found["minted"]}
    assert minted["work"] > 0


def test_req_49_traffic_buys_work_of_every_class_at_every_speed(devnet: Devnet) -> None:
    """Fast and realtime jobs wait for a provider whose starts keep the class: here perhaps none."""
    words = ("light", "--orders", 4, "--seed", 3, "--state", devnet.state)
    ran = starminer("devnet", "traffic", *words)
    assert ran.code == 0, ran.err
    ordered = re.findall(r"^\w+ ordered job (\d+): (\w+), (\w+)$", ran.err, re.MULTILINE)
    assert sorted(word for _, word, _ in ordered) == ["data", "inference", "matmul", "rendering"]
    assert sorted(pace for _, _, pace in ordered) == ["batch", "fast", "realtime", "standard"]

    def is_settled(job: str, pace: str) -> bool:
        """Say whether a job has a provider, or nobody may have it."""
        shown = devnet.cli("job", "status", job, "--at", "best").json()
        states = [step["state"] for step in shown["history"]]
        assert "assigned" in states or shown["state"] == "queued", shown
        return "assigned" in states or (pace in ("fast", "realtime") and not takers(devnet, pace))

    for job, _, pace in sorted(ordered, key=lambda one: one[2] not in ("fast", "realtime")):
        until(f"job {job} has a provider", lambda job=job, pace=pace: is_settled(job, pace))


def takers(devnet: Devnet, pace: str) -> int:
    """Return how many providers may have a job of a class by now: it follows their last starts."""
    quote = devnet.cli("query", "prices", 1, "--tier", 1, "--latency", pace).json()
    return int(quote["providers"])


def test_the_amax_of_a_devnets_provider_is_claimed_and_vests(devnet: Devnet) -> None:
    """Stands last: by now an epoch with its work was closed, for which a devnet takes a minute."""
    # what it can claim on a devnet is too little to make an account of
    words = (f"dest={PROVIDER}", "value=1AMAX", "--signer", "//Bob", "--wait", "finalized")
    ran = devnet.cli("tx", "amax.transfer_keep_alive", *words)
    assert ran.code == 0, ran.err
    before = until("an epoch with its work was closed", lambda: claimable(devnet), 240)
    assert before["claimable_epochs"] > 0
    block = devnet.final()
    ran = devnet.cli("amax", "claim", "--for", PROVIDER, "--signer", "//Bob", "--wait", "finalized")
    assert ran.code == 0, ran.err
    after = amax_status(devnet)
    assert after["minted_since_block_0"] != before["minted_since_block_0"]
    unlocks = devnet.cli("amax", "unlocks", PROVIDER, "--at", "final").json()
    assert [row["still_to_vest"] for row in unlocks] == [row["vests"] for row in unlocks] != []
    assert all(row["from_block"] > block for row in unlocks)


def amax_status(devnet: Devnet) -> dict[str, Any]:
    shown: dict[str, Any] = devnet.cli("amax", "status", PROVIDER, "--at", "final").json()
    return shown


def claimable(devnet: Devnet) -> dict[str, Any] | None:
    """Return how AMAX stands, once the provider can claim for its capacity."""
    shown = amax_status(devnet)
    return shown if shown["claimable_capacity"] not in ("0 AMAX", "0 planck") else None
