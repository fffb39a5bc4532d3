"""What is installed is what the lock says, and the lock says all of it."""

import ast
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from node.software import VERSION
from tests.architecture.source import PACKAGES, ROOT, name_of, python_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
ENTRY = re.compile(
    r"^(?P<requirement>[^\s#][^\\]*?) \\\n(?P<hashes>(?:    --hash=.*\n?)+)", re.MULTILINE
)
SIGNED = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def test_the_lock_names_no_place_to_download_from() -> None:
    assert re.findall(r"https?://|file://|--index-url|--extra-index-url|--find-links", LOCK) == []


def test_the_node_says_the_release_that_is_packaged() -> None:
    assert PROJECT["project"]["version"] == VERSION


def test_every_locked_package_is_exact_and_hashed() -> None:
    locked = [match["requirement"] for match in ENTRY.finditer(LOCK)]
    lines = [line for line in LOCK.splitlines() if not line.startswith(("    --hash", "#"))]
    assert [line.removesuffix(" \\") for line in lines] == locked
    assert [one for one in locked if "==" not in one.split(";")[0]] == []
    hashes = [line for match in ENTRY.finditer(LOCK) for line in match["hashes"].splitlines()]
    assert [line for line in hashes if not SIGNED.fullmatch(line)] == []


def test_every_dependency_of_the_project_is_locked_inside_its_range() -> None:
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    versions = locked_versions()
    outside = [
        text
        for text in wanted
        if not Requirement(text).specifier.contains(
            versions.get(canonicalize_name(Requirement(text).name), "0")
        )
    ]
    assert outside == []


def test_libp2p_is_pinned_and_fastecdsa_comes_as_a_wheel() -> None:
    versions = locked_versions()
    assert (versions["libp2p"], versions["fastecdsa"]) == ("0.8.1", "4.0.0")


def test_nothing_of_ours_touches_what_fastecdsa_4_changed() -> None:
    """P-256 keys serve secio alone; we offer noise with ed25519 (docs/adr/0002)."""
    sources = {name_of(path): path.read_text() for path in python_files("p2p")}
    wrong = [name for name, text in sources.items() if re.search(r"secio|crypto\.ecc|P-256", text)]
    offers = [
        line for text in sources.values() for line in re.findall(r"TransportUpgrader\((.*?),", text)
    ]
    assert (wrong, offers) == ([], ["{NOISE: noise}"])


def test_the_wheel_carries_our_packages_and_the_command() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == sorted(PACKAGES)
    assert PROJECT["project"]["scripts"] == {"starminer": "cli.main:main"}


def test_type_checkers_of_others_read_the_types_of_each_package() -> None:
    assert [name for name in PACKAGES if not (ROOT / name / "py.typed").is_file()] == []


JOBS = {
    "libp2p": "p2p",
    "nacl": "runtime/primitives",
    "plyvel": "node/store",
    "msgpack": "p2p",
    "trio": "node",
    "numpy": "runtime/compute",
    "pycuda": "consensus/compute",
}
"""The packages that the product is to use, and the folder of the job that each has."""


@pytest.mark.parametrize("package", JOBS)
def test_req_c7_each_package_has_its_job(package: str) -> None:
    folder = ROOT / JOBS[package]
    imported = {
        name.partition(".")[0]
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in names_imported(node)
    }
    assert package in imported
    distribution = {"nacl": "pynacl"}.get(package, package)
    parts = PROJECT["project"]
    extras = [one for group in parts["optional-dependencies"].values() for one in group]
    wanted = [*parts["dependencies"], *extras]
    assert distribution in {canonicalize_name(Requirement(one).name) for one in wanted}


def names_imported(node: ast.AST) -> list[str]:
    """Return the modules that a statement imports."""
    match node:
        case ast.Import(names):
            return [one.name for one in names]
        case ast.ImportFrom(str(module)):
            return [module]
    return []


def locked_versions() -> dict[str, str]:
    """Return the version of each locked package that this interpreter would install."""
    found: dict[str, str] = {}
    for match in ENTRY.finditer(LOCK):
        requirement = Requirement(match["requirement"])
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    return found
