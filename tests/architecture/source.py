"""Where the project's own source files are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "node", "consensus", "p2p", "genesis", "runtime")


def python_files(*folders: str) -> list[Path]:
    """Return our Python files below the folders, in order; foreign packages are not ours."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def name_of(path: Path) -> str:
    """Return the path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()
