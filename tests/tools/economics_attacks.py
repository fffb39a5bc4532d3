"""What attacks on the economy return, as tables of docs/economics.md: the sums of their tests.

Each number comes out of the function that a test of the attack asserts.
"""

from __future__ import annotations

from dataclasses import replace

from tests.attacks.test_parameters import worst_of_all_bounds
from tests.pallets.test_emission_formulas import worst_returns
from tests.pallets.test_market_attacks import run as pumped
from tests.pallets.test_mining_attacks import ALICE, BOB, CAROL, CURVE, RING, change, pot, ring
from tests.tools.markdown import grid

COALITIONS = {
    "provider": "the provider",
    "and referrers": "and both referrers",
    "and a third of the pools": "and a third of all pools",
    "all but burn and treasury": "all roles but burn and treasury",
    "all and the treasury": "and the treasury",
}
"""In the words of the page, by the names of the test."""
STEEPER = 700_000_000
"""A κmax that would pay."""


def returns() -> str:
    """Return what coalitions have back of what they spend on own work, at first and at worst.

    Whoever has every role and the treasury has no less than anybody else.
    """
    now = worst_returns(CURVE)
    steep = worst_returns(replace(CURVE, kappa_max=STEEPER))
    bounds = worst_of_all_bounds()
    whole = bounds["all and the treasury"]
    rows = []
    for name, words in COALITIONS.items():
        worst = f"{bounds[name]:.3f}" if name in bounds else f"≤ {whole:.3f}"
        rows.append((words, f"{now[name]:.3f}", worst, f"{steep[name]:.3f}"))
    steeper = f"with κmax at {STEEPER / 10**7:.0f} %: refused"
    return grid(("coalition", "returned", "at the worst that referenda may set", steeper), rows)


def rings() -> str:
    """Return what a ring of own accounts gains of what it spends on own work."""
    both = (ALICE, CAROL)
    rows = (
        ("client, both referrers and provider", change(ring(referred=both), RING, 1)),
        (
            "the same, κ at its highest",
            change(ring(referred=both, kappa=CURVE.kappa_max), RING, 1),
        ),
        ("without referrals", change(ring(referred=()), both, 1)),
        (
            "client and referrer, a stranger provides, the work is worth nothing",
            change(ring(referred=(ALICE,)), (ALICE, BOB), 1),
        ),
    )
    return grid(
        ("ring", "gains of each AGPU"),
        [(name, f"{gained:+.3f}".replace("-", "−")) for name, gained in rows],
    )


def pots() -> str:
    """Return what a pot shared by volume would give back of each fake AGPU."""
    rows = [
        (f"{emitted * 95} % of burns", f"{multiplier}", f"{pot(emitted, multiplier):.2f}")
        for emitted in (1, 5)
        for multiplier in (1, 2, 4)
    ]
    return grid(("pot, shared by volume", "multiplier of the attacker", "returned"), rows)


def pump() -> str:
    """Return what raising a price with fake demand gains."""
    bought, rows = (0.15, 0.5), []
    for share in (0.02, 0.1, 0.33, 0.5, 0.65):
        quiet, _ = pumped(share, 0)
        cells = []
        for fake in bought:
            revenue, spent = pumped(share, fake)
            cells.append(f"{(revenue - quiet - spent) / spent:+.2f}".replace("-", "−"))
        rows.append((f"{share:.0%}".replace("%", " %"), *cells))
    head = [f"{part:.0%} of own capacity".replace("%", " %") for part in bought]
    return grid(("share of the market", *head), rows)
