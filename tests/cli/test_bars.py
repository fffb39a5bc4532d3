"""A bar is for a person at a terminal: it is on standard error, and nowhere else."""

import io
import sys

import pytest

from cli.bars import transfer


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


def test_a_file_or_a_pipe_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer("uploading", 10) as told:
        told(10)
    assert capsys.readouterr() == ("", "")
