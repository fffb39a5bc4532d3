"""The explorer's benchmark goes on running: it calls what the indexer calls, and judges views."""

from tests.benchmarks import bench_explorer
from tests.explorer.browser import CHROMIUM
from tests.support.needs import CHROMIUM_MISSING, needs


@needs(CHROMIUM, CHROMIUM_MISSING)
async def test_the_benchmark_writes_a_history_and_counts_the_views_that_are_slow(
    monkeypatch, capsys
):
    monkeypatch.setattr(bench_explorer, "TRANSFERS", 20)
    monkeypatch.setattr(bench_explorer, "BLOCKS", 2)
    monkeypatch.setattr(bench_explorer, "ROUNDS", 1)
    monkeypatch.setattr(bench_explorer, "PAGES", ["block/1"])
    monkeypatch.setattr(bench_explorer, "VIEW_MS", 0)
    assert await bench_explorer.main() == 1
    lines = capsys.readouterr().out.splitlines()
    said = [line.partition(" ")[0].partition("(")[0] for line in lines]
    assert said[:4] == ["events", "gathered", "written", "explorer_history"]
    assert "explorer_supply" in said
    assert lines[-1].startswith("view block/1: ")
    assert lines[-1].endswith(" ms  MORE THAN 0 ms")
