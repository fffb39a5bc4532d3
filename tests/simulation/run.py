"""Replay simulations by seed: `python -m tests.simulation.run --seed N [--count M]`."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace

from runtime.primitives.hashing import blake2_256
from tests.simulation.ledger import Ledger, Lie
from tests.simulation.outcome import Outcome
from tests.simulation.real import RealLedger
from tests.simulation.scenario import Scenario, drawn
from tests.simulation.toy import ToyLedger
from tests.simulation.world import simulate

LEDGERS: dict[str, type[Ledger]] = {"real": RealLedger, "toy": ToyLedger}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the seeds and print one line for each; 1 if any failed."""
    options = parser().parse_args(argv)
    failed = []
    for seed in range(options.seed, options.seed + options.count):
        try:
            outcome = simulate(seed, scenario_of(seed, options), LEDGERS[options.runtime])
        except Exception:  # whatever a world raises is its failure; the other seeds still run
            failed.append(seed)
            traceback.print_exc()
            print(f"seed {seed}: FAILED")
        else:
            heights = [outcome.heights.get(node, 0) for node in outcome.scenario.honest]
            said = f"{len(outcome.trace)} messages, history {fingerprint(outcome)}"
            print(f"seed {seed}: finalized {heights}, {said}, ok", flush=True)
    for seed in failed:
        replay = f"--seed {seed} --runtime {options.runtime} --weather {options.weather}"
        print(f"SEED {seed} FAILED; again: python -m tests.simulation.run {replay}")
    return 1 if failed else 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="simulate", description=__doc__)
    made.add_argument("--seed", type=int, default=0, help="the first seed")
    made.add_argument("--count", type=int, default=1, help="how many seeds from there")
    made.add_argument("--runtime", choices=LEDGERS, default="real", help="what the chain runs")
    made.add_argument(
        "--weather",
        choices=("plain", "drawn"),
        default="plain",
        help="the same scenario for all seeds, or one drawn from each",
    )
    made.add_argument("--validators", type=int, help="how many, each with a stake of 1")
    made.add_argument("--observers", type=int, help="nodes without a key")
    made.add_argument("--lie", type=Lie, choices=Lie, action="append", help="what a validator does")
    made.add_argument("--rotations", type=int, help="how often a validator sets new keys")
    made.add_argument("--leavers", type=int, help="validators that retire and come back")
    made.add_argument("--loss", type=float, help="the part of the messages that get lost")
    made.add_argument("--restarts", type=int, help="how often some node is down for a while")
    made.add_argument("--lost-disks", type=int, help="validators that lose their disks")
    made.add_argument("--storm", type=int, dest="storm_seconds", help="seconds of bad weather")
    made.add_argument("--calm", type=int, dest="calm_seconds", help="seconds of good weather")
    return made


def scenario_of(seed: int, options: argparse.Namespace) -> Scenario:
    """Return the scenario of a seed, as the options change it."""
    scenario = drawn(seed) if options.weather == "drawn" else Scenario()
    names = ("observers", "rotations", "leavers", "loss", "restarts", "lost_disks")
    names += ("storm_seconds", "calm_seconds")
    given = {name: getattr(options, name) for name in names}
    given["stakes"] = options.validators and (1,) * options.validators
    given["lies"] = options.lie and tuple(options.lie)
    return replace(scenario, **{name: value for name, value in given.items() if value is not None})


def fingerprint(outcome: Outcome) -> str:
    """Return a short name of everything that was said and finalized."""
    return blake2_256(repr((outcome.trace, outcome.final)).encode()).hex()[:16]


if __name__ == "__main__":
    sys.exit(main())
