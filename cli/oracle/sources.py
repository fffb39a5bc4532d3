"""Where a reported value comes from: a file, a URL, or what a script prints.

    file:PATH            a number, or JSON with `value` and perhaps `observed_at`
    https://HOST/…#a.b   the number under `b` under `a` in a JSON answer; without # as in a file
    script:COMMAND       what the command prints, as in a file

A number is read as decimal digits, never as a binary fraction.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import trio

from cli.errors import CommandError, UsageError
from runtime.pallets.oracle.records import MAX_SOURCE_BYTES, MAX_VALUE, Feed, Report

MAX_ANSWER_BYTES = 64 << 10
"""Far above any answer that holds one price; what is longer is not read."""
MAX_DIGITS = 64
READ_SECONDS = 10.0
"""A source that is slower than this would miss rounds."""

Kind = Literal["file", "url", "script"]


class BadReading(CommandError):
    """A source did not give a number; the next round may go better."""


@dataclass(frozen=True, slots=True)
class Source:
    """A place to read a value from."""

    kind: Kind
    where: str
    path: tuple[str, ...] = ()
    """Keys into a JSON answer."""

    @property
    def label(self) -> bytes:
        """Return what the report says of its source, as much as fits."""
        return f"{self.kind}:{self.where}".encode()[:MAX_SOURCE_BYTES]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source gave, and when it says that was, if it does; in ms since 1970."""

    value: Decimal
    observed_at: int | None


def parse_source(text: str) -> Source:
    """Read `file:PATH`, a URL, or `script:COMMAND`.

    Raises: UsageError.
    """
    scheme, _, rest = text.partition(":")
    where, _, path = text.partition("#")
    match scheme:
        case "file" if rest:
            return Source("file", rest)
        case "script" if rest.strip():
            return Source("script", rest)
        case "http" | "https" if rest.startswith("//") and len(rest) > len("//"):
            return Source("url", where, tuple(path.split(".")) if path else ())
        case _:
            wanted = "wanted file:PATH, http(s)://HOST/…[#key.key] or script:COMMAND"
            raise UsageError(f"--feed: {wanted}, got {text!r}")


async def read(source: Source) -> Reading:
    """Read a source once.

    Raises: BadReading, saying what was wanted and what came.
    """
    try:
        with trio.fail_after(READ_SECONDS):
            raw, written_at = await _raw(source)
    except trio.TooSlowError as error:
        raise BadReading(f"{source.where}: no answer in {READ_SECONDS:.0f} s") from error
    except OSError as error:
        raise BadReading(f"{source.where}: {error.strerror or error}") from error
    except ValueError as error:
        raise BadReading(f"{source.where}: {error}") from error
    if len(raw) > MAX_ANSWER_BYTES:
        raise BadReading(f"{source.where}: wanted at most {MAX_ANSWER_BYTES} bytes, got more")
    try:
        return parse_reading(raw, source.path, written_at)
    except BadReading as error:
        raise BadReading(f"{source.where}: {error}") from error


async def _raw(source: Source) -> tuple[bytes, int | None]:
    """Return the bytes of a source, one more than allowed at most, and when they were written."""
    match source.kind:
        case "file":
            return await trio.to_thread.run_sync(_read_file, Path(source.where))
        case "url":
            # a server that trickles is left to its own timeout, and the round goes on
            work = trio.to_thread.run_sync(
                _fetch,
                source.where,
                abandon_on_cancel=True,  # type: ignore[call-arg]
            )
            return await work, None
        case "script":
            return await _run_script(source.where), None


def _read_file(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        return file.read(MAX_ANSWER_BYTES + 1), path.stat().st_mtime_ns // 1_000_000


def _fetch(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"accept": "application/json, text/plain"})
    with urllib.request.urlopen(request, timeout=READ_SECONDS) as answer:
        found: bytes = answer.read(MAX_ANSWER_BYTES + 1)
        return found


async def _run_script(command: str) -> bytes:
    """Run a command without a shell; what it says on standard error is the operator's to see."""
    words = shlex.split(command)
    ended = await trio.run_process(
        words, capture_stdout=True, stdin=subprocess.DEVNULL, check=False
    )
    if ended.returncode:
        raise ValueError(f"it ended with code {ended.returncode}")
    return bytes(ended.stdout)


def parse_reading(raw: bytes, path: tuple[str, ...], written_at: int | None) -> Reading:
    """Read a number, alone or in JSON.

    Raises: BadReading.
    """
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError as error:
        raise BadReading("wanted text, got bytes that are none") from error
    if not path and not text.startswith("{"):
        return Reading(number(text), written_at)
    try:
        answer = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise BadReading(f"wanted JSON, got {shortened(text)}") from error
    if path:
        return Reading(number(found_at(answer, path)), written_at)
    seen = answer.get("observed_at")
    if seen is not None and not (isinstance(seen, str) and seen.isdecimal() and len(seen) < 16):
        raise BadReading(f"wanted observed_at in ms since 1970, got {shortened(str(seen))}")
    value = number(found_at(answer, ("value",)))
    return Reading(value, written_at if seen is None else int(seen))


def found_at(answer: Any, path: tuple[str, ...]) -> Any:
    """Follow keys, and places in lists, into a JSON answer.

    Raises: BadReading.
    """
    for step, key in enumerate(path):
        if isinstance(answer, dict) and key in answer:
            answer = answer[key]
        elif isinstance(answer, list) and key.isdecimal() and int(key) < len(answer):
            answer = answer[int(key)]
        else:
            raise BadReading(f"the answer has no {'.'.join(path[: step + 1])}")
    return answer


def number(found: object) -> Decimal:
    """Read a decimal number above zero.

    Raises: BadReading.
    """
    text = found.strip() if isinstance(found, str) else ""
    try:
        value = Decimal(text) if len(text) <= MAX_DIGITS else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or value <= 0:
        raise BadReading(f"wanted a number above zero, got {shortened(str(found))}")
    return value


def shortened(text: str) -> str:
    """Return the start of a text, in quotes."""
    return repr(text if len(text) <= MAX_DIGITS else text[:MAX_DIGITS] + "…")


def report_of(feed: Feed, source: Source, reading: Reading, now: int) -> Report:
    """Return what a reading says of a feed; nothing is dated after the chain's `now`.

    Raises: BadReading for a value that the feed cannot hold.
    """
    digits = reading.value.adjusted() + feed.decimals
    units = 0
    if 0 <= digits < len(str(MAX_VALUE)):
        units = int(reading.value.scaleb(feed.decimals).to_integral_value())
    if not 0 < units <= MAX_VALUE:
        least, most = f"1e-{feed.decimals}", f"1e{len(str(MAX_VALUE)) - 1 - feed.decimals}"
        raise BadReading(f"wanted a value from {least} to {most}, got {reading.value}")
    seen = now if reading.observed_at is None else min(reading.observed_at, now)
    return Report(units, seen, source.label)
