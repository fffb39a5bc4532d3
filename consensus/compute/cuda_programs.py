"""What a GPU launches for each class of jobs: the list, and what all of them are written with.

A program gets the GPU, the work and its input, and returns what `work.run` does, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from consensus.compute.cuda_data import run_data
from consensus.compute.cuda_gpu import Gpu
from consensus.compute.cuda_inference import run_inference
from consensus.compute.cuda_matmul import run_matmul
from consensus.compute.cuda_rendering import run_rendering
from consensus.compute.cuda_training import run_training
from runtime.compute.classes import Result
from runtime.compute.job import JobClass

Program = Callable[[Gpu, Any, bytes], Result]
"""The second argument is the `Work` of the class under which the program stands."""

PROGRAMS: Mapping[JobClass, Program] = {
    JobClass.MATMUL: run_matmul,
    JobClass.INFERENCE: run_inference,
    JobClass.TRAINING: run_training,
    JobClass.RENDERING: run_rendering,
    JobClass.DATA: run_data,
}
"""One for every class that may be ordered."""
