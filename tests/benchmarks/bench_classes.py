"""What each class of jobs costs: to run on the CPU, to commit to, to open, and to check.

    ./run bench classes

The check is what every importer pays; consensus counts its gas instead, which stands beside it and
must not be less than the time on the reference core. The budget is what the design page measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from runtime.compute.classes import Work, leaf_count, samples_of
from runtime.compute.contents import commit, input_root
from runtime.compute.data import Data
from runtime.compute.gas import opening_gas
from runtime.compute.job import Terms
from runtime.compute.matmul import MatmulParams
from runtime.compute.opening import prove_opening
from runtime.compute.registry import check_limits, job_spec, units
from runtime.compute.rendering import Rendering
from runtime.compute.tables import Operation, Query
from runtime.compute.training import TrainingParams
from runtime.compute.verify import verify_opening
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.scenes import floating_spheres
from tests.runtime_compute.trainings import training

PROVIDER, RANDOMNESS = b"\x01" * 32, b"\x03" * 32
REPEATS = 5
BUDGETS = {"inference": 18.0, "training": 5.9, "rendering": 76.0, "data": 4.4}
"""Milliseconds of a check, measured by the design page; of training, for one step."""

PAGES_IMAGE = Rendering(640, 352, 2, 1, lights=1, spheres=12, planes=0, triangles=0)
QUERIES = (
    Query(Operation.HISTOGRAM, low=0, width=8, groups=128),
    Query(Operation.SUMMARY, groups=1),
    Query(Operation.FILTER),
    Query(Operation.SORT),
)

T = TypeVar("T")


def main() -> None:
    """Print one line for each job."""
    columns = ("run", "commit", "open", "check", "budget", "gas")
    print(f"{'job':<34}{''.join(f'{column:>9}' for column in columns)}{'proof':>10}")
    for name, (work, content) in jobs().items():
        print(f"{name:<34}" + measured(work, content))
    print("times in ms of one core; budgets are what the design page measured")


def jobs() -> dict[str, tuple[Work, bytes]]:
    """Return the jobs to measure."""
    rng = np.random.default_rng(1)
    product = rng.integers(0, 256, 2 * 1024 * 1024, dtype=np.uint8).tobytes()
    work, content = block(512, 64, 4)
    told, prompt = block(128, 64, 4, prompt=16)
    return {
        "matmul 1024^3": (MatmulParams(1024, 1024, 1024), product),
        "inference 8 x 1024, 1024 rows": perceptron(1024, (1024,) * 9),
        "inference block of 64, 512 bytes": (work, content),
        "inference 112 bytes generated": (told, prompt),
        "training 64-256-128-10, batch 256": training(
            (64, 256, 128, 10), 256, 20, steps=40, segment=1
        ),
        "training 16-64-4, batch 64": training((16, 64, 4), 64, 40, steps=400, segment=8),
        "rendering 640 x 352, 12 spheres": (PAGES_IMAGE, floating_spheres(PAGES_IMAGE.spheres)),
        **{f"data {query.operation.name.lower()} of 64 MiB": asked(query) for query in QUERIES},
    }


def asked(query: Query) -> tuple[Work, bytes]:
    """Ask about 8,388,608 numbers; the design page has as many bytes, of which it takes a sum."""
    cells = np.random.default_rng(3).integers(0, 1024, 8 << 20)
    return Data(len(cells), 1, query), cells.astype("<i8").tobytes()


def measured(work: Work, content: bytes) -> str:
    """Run a job once and check it several times."""
    check_limits(work)
    result, run = timed(lambda: work.run(content))
    commitment, committing = timed(lambda: commit(work, 1, 0, PROVIDER, result))
    spec = job_spec(work, input_root(work, content), Terms(max_price=10**12, deadline=100))
    proof, opening = timed(lambda: prove_opening(spec, commitment, RANDOMNESS, content, result))
    check = min(
        timed(lambda: verify_opening(spec, commitment, RANDOMNESS, proof))[1]
        for _ in range(REPEATS)
    )
    numbers = (run, committing, opening, check, budget(work), opening_gas(work) / 1e6)
    sizes = f"{len(proof) / 1024:8.0f}KB  {leaf_count(work)} leaves, {units(work)} micro-CU"
    return "".join(f"{number:9.1f}" for number in numbers) + sizes


def budget(work: Work) -> float:
    """Return the milliseconds that the design page measured for such a check; nothing for matmul.

    Of training it counts steps: a sample is a whole segment of them.
    """
    allowed = BUDGETS.get(work.job_class.name.lower(), float("nan"))
    return (
        allowed * work.segment * samples_of(work) if isinstance(work, TrainingParams) else allowed
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the milliseconds of CPU time that it took."""
    start = time.process_time()
    result = work()
    return result, (time.process_time() - start) * 1e3


if __name__ == "__main__":
    main()
