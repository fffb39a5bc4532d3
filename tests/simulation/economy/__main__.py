"""`./run simulate economy [NAME ...] [--write]`: play scenarios on the real runtime and report.

Without names, all of them, with the table beside the design's figures; `--write` puts table and
picture into the documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.simulation.economy.findings import attacks, found, picture, table, totals
from tests.simulation.economy.scenarios import SCENARIOS

DOCS = Path(__file__).parents[3] / "docs"
PAGE, PICTURE = DOCS / "economics.md", DOCS / "economy.svg"
BEGIN, END = "<!-- made by ./run simulate economy --write -->", "<!-- end of what was made -->"


def main(words: list[str]) -> int:
    """Play, print, and write if asked to."""
    names = [word for word in words if word != "--write"]
    if unknown := sorted(set(names) - set(SCENARIOS)):
        print(f"wanted names of {', '.join(SCENARIOS)}, got {', '.join(unknown)}", file=sys.stderr)
        return 2
    for name in names or SCENARIOS:
        end, least, most = found(name).supply
        print(f"{name}: {totals(name)}; supply {end:.5f} ({least:.5f} to {most:.5f})")
    if names:
        return 0
    report = f"{table()}\n\n{attacks()}"
    print(report)
    if "--write" in words:
        PICTURE.write_text(picture(), encoding="utf-8")
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
