"""The code stays readable: short files, short functions, no leftovers, no foreign packages."""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, name_of, python_files

FILE_LINES, FUNCTION_LINES, POSITIONAL_ARGUMENTS = 400, 50, 5
LEFTOVER = re.compile("TO" + "DO|FIX" + "ME")
ABSOLUTE = re.compile(r"/(work|tmp|home|root)/[a-z]")
TESTS_MAY_NAME_PATHS = "tests/"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("path", python_files(*PACKAGES, "tests"), ids=name_of)
def test_a_file_is_tidy(path: Path) -> None:
    assert list(complaints(path)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_req_c8_the_package_that_is_imported_is_ours(package: str) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_a_long_file_a_long_function_and_a_swallowed_error_are_found() -> None:
    body = "\n".join(["    x = 1"] * FUNCTION_LINES)
    wide = "def g(a, b, c, d, e, f): ...\n"
    bare = "try:\n    x\nexcept ValueError:\n    pass\n"
    tree = ast.parse(f"def f():\n{body}\n{wide}{bare}")
    assert [what for _, what in findings(tree)] == [
        f"f has {FUNCTION_LINES + 1} lines, at most {FUNCTION_LINES}",
        f"g takes 6 positional arguments, at most {POSITIONAL_ARGUMENTS}",
        "an error is swallowed: say what happens then, or use contextlib.suppress",
    ]


def complaints(path: Path) -> Iterator[str]:
    """Say what is untidy about a file, with its line."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{len(lines)} lines, at most {FILE_LINES}: split the file by concern"
    for number, line in enumerate(lines, 1):
        if LEFTOVER.search(line):
            yield f"line {number}: a leftover; file an issue or do it"
        if ABSOLUTE.search(line) and not name_of(path).startswith(TESTS_MAY_NAME_PATHS):
            yield f"line {number}: a path of one machine"
    for number, what in findings(ast.parse(text)):
        yield f"line {number}: {what}"


def findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the reason of what is too long, too wide or too quiet."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from function_findings(node)
            case ast.ExceptHandler(type=None):
                yield node.lineno, "a bare except"
            case ast.ExceptHandler(body=[ast.Pass()]):
                what = "an error is swallowed: say what happens then, or use contextlib.suppress"
                yield node.lineno, what
            case ast.Global():
                yield node.lineno, "a global; state belongs to an object"
            case _:
                pass


def function_findings(node: Function) -> Iterator[tuple[int, str]]:
    """Yield what is too long or too wide about one function."""
    assert node.end_lineno is not None
    length = node.end_lineno - node.lineno + 1
    if length > FUNCTION_LINES:
        yield node.lineno, f"{node.name} has {length} lines, at most {FUNCTION_LINES}"
    names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
    positional = len(names) - (names[:1] in (["self"], ["cls"])) - (names[1:2] == ["origin"])
    if positional > POSITIONAL_ARGUMENTS and not is_call_of_a_pallet(node):
        what = f"takes {positional} positional arguments, at most {POSITIONAL_ARGUMENTS}"
        yield node.lineno, f"{node.name} {what}"


def is_call_of_a_pallet(node: Function) -> bool:
    """Say whether a function is a call: its arguments are those that wallets know."""
    marks = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(mark, ast.Name) and mark.id == "call" for mark in marks)
