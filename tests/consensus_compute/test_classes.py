"""A worker does jobs of every class alike, and gives back those that are no work."""

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from runtime.compute.classes import BadInput, Work
from runtime.compute.job import DeclineReason
from runtime.compute.matmul import matmul_of, pack_input
from tests.consensus_compute.fakes import BLOCK_SECONDS
from tests.consensus_compute.test_worker import JOB, WHOLE_JOB, World
from tests.runtime_compute.any_class import Ordered, ordered
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.trainings import training

JOBS = {
    "perceptron": perceptron(40, (16, 24, 24, 8)),
    "text": block(20, 16, 2, prompt=6),
    "training": training(steps=20, segment=2),
}


def world_with(job: Ordered) -> World:
    world = World()
    world.blobs.content[job.spec.input_root] = job.content
    world.chain.assign(JOB, job.spec)
    return world


@pytest.mark.parametrize("name", JOBS)
async def test_a_job_of_any_class_goes_from_assignment_to_settlement(
    name: str, autojump_clock: MockClock
) -> None:
    job = ordered(*JOBS[name])
    world = world_with(job)
    await world.run(blocks=8)
    assert world.chain.steps == WHOLE_JOB
    assert world.chain.settled == [JOB]
    output = world.chain.calls[1][1]["output"]
    assert world.blobs.content[output.out_root] == job.result.output
    assert world.blobs.content[output.aux_root] == job.result.auxiliary


async def test_sheets_that_were_lost_are_computed_again(autojump_clock: MockClock) -> None:
    world = world_with(ordered(*JOBS["perceptron"]))
    await world.run(blocks=2)
    del world.blobs.content[world.chain.calls[1][1]["output"].aux_root]
    await world.run(blocks=12)
    assert world.chain.settled == [JOB]
    assert "output_lost" in world.log.events


def idle(work: Work, content: bytes) -> Ordered:
    """A job whose first operand is zeros."""
    return ordered(work, bytes(len(content)))


async def test_a_job_without_work_is_declined(autojump_clock: MockClock) -> None:
    matrix = np.ones((80, 80), np.int8)
    world = world_with(idle(matmul_of(matrix, matrix), pack_input(matrix, matrix)))
    await world.run(blocks=3)
    assert world.declined() is DeclineReason.DEGENERATE


async def test_an_input_that_the_class_cannot_take_is_declined(
    autojump_clock: MockClock,
) -> None:
    world = world_with(ordered(*JOBS["perceptron"]))
    world.device.refusal = BadInput("a scene without a camera")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run, 3)
        await trio.sleep(3 * BLOCK_SECONDS)
    assert world.declined() is DeclineReason.BAD_INPUT
