"""Where the project's own source files are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "node", "consensus", "p2p", "genesis", "runtime")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below the folders, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()
