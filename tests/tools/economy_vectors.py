"""Writes tests/conformance/vectors/economy.json from the economy's integer reference.

Run it: `python -m tests.tools.economy_vectors PATH_OF_ECON_PY`. The reference, `econ.py` of the
design's page "Economy", is not in this repository: what it computed is, over grids that go to the
extremes, and the tests of Pricing, Emission and AmaxDistribution compare every formula with it.
"""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "conformance" / "vectors" / "economy.json"

PB = 10**9
UNIT = 10**12
CAP = 10**9 * UNIT
SUPPLIES = (0, 1, UNIT, 2 * 10**8 * UNIT, 5 * 10**8 * UNIT, CAP - 1, CAP, CAP + 1, 2 * CAP)
SHARES = (0, 1, 333_333_333, 349_999_999, 350_000_000, 699_999_999, 700_000_000, PB - 1, PB)
CAPACITIES = (0, 1, 7, 900_000, 9_000_000, 17_999_999, 18_000_000, 18_000_001, 10**12)
PRICES = (10**6, 10**6 + 1, 47 * 10**6, 10**12 - 1, 10**12, 123_456_789_012_345, 10**15 - 1, 10**15)
LOADS = (0, 1, 3, 69, 70, 71, 139, 140, 141, 10**6, 10**15)
AMOUNTS = (0, 1, 2, 99, 10**6 + 1, 10**12, 123_456_789_012_345, 2**100 + 7)


def main(reference: Path) -> None:
    """Write the vectors that a reference computes."""
    econ = loaded(reference)
    found = {
        "source": f"{reference.name}, sha256 {sha256(reference.read_bytes()).hexdigest()}",
        "next_base": rows(next_base(econ)),
        "market_index": rows(market_index(econ)),
        "normal_part": rows(normal_part(econ)),
        "ema": rows(ema(econ)),
        "kappa": rows(kappa(econ)),
        "avail": rows(avail(econ)),
        "mint_split": rows(mint_split(econ)),
        "reliability": rows(reliability(econ)),
        "split": rows(split(econ)),
        "amax_budget": rows(amax_budget(econ)),
    }
    lines = [f" {json.dumps(name)}: {text(one)}" for name, one in found.items()]
    VECTORS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def loaded(path: Path) -> Any:
    """Return the reference as a module."""
    spec = spec_from_file_location("econ", path)
    assert spec is not None, f"{path} is no Python module"
    assert spec.loader is not None, f"{path} is no Python module"
    module = module_from_spec(spec)
    sys.modules["econ"] = module
    spec.loader.exec_module(module)
    return module


def next_base(econ: Any) -> Iterator[list[int]]:
    """Divisor, base, used, backlog, capacity; the next base."""
    for divisor in (8, 48):
        rules = econ.P(d_price=divisor)
        for base, used, queued, capacity in product(PRICES, LOADS, (0, 1, 71), (0, 1, 100)):
            yield [divisor, base, used, queued, capacity,
                   econ.next_base(rules, base, used, queued, capacity)]  # fmt: skip


def market_index(econ: Any) -> Iterator[list[Any]]:
    """Bases, averages; the index."""
    for count in range(9):
        for turn in range(len(PRICES)):
            bases = [PRICES[(turn + i) % len(PRICES)] for i in range(count)]
            averages = [PRICES[(turn + 3 * i) % len(PRICES)] for i in range(count)]
            yield [bases, averages, econ.market_index(econ.P(), bases, averages)]


def normal_part(econ: Any) -> Iterator[list[int]]:
    """Base, average, index; the part that is no scarcity."""
    for base, average, index in product(PRICES, PRICES, (0, 1, PB // 2, PB, 3 * PB)):
        yield [base, average, index, econ.normal_part(econ.P(), base, average, index)]


def ema(econ: Any) -> Iterator[list[int]]:
    """Average, value, divisor; the next average."""
    for average, value, divisor in product(PRICES, PRICES, (1, 24, 2160)):
        yield [average, value, divisor, econ.ema(average, value, divisor)]


def kappa(econ: Any) -> Iterator[list[int]]:
    """Supply, utilisation; the part of a burn that is minted again."""
    for supply, utilisation in product(SUPPLIES, (*SHARES, 2 * PB)):
        yield [supply, utilisation, econ.kappa(econ.P(), supply, utilisation)]


def avail(econ: Any) -> Iterator[list[int]]:
    """Supply, capacity in CU; the budget of an epoch and the rate per CU."""
    for supply, capacity in product(SUPPLIES, CAPACITIES):
        yield [supply, capacity, *econ.avail(econ.P(), supply, capacity)]


def mint_split(econ: Any) -> Iterator[list[Any]]:
    """Mint, performance, client's and provider's referrer, direct; the seven slices."""
    yes = (False, True)
    for mint, perf, client, provider, direct in product(AMOUNTS, SHARES, yes, yes, yes):
        out = econ.mint_split(econ.P(), mint, perf, client, provider, direct)
        slices = [out[key] for key in ("comp", "refc", "refp", "infra", "gov", "acc", "tre")]
        yield [mint, perf, client, provider, direct, *slices]


def reliability(econ: Any) -> Iterator[list[int]]:
    """Uptime, target and p95 of the latency; the reliability."""
    uptimes = (0, 899_999_999, 900_000_000, 940_000_000, 994_999_999, 995_000_000, PB)
    for uptime, target, p95 in product(uptimes, (1, 4, 100), (0, 1, 4, 6, 100, 10**6)):
        yield [uptime, target, p95, econ.reliability(uptime, target, p95)]


def split(econ: Any) -> Iterator[list[int]]:
    """Base, scarcity, surge, reputation; the seven parts of a fee."""
    for base, scarcity, surge, rep in product(AMOUNTS, AMOUNTS[::3], AMOUNTS[::3], SHARES[::3]):
        out = econ.split(econ.P(), base, scarcity, surge, rep)
        parts = [out[key] for key in ("prov", "burn_r", "burn_s", "val", "ora", "stk", "tre")]
        yield [base, scarcity, surge, rep, *parts]


def amax_budget(econ: Any) -> Iterator[list[int]]:
    """Supply of AMAX, capacity and K* in CU; the AMAX that an epoch may create."""
    cap = econ.P().x_cap
    supplies = (0, 1, UNIT, econ.P().x_genesis, cap // 2, cap - 1, cap, cap + 1)
    for supply, capacity, k_star in product(supplies, CAPACITIES, (1, 18_000_000)):
        yield [supply, capacity, k_star, econ.amax_budget(econ.P(), supply, capacity, k_star)]


def rows(found: Iterator[list[Any]]) -> list[list[Any]]:
    """Return what was computed, each row once."""
    return list({json.dumps(row): row for row in found}.values())


def text(found: Any) -> str:
    """Return a value as JSON, its rows a line each hundred characters or so."""
    return json.dumps(found, separators=(",", ":")).replace("],[", "],\n  [")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
