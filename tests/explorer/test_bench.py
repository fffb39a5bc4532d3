"""The explorer's benchmark goes on running: it calls what the indexer calls."""

from tests.benchmarks import bench_explorer


async def test_the_benchmark_writes_a_history_and_asks_for_it(monkeypatch, capsys):
    monkeypatch.setattr(bench_explorer, "TRANSFERS", 20)
    monkeypatch.setattr(bench_explorer, "BLOCKS", 2)
    monkeypatch.setattr(bench_explorer, "ROUNDS", 1)
    monkeypatch.setattr(bench_explorer, "CHROMIUM", None)
    await bench_explorer.main()
    said = [
        line.partition(" ")[0].partition("(")[0] for line in capsys.readouterr().out.split("\n")
    ]
    assert said[:4] == ["events", "gathered", "written", "explorer_history"]
    assert "explorer_supply" in said
