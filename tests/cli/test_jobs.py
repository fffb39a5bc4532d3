"""Ordering a product: what is refused before it costs anything, and what the order says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cli.errors import CommandError, UsageError
from cli.ordering import Buying, prepared_order
from cli.sdk.jobs import committed_job, job_of, number_of, order_work
from cli.sdk.matmul import load_matrix, matmul_work
from cli.sdk.results import SAVERS
from cli.sdk.transactions import prepare, receipt_of, send
from cli.tx import summary_of
from runtime.compute.contents import input_root
from runtime.compute.job import PERBILL, Market
from runtime.compute.matmul import MatmulParams
from runtime.compute.registry import CLASSES, check_spec
from runtime.pallets.jobs.records import JobState
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

A = np.arange(-32, 32, dtype=np.int8).reshape(8, 8)
B = np.ones((8, 16), np.int8)


def test_an_order_is_one_that_a_provider_can_be_held_to() -> None:
    order = order_work(*matmul_work(A, B), 5 * UNIT, 100)
    assert check_spec(order.spec) == MatmulParams(8, 16, 8)
    assert order.payload == A.tobytes() + B.tobytes()
    assert order.spec.input_root == input_root(order.work, order.payload)
    assert (order.spec.deadline, order.spec.market) == (100, Market(1, 0))


@pytest.mark.parametrize(("percent", "rate"), [(0, PERBILL // 8), (100, PERBILL)])
def test_a_client_may_ask_for_more_audits_and_not_for_fewer(percent: int, rate: int) -> None:
    buying = Buying("5AGPU", audit_percent=percent)
    order = order_work(*matmul_work(A, B), 5 * UNIT, 100, audit_rate=buying.audit_rate)
    assert order.spec.audit_rate == rate


async def test_the_most_a_job_may_cost_is_what_goes_on_hold() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    order = order_work(*matmul_work(A, B), 5 * UNIT, 100)
    call = client.calls.encode("Jobs", "submit_job", order.spec, None, 0)
    prepared = await prepare(client, call, pair(2))
    await send(client, prepared)
    (await receipt_of(client, prepared.raw, rpc.seal())).required()
    record = await job_of(client, 0)
    assert (record.escrow, record.state) == (5 * UNIT, JobState.QUEUED)


async def test_a_job_that_is_not_complete_has_no_result() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    with pytest.raises(CommandError, match="there is no job 4"):
        await committed_job(client, 4)


def test_matrices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError) as refusal:
        matmul_work(A, A[:4])
    told = "wanted as many columns in A as rows in B, got (8, 8) and (4, 8)"
    assert str(refusal.value) == told


def test_a_matrix_above_the_limit_is_refused() -> None:
    with pytest.raises(UsageError, match="wanted 1 to 4096 rows, got 5000"):
        order_work(*matmul_work(np.zeros((5000, 8), np.int8), B), UNIT, 100)


@pytest.mark.parametrize(
    ("matrix", "complaint"),
    [
        (np.ones((2, 2)), "wanted a matrix of int8, got float64 of shape (2, 2)"),
        (np.ones(4, np.int8), "wanted a matrix of int8, got int8 of shape (4,)"),
    ],
)
def test_a_file_with_something_else_is_refused(
    matrix: NDArray[Any], complaint: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", matrix)
    with pytest.raises(UsageError) as refusal:
        load_matrix(tmp_path / "a.npy")
    assert str(refusal.value) == f"{tmp_path / 'a.npy'}: {complaint}"


def test_a_file_that_is_no_matrix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"not numpy")
    with pytest.raises(UsageError, match=r"wanted a \.npy file"):
        load_matrix(tmp_path / "a.npy")
    with pytest.raises(UsageError, match=r"wanted a \.npy file"):
        load_matrix(tmp_path / "nowhere.npy")


def test_a_result_of_every_class_can_be_saved() -> None:
    assert set(SAVERS) == set(CLASSES)


def test_a_job_is_named_by_its_number() -> None:
    assert (number_of("7"), number_of("0x07")) == (7, 7)
    with pytest.raises(UsageError, match="wanted the number of a job, got 'seven'"):
        number_of("seven")


async def test_a_dry_order_shows_call_and_fee_and_hands_nothing_in() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    order = order_work(*matmul_work(A, B), 5 * UNIT, 100)
    prepared, shown = await prepared_order(client, order, pair(2))
    summary = await summary_of(client, prepared, shown)
    assert str(summary["call"]).startswith("Jobs.submit_job(spec=")
    assert str(summary["fee"]).endswith(" AGPU")
    assert (summary["signer"], summary["nonce"]) == (client.address(pair(2).account), 0)
    assert rpc.pending == []
