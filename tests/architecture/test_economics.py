"""The numbers of docs/economics.md are those of the runtime."""

from tests.architecture.source import ROOT
from tests.support.chain import CHAIN, MemoryChain

PAGE = (ROOT / "docs" / "economics.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """Return the tables of the page: the value of each parameter."""
    cells = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ")]
    return {name.strip(): value.strip() for name, value in cells}


def agpu(planck: int) -> str:
    """Return an amount as the page writes it."""
    whole, rest = divmod(planck, 10**12)
    return f"{whole}.{rest:012}".rstrip("0").rstrip(".") + " AGPU"


def percent(parts: int) -> str:
    """Return parts per billion as the page writes them."""
    return f"{parts / 10**7:.10g} %"


def test_the_rules_of_prices_are_those_of_the_runtime() -> None:
    config = MemoryChain().runtime().pricing.config
    rules, table = config.rules, rows()
    assert {
        "target utilisation u*": percent(rules.target),
        "D, the parts of which a period moves one": str(rules.divisor),
        "least and highest base price per CU": ", ".join(
            map(agpu, (rules.base_min, rules.base_max))
        ),
        "average": f"moves 1/{rules.average_divisor} of the gap per epoch",
        "scarcity begins at": f"{rules.band / 10**9} times the average, corrected by the index",
        "fewest markets for an index": str(rules.least_markets),
        "pricing period": "a sixth of an epoch, at least 5 blocks",
    }.items() <= table.items()
    assert config.period_blocks == max(CHAIN.epoch_slots // 6, 5)
    assert (len(config.tiers), config.regions) == (4, 16)
