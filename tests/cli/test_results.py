"""What peers serve of a job counts only once it leads to the roots in the final block."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from cli.errors import CommandError, UsageError
from cli.job import save_output
from cli.sdk import downloads
from cli.sdk.jobs import committed_job, fetch_output
from cli.sdk.results import check_place
from cli.sdk.verifying import verify_job
from runtime.compute.classes import Result, Tree, Work, leaf_count
from runtime.compute.job import JobClass
from runtime.compute.matmul import matmul_of, pack_input
from runtime.compute.registry import CLASSES
from runtime.compute.rendering import Rendering
from runtime.compute.tables import Operation
from tests.cli.served import Served, part
from tests.runtime_compute.any_class import Ordered, ordered
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.orders import JOB, order
from tests.runtime_compute.queries import any_table, any_work
from tests.runtime_compute.scenes import marbles
from tests.runtime_compute.trainings import training


def matmul() -> Ordered:
    made = order(20, 24, 16)
    return ordered(matmul_of(made.a, made.b), pack_input(made.a, made.b))


def data() -> Ordered:
    chance = Random(3)
    work = any_work(chance, Operation.SUMMARY)
    return ordered(work, any_table(chance, work))


JOBS = {
    "matmul": matmul,
    "inference": lambda: ordered(*perceptron(20, (12, 16, 10))),
    "text": lambda: ordered(*block(24, 16, 2, prompt=9)),
    "training": lambda: ordered(*training()),
    "rendering": lambda: ordered(Rendering(24, 16, 1, 1, 2, 3, 1, 2), marbles()),
    "data": data,
}


def test_every_class_is_here() -> None:
    assert {made().work.job_class for made in JOBS.values()} == set(CLASSES)


@pytest.fixture(params=JOBS)
def served(request: pytest.FixtureRequest) -> Served:
    return Served(JOBS[request.param]())


async def test_an_output_is_fetched_in_parts_and_checked(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "CHUNK_BYTES", 100)
    work, content = await fetch_output(served.client, JOB)
    assert (work, content) == (served.job.work, served.job.result.output)
    assert [offset for _, offset in served.asked] == list(range(0, len(content), 100))


async def test_one_wrong_bit_anywhere_in_an_output_is_found(served: Served, tmp_path: Path) -> None:
    size = len(served.job.result.output)
    for offset in {0, size // 2, size - 1}:
        served.spoil(Tree.OUTPUT, offset)
        with pytest.raises(CommandError, match="what was served is not what the final block names"):
            await fetch_output(served.client, JOB, beside=tmp_path / "out")
        assert list(tmp_path.iterdir()) == []


async def test_a_job_is_right_where_every_leaf_is_recomputed(served: Served) -> None:
    found = await verify_job(served.client, JOB, None, bytes(32))
    count = leaf_count(served.job.work)
    assert (found.leaves, found.recomputed, found.wrong) == (count, count, ())


@pytest.mark.parametrize("tree", list(Tree))
async def test_a_wrong_bit_in_any_content_ends_a_verification(served: Served, tree: Tree) -> None:
    if not (size := served.job.work.content_bytes(tree)):
        return
    served.spoil(tree, size // 3)
    with pytest.raises(CommandError, match=f"{tree.value} of job {JOB}: what was served is not"):
        await verify_job(served.client, JOB, 4, bytes(32))


async def test_a_leaf_that_was_committed_wrong_is_named(served: Served) -> None:
    job = served.job
    wrong = bytearray(job.result.output)
    wrong[-1] ^= 1
    liar = Served(ordered(job.work, job.content, Result(bytes(wrong), job.result.auxiliary)))
    found = await verify_job(liar.client, JOB, None, bytes(32))
    assert found.wrong != ()


async def test_a_sample_of_leaves_is_drawn_by_a_seed() -> None:
    served = Served(JOBS["inference"]())
    found = await verify_job(served.client, JOB, 3, b"s" * 32)
    assert (found.recomputed, found.leaves > 3) == (3, True)


def test_a_place_where_nothing_can_be_saved_is_refused_before_an_order(tmp_path: Path) -> None:
    check_place(tmp_path / "c.npy")
    with pytest.raises(UsageError, match="wanted a file, got a folder"):
        check_place(tmp_path)
    with pytest.raises(UsageError, match=r"wanted a folder .*nowhere, got none"):
        check_place(tmp_path / "nowhere" / "c.npy")


async def test_a_disk_that_takes_nothing_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    served = Served(matmul())

    def full(work: Work, content: bytes, out: Path) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(CommandError) as caught:
        await save_output(served.client, JOB, tmp_path / "c.npy", full)
    assert "No space left on device; put that right, and then: starminer job result 7" in str(
        caught.value
    )


# -- Parts -----------------------------------------------------------------------------------------


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Served:
    """Serve a product of 1,920 bytes in parts of 500."""
    monkeypatch.setattr(downloads, "CHUNK_BYTES", 500)
    return Served(matmul())


async def test_a_download_goes_on_where_it_stopped(product: Served, tmp_path: Path) -> None:
    out, content = tmp_path / "c.npy", product.job.result.output
    root = product.root(Tree.OUTPUT)
    stopped = downloads.Parts(out, root)
    stopped.add(content[:700])
    heard: list[int] = []
    checked: list[bytes] = []
    found = await downloads.fetch_checked(
        product.client, root, len(content), checked.append, beside=out, told=heard.append
    )
    assert [found] == checked == [content]
    assert product.asked[0][1] == 700
    assert (heard[0], heard[-1]) == (700, len(content))
    assert list(tmp_path.iterdir()) == []


async def test_what_is_left_of_another_job_is_not_taken(product: Served, tmp_path: Path) -> None:
    out = tmp_path / "c.npy"
    downloads.Parts(out, b"another root" + bytes(20)).add(b"x" * 100)
    _, content = await fetch_output(product.client, JOB, beside=out)
    assert content == product.job.result.output


async def test_what_is_left_and_longer_than_the_payload_is_dropped(
    product: Served, tmp_path: Path
) -> None:
    out = tmp_path / "c.npy"
    downloads.Parts(out, product.root(Tree.OUTPUT)).add(bytes(5000))
    _, content = await fetch_output(product.client, JOB, beside=out)
    assert content == product.job.result.output


async def test_a_payload_that_nobody_has_yet_is_waited_for(
    product: Served, autojump_clock: Any
) -> None:
    product.answers = [None, None]
    _, content = await fetch_output(product.client, JOB)
    assert content == product.job.result.output
    assert [offset for _, offset in product.asked[:3]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"offset": 0, "size": 1921, "data": "AAAA"}, "wanted a payload of 1920 bytes, got 1921"),
        ({"offset": 0, "size": 1920, "data": ""}, "wanted 1 to 1920 bytes at 0, got 0"),
        ({"offset": 0, "size": 1920, "data": "!"}, "wanted bytes in base64 at 0"),
        ({**part(bytes(2500), 0, 2500), "size": 1920}, "wanted 1 to 1920 bytes at 0, got 2500"),
    ],
)
async def test_a_part_that_is_none_ends_the_download(
    product: Served, answer: dict[str, Any], told: str
) -> None:
    product.answers = [answer]
    with pytest.raises(CommandError) as caught:
        await fetch_output(product.client, JOB)
    assert told in str(caught.value)


async def test_the_commitment_is_read_from_the_final_block(product: Served) -> None:
    held = await committed_job(product.client, JOB)
    assert (held.commitment, held.spec) == (product.job.commitment, product.job.spec)
    assert held.spec.job_class is JobClass.MATMUL
