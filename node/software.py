"""What this node is called, to peers, clients and those who watch it."""

from typing import Final

NAME: Final = "starminer"
VERSION: Final = "0.1.0"
"""The release, as pyproject.toml has it: known without the files of an installed package."""

SOFTWARE: Final = f"{NAME}/{VERSION}"
"""Both in one word, as peers tell each other."""
