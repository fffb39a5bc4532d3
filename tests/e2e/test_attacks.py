"""Clients that send what nobody can check are refused by name, and lose their fees alone.

The command line does not send such things, so these clients speak to the node themselves. Every
job is for the one provider of the devnet by name: what it gives back ends at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cli.sdk.chain import SyncClient, connect
from cli.sdk.client import FINAL, Client
from cli.sdk.jobs import deadline_after, follow, order_work, upload
from cli.sdk.matmul import matmul_work
from cli.sdk.models import Model, save_model
from cli.sdk.outlook import DECLINED, setbacks
from cli.sdk.transactions import Receipt, prepare, submit
from genesis.notation import parse_account, parse_pair
from runtime.compute.classes import Tree, Work
from runtime.compute.contents import input_root
from runtime.compute.job import DeclineReason
from runtime.pallets.jobs.events import JobRefunded, JobSubmitted
from runtime.pallets.jobs.records import Job, JobState
from runtime.pallets.transaction_payment import TransactionFeePaid
from tests.e2e.commands import Refused
from tests.e2e.devnet import AGPU, Devnet
from tests.runtime_compute.networks import perceptron

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MALLORY = parse_pair("//Ferdie")
PROVIDER = parse_account("ed25519://Dave", 42)
MOST = 5 * AGPU
PATIENCE_BLOCKS = 200


@dataclass(frozen=True)
class Ended:
    """An attack and what became of it."""

    job: Job
    causes: list[str]
    lost: int
    """Planck that the client has less than before, in all its balances."""
    fees: int
    """What events say that it paid for transactions."""
    refunded: int
    escrow: int


@pytest.fixture(scope="module")
def session(devnet: Devnet) -> Iterator[SyncClient]:
    with connect(devnet.url()) as connected:
        yield connected


async def attack(client: Client, work: Work, content: bytes, served: bytes) -> Ended:
    """Order work on a content, and serve another; wait for the end in a final block."""
    until = await deadline_after(client, PATIENCE_BLOCKS)
    order = order_work(work, content, MOST, until)
    await upload(client, served, input_root(work, content))
    call = client.calls.encode("Jobs", "submit_job", order.spec, PROVIDER, 0)
    receipt = (await submit(client, await prepare(client, call, MALLORY), "finalized")).required()
    (ordered,) = [one.event for one in receipt.events if isinstance(one.event, JobSubmitted)]

    async def heard(place: int, record: Job) -> None:
        assert record.history[place].block >= receipt.block_number

    job = await follow(client, ordered.job, heard)
    last = job.history[-1].block
    causes = [one.cause for one in await setbacks(client, ordered.job, job)]
    return Ended(
        job,
        causes,
        lost=await holdings(client, receipt.block_number - 1) - await holdings(client, last),
        fees=paid(receipt),
        refunded=await refunded(client, ordered.job, last),
        escrow=ordered.escrow,
    )


async def holdings(client: Client, number: int) -> int:
    """Return all that the client has in a block: free, and on hold."""
    info = await client.account(MALLORY.public, await client.block_hash(str(number)))
    return info.data.free + info.data.reserved


def paid(receipt: Receipt) -> int:
    """Return the fee of a transaction, by its event."""
    events = [one.event for one in receipt.events]
    (fee,) = [one for one in events if isinstance(one, TransactionFeePaid)]
    assert fee.who == MALLORY.public
    return int(fee.actual_fee)


async def refunded(client: Client, job: int, number: int) -> int:
    events = [one.event for one in await client.events(await client.block_hash(str(number)))]
    (back,) = [one for one in events if isinstance(one, JobRefunded) and one.job == job]
    return int(back.amount)


async def open_jobs(client: Client) -> int:
    at = await client.block_hash(FINAL)
    count: int = await client.storage("Jobs", "JobsByClient", MALLORY.public, at=at)
    return count


def assert_declined(ended: Ended, reason: DeclineReason) -> None:
    """Check that a job ended for a reason, and the money to the planck."""
    assert ended.job.state is JobState.FAILED
    assert ended.causes == [f"declined: {DECLINED[reason]}"]
    assert (ended.job.paid, ended.job.escrow) == (0, 0)
    assert ended.refunded == ended.escrow > 0
    assert ended.lost == ended.fees > 0


def test_a_job_that_shows_nothing_of_its_input_is_declined_and_costs_its_fee(
    session: SyncClient,
) -> None:
    zeros = np.zeros((64, 64), np.int8)
    work, content = matmul_work(zeros, zeros)
    assert_declined(session.do(attack, work, content, content), DeclineReason.DEGENERATE)


def test_a_payload_that_is_shorter_than_ordered_is_declined_and_costs_its_fee(
    session: SyncClient,
) -> None:
    chance = np.random.default_rng(4)
    a, b = (chance.integers(-128, 128, (40, 40)).astype(np.int8) for _ in range(2))
    work, content = matmul_work(a, b)
    served = content[: work.content_bytes(Tree.INPUT) - 5]
    assert_declined(session.do(attack, work, content, served), DeclineReason.BAD_INPUT_SIZE)


def test_a_payload_of_other_bytes_is_declined_and_costs_its_fee(session: SyncClient) -> None:
    chance = np.random.default_rng(5)
    a, b = (chance.integers(-128, 128, (40, 40)).astype(np.int8) for _ in range(2))
    work, content = matmul_work(a, b)
    served = bytes(byte ^ 1 for byte in content)
    assert_declined(session.do(attack, work, content, served), DeclineReason.BAD_INPUT_ROOT)


def test_an_upload_beyond_the_limit_of_a_call_is_refused(devnet: Devnet) -> None:
    with pytest.raises(Refused) as caught:
        devnet.rpc("blobs_put", "A" * (5 << 20))
    assert caught.value.code == -32602
    assert "wanted at most 3145728 bytes" in str(caught.value)


def test_a_bomb_in_a_model_is_refused_before_anything_is_sent(
    devnet: Devnet, tmp_path: Path
) -> None:
    work, content = perceptron(8, (16, 24, 8))
    rows, network = work.read_input(content)
    model, given = tmp_path / "model.npz", tmp_path / "rows.npy"
    save_model(model, Model(network.layers, network.weights))
    held = dict(np.load(model))
    np.savez_compressed(model, **held, more=np.zeros(200 << 20, np.uint8))
    np.save(given, rows)
    before = devnet.storage("Jobs.NextJobId", at="best")
    terms = ("--max-price", "5AGPU", "--signer", "//Ferdie")
    ran = devnet.cli("job", "submit", "inference", model, given, *terms)
    assert ran.code == 2
    assert "'more.npy' unpacks from" in ran.err
    assert devnet.storage("Jobs.NextJobId", at="best") == before


def test_nothing_of_the_attacks_is_left_on_hold(devnet: Devnet, session: SyncClient) -> None:
    assert devnet.escrowed("//Ferdie", "final") == 0
    assert session.do(open_jobs) == 0
