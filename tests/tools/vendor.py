"""The explorer's vendored modules: checks them against VENDOR.toml, or fetches them anew.

`python -m tests.tools.vendor` compares every file with its hash; `./run check` runs it.
`python -m tests.tools.vendor --fetch` packs each package with npm, compares the package with its
integrity, and writes the files that VENDOR.toml lists.
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).parents[2] / "node" / "explorer" / "vendor"
LIST = "VENDOR.toml"


def packages(folder: Path = VENDOR) -> list[dict[str, Any]]:
    """Return the packages of a folder's list."""
    listed: list[dict[str, Any]] = tomllib.loads((folder / LIST).read_text())["package"]
    return listed


def complaints(folder: Path = VENDOR) -> Iterator[str]:
    """Say what of a folder is not as its list says."""
    listed = {LIST}
    for package in packages(folder):
        for entry in package["files"]:
            listed.add(entry["name"])
            path = folder / entry["name"]
            if not path.is_file():
                yield f"{entry['name']}: wanted a file of {package['name']}, found none"
            elif (found := digest(path.read_bytes())) != entry["sha256"]:
                yield f"{entry['name']}: wanted sha256 {entry['sha256']}, got {found}"
    found_names = {path.name for path in folder.iterdir()}
    yield from (f"{name}: is not listed in {LIST}" for name in sorted(found_names - listed))


def digest(content: bytes) -> str:
    """Return the sha256 of a file, in hex."""
    return hashlib.sha256(content).hexdigest()


def fetch(folder: Path = VENDOR) -> None:
    """Write every listed file from its package.

    Raises:
        ValueError: a package is not the one that the list names.
    """
    for package in packages(folder):
        with tempfile.TemporaryDirectory() as place:
            name = f"{package['name']}@{package['version']}"
            packed = subprocess.run(
                ["npm", "pack", "--silent", "--pack-destination", place, name],
                check=True,
                capture_output=True,
                text=True,
            )
            archive = Path(place) / packed.stdout.split()[-1]
            integrity = "sha512-" + base64.b64encode(
                hashlib.sha512(archive.read_bytes()).digest()
            ).decode("ascii")
            if integrity != package["integrity"]:
                raise ValueError(f"{name}: wanted {package['integrity']}, got {integrity}")
            with tarfile.open(archive) as opened:
                for entry in package["files"]:
                    member = opened.extractfile(f"package/{entry['source']}")
                    assert member is not None, f"{name} has no {entry['source']}"
                    (folder / entry["name"]).write_bytes(member.read())


def main(words: list[str]) -> int:
    """Do what the words ask for; return the exit code."""
    if words == ["--fetch"]:
        fetch()
    elif words:
        print(f"wanted --fetch or nothing, got {words}", file=sys.stderr)
        return 2
    found = list(complaints())
    print("\n".join(found) if found else "vendored modules are as listed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
