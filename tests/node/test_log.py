"""Log lines: their formats, levels and limits."""

import io
import json
import logging
import re

import pytest

from node.log import LogFormat, LogLevelError, LogLevels, Logs, StandardLogHandler, shortened


def json_lines(stream: io.StringIO) -> list[dict]:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("ts"))
    return lines


def written(*arguments: str, log_format=LogFormat.JSON, **fields) -> tuple[Logs, io.StringIO]:
    stream = io.StringIO()
    return Logs(log_format, LogLevels.parse(arguments), stream, **fields), stream


def test_a_json_line_has_the_fields_in_order():
    logs, stream = written(node="alice")
    log = logs.logger("chain").bind(peer="bob")
    log.info("imported", block=7, hash=bytes(range(32)), short=b"\x01")
    assert json_lines(stream) == [
        {
            "level": "info",
            "target": "chain",
            "event": "imported",
            "node": "alice",
            "peer": "bob",
            "block": 7,
            "hash": "0x00010203…1c1d1e1f",
            "short": "0x01",
        }
    ]
    assert list(json.loads(stream.getvalue()))[:4] == ["ts", "level", "target", "event"]


def test_a_pretty_line_is_short_and_without_colour_in_a_file():
    logs, stream = written(log_format=LogFormat.PRETTY)
    logs.logger("p2p").warning("peer left", peer="bob", hash=bytes(32))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} \[warning +\] p2p: peer left +hash=0x00000000…00000000 peer=bob\n",
        stream.getvalue(),
    )


def test_auto_is_json_where_there_is_no_terminal():
    logs, stream = written(log_format=LogFormat.AUTO)
    logs.logger("chain").info("started")
    assert json_lines(stream) == [{"level": "info", "target": "chain", "event": "started"}]


def test_auto_is_pretty_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    Logs(LogFormat.AUTO, None, stream).logger("chain").info("started")
    assert "\x1b[" in stream.getvalue()
    assert "chain: started" in stream.getvalue()


def test_a_level_holds_for_its_target_and_those_below():
    logs, stream = written("warning,p2p=debug", "p2p.gossip=off")
    for target in ("chain", "p2p", "p2p.sync", "p2p.gossip", "p2p.gossip.votes", "p2px"):
        logs.logger(target).debug("debug")
        logs.logger(target).warning("warning")
    assert [(line["target"], line["event"]) for line in json_lines(stream)] == [
        ("chain", "warning"),
        ("p2p", "debug"),
        ("p2p", "warning"),
        ("p2p.sync", "debug"),
        ("p2p.sync", "warning"),
        ("p2px", "warning"),
    ]


@pytest.mark.parametrize("argument", ["loud", "p2p=loud", "=info", "p2p=", "", "info,,debug"])
def test_a_level_that_is_none_is_refused(argument):
    with pytest.raises(LogLevelError, match="wanted LEVEL or TARGET=LEVEL"):
        LogLevels.parse([argument])


def test_an_exception_is_one_json_field():
    logs, stream = written()
    try:
        raise ValueError("what came")
    except ValueError:
        logs.logger("chain").error("import failed", exc_info=True)
    (line,) = json_lines(stream)
    assert line["exception"].endswith("ValueError: what came")


def test_what_comes_from_outside_stays_one_bounded_line():
    logs, stream = written()
    logs.logger("p2p").info("peer says", agent="x\n" * 5000)
    (line,) = json_lines(stream)
    assert len(line["agent"]) == 2001


def test_two_nodes_do_not_share_their_logs():
    alice, alice_stream = written(node="alice")
    _, bob_stream = written(node="bob")
    alice.logger("chain").info("mine")
    assert (len(json_lines(alice_stream)), json_lines(bob_stream)) == (1, [])


def test_lines_of_libraries_are_passed_on():
    assert standard_lines("debug", "consensus.slots") == ["debug", "info", "warning", "error"]
    assert standard_lines("info", "consensus.slots") == ["info", "warning", "error"]
    assert standard_lines("consensus=error", "consensus.slots") == ["error"]
    assert standard_lines("debug", "libp2p.host") == ["warning", "error"]
    assert standard_lines("libp2p=info", "libp2p.host") == ["info", "warning", "error"]


def standard_lines(level: str, name: str) -> list[str]:
    """The levels of those lines that a standard logger gets through."""
    logs, stream = written(level)
    handler = StandardLogHandler(logs)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
        handler.emit(logging.LogRecord(name, number, "f", 1, "said %s", ("x",), None))
    lines = json_lines(stream)
    assert {(line["event"], line["target"]) for line in lines} == {("said x", name)}
    return [line["level"] for line in lines]


def test_the_exception_of_a_standard_line_is_kept():
    logs, stream = written()
    failure = ValueError("what came")
    record = logging.LogRecord(
        "p2p", logging.ERROR, "f", 1, "failed", (), (ValueError, failure, None)
    )
    StandardLogHandler(logs).emit(record)
    (line,) = json_lines(stream)
    assert line["exception"].endswith("ValueError: what came")


def test_standard_loggers_are_heard_once_the_handler_is_installed():
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs, stream = written("warning,p2p=debug")
    StandardLogHandler(logs).install()
    logging.getLogger("p2p.gossip").debug("heard")
    logging.getLogger("node.chain").info("not heard")
    root.handlers[:], root.level = before
    assert [line["event"] for line in json_lines(stream)] == ["heard"]


def test_short_bytes_are_shown_whole():
    assert [shortened(bytes(n)) for n in (0, 9)] == ["0x", "0x" + "00" * 9]
    assert shortened(bytes(10)) == "0x00000000…00000000"
