"""Every error that the page on troubleshooting explains is one that the code still says."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import PACKAGES, ROOT, python_files

PAGE = (ROOT / "docs/howto/troubleshooting.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^### (?:`` (.*) ``|`(.*)`)$\n(.*)", re.MULTILINE)
FOUND = [(one or other, cause) for one, other, cause in HEADING.findall(PAGE)]
"""Each error that the page quotes, and the line under it."""
GAP = "…"


@pytest.fixture(scope="module")
def texts() -> str:
    """Every text of the product, a line each; what is put into it at run time is a gap."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in python_files(*PACKAGES))
    found = [text for tree in trees for text in literals(tree)]
    script = (ROOT / "run").read_text(encoding="utf-8")
    return "\n".join([*found, *literals(ast.parse(script)), script]).lower()


def literals(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values):
                yield "".join(
                    str(one.value) if isinstance(one, ast.Constant) else GAP for one in values
                )
            case ast.Constant(value=str(text)):
                yield text


@pytest.mark.parametrize("quoted", [quoted for quoted, _ in FOUND])
def test_an_error_that_is_explained_is_in_the_code(quoted: str, texts: str) -> None:
    assert quoted.lower().strip(f"{GAP} :") in texts, f"no text of the code says {quoted!r}"


def test_each_error_has_its_cause_and_stands_there_once() -> None:
    assert [quoted for quoted, cause in FOUND if not cause.strip()] == []
    assert len(FOUND) == len({quoted for quoted, _ in FOUND}) >= 40
