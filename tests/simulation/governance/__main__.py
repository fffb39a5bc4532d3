"""`./run simulate governance [--write]`: whales against referenda, beside the design's figures.

`--write` puts the table into the documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.simulation.governance.tables import table

PAGE = Path(__file__).parents[3] / "docs" / "governance.md"
BEGIN, END = "<!-- made by ./run simulate governance --write -->", "<!-- end of what was made -->"


def main(words: list[str]) -> int:
    """Play, print, and write if asked to."""
    if words not in ([], ["--write"]):
        print(f"wanted nothing or --write, got {' '.join(words)}", file=sys.stderr)
        return 2
    made = table()
    print(made)
    if words:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
