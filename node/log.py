"""Structured logs: readable lines on a terminal, one JSON object per line everywhere else.

A logger belongs to a target, such as `p2p.gossip`, and a level may be given per target: `-l
p2p=debug` also holds for `p2p.gossip`. Bytes are shown as shortened hex, so log hashes as they are;
never log keys or passwords.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TextIO, cast

import structlog

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 10,
}
"""The words that `-l` takes."""

DEFAULT_LEVEL = "info"

BYTES_SHOWN = 4
"""From each end of a hash: enough to find it again, short enough for a line."""

OUR_PACKAGES = frozenset({"runtime", "consensus", "p2p", "node", "genesis", "cli"})
"""Whose standard loggers speak at the default level; all others need a warning to be heard."""

MAX_TEXT = 2000
"""A field from outside is cut here, so that a peer cannot fill the disk with one message."""


class LogFormat(Enum):
    """How lines look."""

    PRETTY = "pretty"
    JSON = "json"
    AUTO = "auto"
    """Pretty on a terminal, JSON otherwise."""


class LogLevelError(ValueError):
    """A `-l` argument is not understood; the message says what was wanted."""


class Logger(Protocol):
    """What services need of a logger: an event in a few fixed words, and fields."""

    def debug(self, event: str, **fields: object) -> None:
        """Say what only a developer wants to know."""

    def info(self, event: str, **fields: object) -> None:
        """Say what an operator wants to see."""

    def warning(self, event: str, **fields: object) -> None:
        """Say what an operator should look into."""

    def error(self, event: str, **fields: object) -> None:
        """Say what does not work."""

    def bind(self, **fields: object) -> Logger:
        """Return a logger that adds the fields to each line."""


@dataclass(frozen=True, slots=True)
class LogLevels:
    """A level for everything, and others for some targets."""

    default: str = DEFAULT_LEVEL
    targets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> LogLevels:
        """Read words such as `info` and `p2p=debug`, also with commas; raises LogLevelError."""
        default, targets = DEFAULT_LEVEL, {}
        for word in (word.strip() for text in arguments for word in text.split(",")):
            target, separator, level = word.rpartition("=")
            if level not in LEVELS or (separator and not target):
                raise LogLevelError(
                    f"wanted LEVEL or TARGET=LEVEL, LEVEL being one of {', '.join(LEVELS)}, "
                    f"got {word!r}"
                )
            if target:
                targets[target] = level
            else:
                default = level
        return cls(default, targets)

    def of(self, target: str) -> int:
        """Return the level of a target: its own, that of the nearest one above, or the default."""
        return LEVELS[self._nearest(target) or self.default]

    def names(self, target: str) -> bool:
        """Say whether a level was given for the target or one above it."""
        return self._nearest(target) is not None

    def lowest(self) -> int:
        """Return the level below which no target writes."""
        return min(LEVELS[level] for level in (self.default, *self.targets.values()))

    def _nearest(self, target: str) -> str | None:
        name = target
        while name and name not in self.targets:
            name = name.rpartition(".")[0]
        return self.targets.get(name)


class Logs:
    """Makes the loggers of one node; nothing here is global."""

    def __init__(
        self,
        log_format: LogFormat = LogFormat.AUTO,
        levels: LogLevels | None = None,
        stream: TextIO | None = None,
        **fields: object,
    ) -> None:
        """Write to `stream`, or standard error, with `fields` such as `node=` on each line."""
        self._stream = stream or sys.stderr
        self.levels = levels or LogLevels()
        self._fields = fields
        pretty = log_format is LogFormat.PRETTY or (
            log_format is LogFormat.AUTO and self._stream.isatty()
        )
        self._render = _pretty(self._stream) if pretty else _json_line

    def logger(self, target: str) -> Logger:
        """Return the logger of a target."""
        logger = structlog.wrap_logger(
            structlog.PrintLogger(self._stream),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
                structlog.processors.format_exc_info,
                _plain_fields,
                self._render,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(
                min(self.levels.of(target), logging.CRITICAL)
            ),
            context_class=dict,
            cache_logger_on_first_use=True,
        )
        return cast(Logger, logger.bind(target=target, **self._fields))


class StandardLogHandler(logging.Handler):
    """Passes on what is logged through `logging`, by libraries and by the layers below the node.

    The name of a standard logger is its target, so that levels apply; libraries are quieter.
    """

    def __init__(self, logs: Logs) -> None:
        """Write to the loggers of `logs`; the command line installs one handler per process."""
        super().__init__()
        self._logs = logs
        self._loggers: dict[str, Logger] = {}

    def install(self) -> None:
        """Become the only handler of this process's standard loggers."""
        logging.basicConfig(handlers=[self], level=self._logs.levels.lowest(), force=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record at its level."""
        levels = self._logs.levels
        is_ours = record.name.partition(".")[0] in OUR_PACKAGES or levels.names(record.name)
        if record.levelno < (levels.of(record.name) if is_ours else logging.WARNING):
            return
        logger = self._loggers.get(record.name)
        if logger is None:
            logger = self._loggers[record.name] = self._logs.logger(record.name)
        fields = {"exc_info": record.exc_info} if record.exc_info else {}
        if record.levelno >= logging.ERROR:
            logger.error(record.getMessage(), **fields)
        elif record.levelno >= logging.WARNING:
            logger.warning(record.getMessage(), **fields)
        elif record.levelno >= logging.INFO:
            logger.info(record.getMessage(), **fields)
        else:
            logger.debug(record.getMessage(), **fields)


def shortened(value: bytes) -> str:
    """Return the hex of a hash as it stands in log lines."""
    if len(value) <= 2 * BYTES_SHOWN + 1:
        return "0x" + value.hex()
    return f"0x{value[:BYTES_SHOWN].hex()}…{value[-BYTES_SHOWN:].hex()}"


Fields = MutableMapping[str, object]


def _plain_fields(_logger: object, _method: str, fields: Fields) -> Fields:
    """Show bytes as hex, cut what is too long, and keep a line a line."""
    for name, value in fields.items():
        if isinstance(value, bytes):
            fields[name] = shortened(value)
        elif isinstance(value, str):
            fields[name] = value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
    return fields


def _json_line(_logger: object, _method: str, fields: Fields) -> str:
    """Return the fields as one JSON object: ts, level, target and event first."""
    first = {name: fields.pop(name) for name in ("ts", "level", "target", "event")}
    return json.dumps({**first, **fields}, default=str, ensure_ascii=False)


def _pretty(stream: TextIO) -> structlog.typing.Processor:
    """Return the renderer for people."""
    render = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), timestamp_key="ts", pad_event_to=34
    )

    def line(logger: object, method: str, fields: Fields) -> str:
        text = fields.pop("ts", "")
        target = fields.pop("target", "")
        fields["event"] = f"{target}: {fields['event']}"
        return str(render(logger, method, {"ts": str(text)[11:23], **fields}))

    return line
