"""Alerts ask for metrics that a node serves; the unit says what the node understands."""

import re
import shlex
from pathlib import Path

from tests.architecture.source import PACKAGES, ROOT, python_files
from tests.tools import configuration_reference, metrics_reference

HOWTO = ROOT / "docs" / "howto"
ALERTS = (HOWTO / "alerts.yml").read_text(encoding="utf-8")
PAGE = (HOWTO / "monitoring.md").read_text(encoding="utf-8")
UNIT = (HOWTO / "starminer.service").read_text(encoding="utf-8")
NAME = re.compile(r"\b(?:substrate|starminer|process)_\w+")


def expressions() -> dict[str, str]:
    """Return what each alert asks."""
    return dict(re.findall(r"- alert: (\w+)\n +expr: (.*)", ALERTS))


def test_every_alert_asks_for_metrics_that_a_node_serves() -> None:
    names = metrics_reference.sample_names()
    asked = {name: NAME.findall(expr) for name, expr in expressions().items() if "up{" not in expr}
    assert len(asked) >= 10
    assert {name: found for name, found in asked.items() if not found} == {}
    assert {name for found in asked.values() for name in found} <= names


def test_every_alert_has_a_line_that_says_where_to_look() -> None:
    listed = re.findall(r"^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \|", PAGE, re.MULTILINE)
    assert sorted(", ".join(listed).split(", ")) == sorted(expressions())


def test_every_alert_says_how_grave_it_is_and_what_happened() -> None:
    rules = ALERTS.split("- alert: ")[1:]
    assert [one for one in rules if not re.search(r"severity: (critical|warning)", one)] == []
    assert [one for one in rules if "summary:" not in one] == []


def test_the_unit_says_what_a_node_understands() -> None:
    (command,) = re.findall(r"^ExecStart=((?:.*\\\n)*.*)$", UNIT, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0].endswith("/.venv/bin/starminer")
    known = {name for one in configuration_reference.arguments_of(words[1]) for name in one.names}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_events_of_the_log_that_are_named_are_logged() -> None:
    code = "\n".join(Path(path).read_text(encoding="utf-8") for path in python_files(*PACKAGES))
    events = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE.split("## Logs")[1])
    assert events
    assert [event for event in events if f'"{event}"' not in code] == []
