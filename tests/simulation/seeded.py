"""What a world changes of the machine below it: the scheduler's chance, and checks done twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

import trio._core._run as trio_run

from runtime.primitives import crypto, vrf

MAX_REMEMBERED = 65_536
"""Signatures: those of a world of sixteen nodes over some minutes."""


@contextmanager
def seeded_scheduler(seed: int) -> Iterator[None]:
    """Make trio's order of tasks depend on the seed alone; its names for that are private."""
    names = {"_ALLOW_DETERMINISTIC_SCHEDULING": True, "_r": random.Random(seed)}
    with replaced(trio_run, names):
        yield


@contextmanager
def checks_once() -> Iterator[None]:
    """Let all nodes share what checking a signature or a VRF gave: the same bytes, the same answer.

    Every node still asks; only libsodium's arithmetic is not done again.
    """
    with (
        replaced(crypto, {"crypto_sign_open": remembered(crypto.crypto_sign_open)}),
        replaced(vrf, {"verify": remembered(vrf.verify)}),
    ):
        yield


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a memory of its results and of what it raised."""

    @lru_cache(MAX_REMEMBERED)
    def outcome(*arguments: Any) -> tuple[Any, Exception | None]:
        try:
            return function(*arguments), None
        except Exception as error:
            return None, error

    def call(*arguments: Any) -> Any:
        result, error = outcome(*arguments)
        if error is not None:
            raise error.with_traceback(None)
        return result

    return call


@contextmanager
def replaced(module: ModuleType, names: Mapping[str, Any]) -> Iterator[None]:
    """Give names of a module other values for the length of a `with` block."""
    before = {name: getattr(module, name) for name in names}
    vars(module).update(names)
    try:
        yield
    finally:
        vars(module).update(before)
