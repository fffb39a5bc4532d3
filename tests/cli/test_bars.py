"""A bar is for a person at a terminal: it is on standard error, and nowhere else."""

import io
import sys

import pytest
import trio
from trio.testing import MockClock

from cli.bars import count, transfer
from cli.sync_bar import sync_bar
from node.log import LogFormat, Logs
from node.sync_screen import Stage, stage_of, tell_sync
from p2p.sync import Progress


class Terminal(io.StringIO):
    """Standard error of a person."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_a_transfer_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with transfer("uploading", 3_000_000) as told:
        told(1_500_000)
        told(3_000_000)
    assert "uploading" in screen.getvalue()
    assert "3.0/3.0 MB" in screen.getvalue()
    assert capsys.readouterr().out == ""


def test_what_goes_on_begins_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with count("blocks", 400, 123):
        pass
    with transfer("snapshot", 3_000_000, 1_500_000):
        pass
    assert "123/400" in screen.getvalue()
    assert "1.5/3.0 MB" in screen.getvalue()


def test_a_file_or_a_pipe_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer("uploading", 10) as told:
        told(10)
    assert capsys.readouterr() == ("", "")


def test_a_node_that_catches_up_shows_a_bar_below_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with sync_bar("auto") as bar:
        assert bar is not None
        log = Logs(LogFormat.AUTO, stream=bar.stream).logger("net")
        log.info("before")
        assert "sync:" not in screen.getvalue()
        bar.show(Stage("blocks", 40, 400))
        log.info("while it runs")
        bar.show(Stage("blocks", 400, 400))
        bar.show(None)
        log.info("after")
    lines = screen.getvalue()
    assert "sync: blocks" in lines
    assert "400/400" in lines
    heard = [lines.index(f"net: {word}") for word in ("before", "while it runs", "after")]
    assert heard == sorted(heard)
    assert "sync:" not in lines[heard[-1] :]


def test_a_phase_of_unknown_length_shows_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with sync_bar("pretty") as bar:
        assert bar is not None
        bar.show(Stage("headers", 7, 400))
        bar.show(Stage("state", 1234, None))
    assert "sync: state" in screen.getvalue()
    assert "1234" in screen.getvalue()


def test_a_log_that_machines_read_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    with sync_bar("auto") as bar:
        assert bar is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    with sync_bar("json") as bar:
        assert bar is None


@pytest.mark.parametrize(
    ("progress", "stage"),
    [
        (None, None),
        (Progress(0, 49), None),
        (Progress(100, 400), Stage("blocks", 250, 400)),
        (Progress(100, 400, "headers", 20), Stage("headers", 20, 300)),
        (Progress(100, 400, "state", 9000), Stage("state", 9000, None)),
        (Progress(0, 400, "bodies", 390), Stage("bodies", 390, 400)),
    ],
)
def test_what_a_person_sees_of_a_sync(progress: Progress | None, stage: Stage | None) -> None:
    assert stage_of(progress, 250) == stage


def test_lines_wait_for_the_bar_to_move_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("cli.sync_bar.MOST_LINES", 3)
    with sync_bar("auto") as bar:
        assert bar is not None
        bar.show(Stage("blocks", 1, 400))
        print("one\ntwo", file=bar.stream)
        assert "one" not in screen.getvalue()
        print("three", file=bar.stream)
        assert "one" in screen.getvalue()
        print("four", file=bar.stream)
    places = [screen.getvalue().index(word) for word in ("one", "two", "three", "four")]
    assert places == sorted(places)


async def test_a_screen_is_told_again_and_again(autojump_clock: MockClock) -> None:
    told: list[Stage | None] = []

    class Noted:
        stream = sys.stderr

        def show(self, stage: Stage | None) -> None:
            told.append(stage)

    running, best = iter([Progress(0, 100), Progress(0, 100), None]), iter([10, 90, 100])
    with trio.move_on_after(1.25):
        await tell_sync(Noted(), lambda: next(running), lambda: next(best))
    assert told == [Stage("blocks", 10, 100), Stage("blocks", 90, 100), None]
