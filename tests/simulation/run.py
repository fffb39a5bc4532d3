"""Replay simulations by seed: `./run simulate --seed N [--count M]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.simulation.world import Scenario, check, simulate


def main(argv: Sequence[str] | None = None) -> int:
    """Run the seeds and print one line for each; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1, help="how many seeds from there")
    parser.add_argument("--twins", type=int, default=0, help="nodes that share node 3's key")
    parser.add_argument("--observers", type=int, default=0, help="nodes without a key")
    parser.add_argument("--loss", type=float, default=Scenario.loss)
    options = parser.parse_args(argv)
    scenario = Scenario(twins=options.twins, observers=options.observers, loss=options.loss)
    failed = 0
    for seed in range(options.seed, options.seed + options.count):
        outcome = simulate(seed, scenario)
        try:
            check(outcome, nodes=4)
            verdict = "ok"
        except AssertionError as error:
            failed += 1
            verdict = f"FAILED: {error}"
        heights = [outcome.heights.get(node, 0) for node in range(4)]
        print(f"seed {seed}: finalized {heights}, {len(outcome.trace)} messages, {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
