"""`starminer top`: what a node answers, as a record and on a screen."""

import sys
from io import StringIO

import pytest
import trio
from rich.console import Console

from cli import top as screens
from cli.errors import UsageError
from cli.sdk.client import open_client
from cli.top import facts, read, screen, seconds_per_block, top
from tests.explorer.support import busy_node
from tests.rpc.support import serving
from tests.support.patience import patient

NOBODY = "ws://127.0.0.1:1"
LEAVES_THE_SCREEN = "\x1b[?1049l"


class Terminal(StringIO):
    """Standard output of a person."""

    def isatty(self) -> bool:
        return True

    async def says(self, words: str) -> None:
        """Wait until it shows something that it has not shown before the last wait."""
        with trio.fail_after(patient(10)):
            while words not in self.getvalue():
                await trio.sleep(0.01)
        self.seek(0)
        self.truncate()


async def test_a_reading_is_what_the_node_answers():
    node = busy_node()
    async with serving(node) as server, open_client(f"ws://127.0.0.1:{server.port}") as client:
        reading = await read(client)
    found = facts(reading)
    best = node.chain.best.number
    assert (found["best"], found["final"], found["lag"]) == (best, best - 2, 2)
    assert found["jobs"] == {"assigned": 1, "committed": 1, "completed": 1}
    assert (found["providers"], found["providers_active"]) == (1, 1)
    assert found["transactions_waiting"] == 0
    assert found["receipts"] > 0
    output = StringIO()
    Console(file=output, width=160).print(screen(reading))
    shown = output.getvalue()
    assert f"best #{best}  final #{best - 2} (2 behind)" in shown
    assert "0 queued  1 assigned" in shown
    assert reading.providers[0]["account"] in shown
    assert shown.count("#") >= 10


def test_the_pace_needs_two_blocks_with_a_time():
    assert seconds_per_block([]) is None
    assert seconds_per_block([{"timeMs": 9000}, {"timeMs": 0}]) is None
    assert seconds_per_block([{"timeMs": 9000}, {"timeMs": 6000}, {"timeMs": 1000}]) == 4.0


@pytest.mark.parametrize("interval", [0, -1, 1e9])
def test_an_interval_out_of_range_is_refused(interval):
    with pytest.raises(UsageError, match=r"--interval: wanted 0.1 to 3600 seconds, got"):
        top(interval=interval)


async def test_a_node_that_goes_away_is_said_and_waited_for(monkeypatch: pytest.MonkeyPatch):
    node, terminal = busy_node(), Terminal()
    best = f"best #{node.chain.best.number}"
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    places = [NOBODY]
    monkeypatch.setattr(screens, "open_client", lambda _url: open_client(places[-1]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(screens._live, "ws://node", 0.01)
        await terminal.says("asking ws://node …")
        await terminal.says(f"no node answers at {NOBODY}")
        for _ in range(2):
            async with serving(node) as server:
                places.append(f"ws://127.0.0.1:{server.port}")
                await terminal.says(best)
                places.append(NOBODY)
            await terminal.says("asking again …")
        nursery.cancel_scope.cancel()
    assert LEAVES_THE_SCREEN in terminal.getvalue()
