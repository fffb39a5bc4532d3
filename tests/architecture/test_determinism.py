"""The runtime uses nothing whose result can differ between two machines."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, name_of, python_files

BANNED_NAMES = {
    "float": "floats round differently across machines and compilers",
    "complex": "floats round differently across machines and compilers",
    "hash": "salted per process by PYTHONHASHSEED",
    "id": "an address in memory",
    "round": "ties go to even; write the rounding you mean with //",
    "open": "a disk is not part of the state",
    "print": "the runtime reports by events",
    "input": "nobody is there to answer",
    "globals": "state belongs to the storage",
}
BANNED_MODULES = {
    "asyncio", "datetime", "decimal", "glob", "io", "locale", "logging", "multiprocessing", "os",
    "pathlib", "platform", "random", "secrets", "shutil", "socket", "subprocess", "tempfile",
    "threading", "time", "trio", "uuid",
}  # fmt: skip
NUMPY_HOME = "runtime/compute/"
"""Only the definition of work multiplies matrices."""

FLOAT_DTYPES = {"float16", "float32", "float64", "double", "single", "half", "longdouble"}
EXACT_FLOAT_FUNCTIONS = {
    "runtime/compute/reference.py": {
        *("exact_product", "_converted", "_add_product", "_exact_inner"),
        *("product_mod_prime", "weighted_sums"),
    },
    "runtime/compute/vectors.py": {"isqrt"},
}
"""Functions whose floats are exact, or corrected, by a bound that they state and test."""

ORDER_FREE = {"sorted", "len", "min", "max", "any", "all", "sum"}
"""Calls whose result does not depend on the order of a set given to them directly."""


@pytest.mark.parametrize("path", python_files("runtime"), ids=name_of)
def test_the_runtime_is_deterministic(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [f"{name_of(path)}:{line}: {why}" for line, why in findings(tree, name_of(path))]
    assert found == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("x = 0.5", "float literal"),
        ("x = a / b", "/ makes a float; use // and say which way it rounds"),
        ("x /= b", "/ makes a float; use // and say which way it rounds"),
        ("x = hash(y)", "hash: salted per process by PYTHONHASHSEED"),
        ("for x in {1, 2}: pass", "a set outside sorted(): its order is salted per process"),
        ("x = list(set(y))", "a set outside sorted(): its order is salted per process"),
        ("import time", "time: not a function of the state"),
        ("from os import urandom", "os: not a function of the state"),
        ("async def f(): ...", "the runtime does not wait"),
        ("import numpy", "numpy: only runtime/compute/ multiplies matrices"),
        ("x = a.astype(np.float64)", "float64: only for products that are exact by a stated bound"),
    ],
)
def test_each_way_to_differ_is_found(source: str, reason: str) -> None:
    assert [why for _, why in findings(ast.parse(source), "runtime/pallets/x.py")] == [reason]


def test_a_sorted_set_and_a_membership_test_are_welcome() -> None:
    source = "for x in sorted({1, 2}): pass\ny = a in {1, 2}\nz = len(set(b))"
    assert list(findings(ast.parse(source), "runtime/pallets/x.py")) == []


def test_the_list_of_exact_float_functions_names_none_that_is_gone() -> None:
    found = {name: float_functions(ROOT / name) for name in EXACT_FLOAT_FUNCTIONS}
    assert found == EXACT_FLOAT_FUNCTIONS


def float_functions(path: Path) -> set[str]:
    """Name the functions of a file that use a float type."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {function.name for function in functions if any(map(is_float_type, ast.walk(function)))}


def is_float_type(node: ast.AST) -> bool:
    """Say whether a node names one of numpy's float types."""
    return isinstance(node, ast.Attribute) and node.attr in FLOAT_DTYPES


def findings(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the reason of each construct that is not deterministic."""
    ordered = harmless_sets(tree)
    exact = exact_nodes(tree, name)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, "float literal"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "/ makes a float; use // and say which way it rounds"
            case ast.Name(id=word, ctx=ast.Load()) if word in BANNED_NAMES:
                yield node.lineno, f"{word}: {BANNED_NAMES[word]}"
            case ast.Set() | ast.SetComp() if node not in ordered:
                yield node.lineno, "a set outside sorted(): its order is salted per process"
            case ast.Call(func=ast.Name(id="set")) if node not in ordered:
                yield node.lineno, "a set outside sorted(): its order is salted per process"
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "the runtime does not wait"
            case ast.Attribute(attr=dtype) if is_float_type(node) and node not in exact:
                yield node.lineno, f"{dtype}: only for products that are exact by a stated bound"
            case ast.Import() | ast.ImportFrom():
                yield from import_findings(node, name)
            case _:
                pass


def exact_nodes(tree: ast.AST, name: str) -> list[ast.AST]:
    """List what stands inside the functions that may use floats."""
    allowed = EXACT_FLOAT_FUNCTIONS.get(name, set())
    return [
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in allowed
        for inner in ast.walk(node)
    ]


def harmless_sets(tree: ast.AST) -> list[ast.AST]:
    """List the sets whose order nobody can see: sorted, counted, or asked for membership."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=function), args=arguments) if function in ORDER_FREE:
                found += arguments
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container]):
                found.append(container)
            case _:
                pass
    return found


def import_findings(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[tuple[int, str]]:
    """Yield each import that brings the outside in."""
    modules = (
        [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    )
    for module in modules:
        root = module.split(".")[0]
        if root in BANNED_MODULES:
            yield node.lineno, f"{root}: not a function of the state"
        if root == "numpy" and not name.startswith(NUMPY_HOME):
            yield node.lineno, f"numpy: only {NUMPY_HOME} multiplies matrices"
