"""Results as files that a person can open, for each class of jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cli.errors import UsageError
from cli.sdk.data import save_answer
from cli.sdk.inference import save_inference
from cli.sdk.matmul import save_product
from cli.sdk.rendering import save_image
from cli.sdk.training import save_training
from runtime.compute.classes import Work
from runtime.compute.job import JobClass

Save = Callable[[Any, bytes, Path], str]
"""Writes the output of some work to a file and says what it is; the work is of one class."""

SAVERS: Mapping[JobClass, Save] = {
    JobClass.MATMUL: save_product,
    JobClass.INFERENCE: save_inference,
    JobClass.TRAINING: save_training,
    JobClass.RENDERING: save_image,
    JobClass.DATA: save_answer,
}
"""One for every class that may be ordered."""


def check_place(out: Path) -> None:
    """Check that a result can be saved there, before anything is paid for.

    Raises: UsageError.
    """
    if out.is_dir() or not out.parent.is_dir():
        what = "a file, got a folder" if out.is_dir() else f"a folder {out.parent}, got none"
        raise UsageError(f"--out {out}: wanted {what}")


def save_result(work: Work, content: bytes, out: Path) -> str:
    """Write an output that was checked to a file; return what it is."""
    return SAVERS[work.job_class](work, content, out)
