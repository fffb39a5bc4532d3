"""Draws docs/architecture.svg: the packages, what each decides, and which way they may import.

Run it: `python -m tests.tools.architecture_picture`. The layers are those of the import rules in
pyproject.toml; a test compares.
"""

import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "architecture.svg"

WIDTH, ROW, GAP, MARGIN = 880, 92, 26, 20

WHAT = {
    "cli": ("commands, devnet, client", "what a person types and reads"),
    "node": ("store, pool, RPC, explorer, metrics", "one process, its services and their order"),
    "consensus": ("slots, forks, finality, compute", "which block is next, best, final"),
    "p2p": ("libp2p", "peers and bytes, and limits on both"),
    "genesis": ("chain specs", "what the first block holds"),
    "runtime": (
        "pallets over a trie: balances, jobs, receipts, staking, governance, assets",
        "the state transition: pure, integers only, no clock, no I/O; every node executes it",
    ),
}
"""What is in each package, and what it decides."""

STYLE = """
  text { font-family: system-ui, sans-serif; fill: #16202b; }
  .name { font-weight: 700; font-size: 17px; }
  .what { font-size: 13px; }
  .why { font-size: 12px; fill: #51606f; }
  .box { fill: #f4f8fb; stroke: #3a7ca5; stroke-width: 1.5; rx: 8; }
  .arrow { stroke: #51606f; stroke-width: 1.5; marker-end: url(#end); }
"""


def layers() -> list[list[str]]:
    """Return the packages, top-down, those of one layer beside each other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (found,) = (one["layers"] for one in contracts if one["name"].startswith("1. Packages"))
    return [layer.split(" | ") for layer in found]


def picture() -> str:
    """Return the picture."""
    rows = layers()
    height = MARGIN * 2 + len(rows) * (ROW + GAP) - GAP
    body = "\n".join(line for at, row in enumerate(rows) for line in drawn(at, row))
    arrows = "\n".join(arrow(at) for at in range(1, len(rows)))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"
     aria-label="The packages of StarMiner: imports lead down only">
<style>{STYLE}</style>
<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
  orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#51606f"/></marker></defs>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
{body}
{arrows}
</svg>
"""


def drawn(at: int, row: list[str]) -> Iterator[str]:
    """Yield the boxes of a layer."""
    width = (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / len(row)
    top = top_of(at)
    for place, name in enumerate(row):
        left = MARGIN + place * (width + GAP)
        middle, (what, why) = left + width / 2, WHAT[name]
        yield rectangle("box", left, top, width, ROW)
        yield text("name", middle, top + 27, name)
        yield text("what", middle, top + 52, what)
        yield text("why", middle, top + 75, why)


def top_of(at: int) -> float:
    """Return where a layer begins."""
    return MARGIN + at * (ROW + GAP)


def arrow(at: int) -> str:
    """Return the arrow into a layer from the one above."""
    end = top_of(at) - 2
    start = end - GAP + 4
    return f'<line class="arrow" x1="{WIDTH / 2}" y1="{start}" x2="{WIDTH / 2}" y2="{end}"/>'


def rectangle(kind: str, left: float, top: float, width: float, height: float) -> str:
    """Return a box."""
    return (
        f'<rect class="{kind}" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}"/>'
    )


def text(kind: str, x: float, y: float, words: str) -> str:
    """Return centred words."""
    return (
        f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(words)}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
