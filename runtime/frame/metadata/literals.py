"""Documentation of attributes: the string literal that stands under one, as editors show it.

Python keeps the docstring of a class but not of its attributes, so they are read from the source,
once per module. Documentation is for people: nothing that is hashed or signed depends on it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping
from functools import cache

from runtime.frame.metadata.shapes import Docs


def lines_of(text: str | None) -> Docs:
    """Return a docstring as the lines that wallets show."""
    return tuple(inspect.cleandoc(text or "").splitlines())


def attribute_docs(kind: type, attribute: str) -> Docs:
    """Return what stands under the declaration of an attribute of a class."""
    for owner in kind.__mro__:
        found = _documented(owner.__module__).get(f"{owner.__qualname__}.{attribute}")
        if found:
            return found
    return ()


@cache
def _documented(module: str) -> Mapping[str, Docs]:
    """Map `Class.attribute` to its documentation; nothing where the source is not at hand."""
    if module == "builtins":
        return {}
    try:
        source = inspect.getsource(sys.modules[module])
    except OSError:
        return {}
    found: dict[str, Docs] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found.update(_attributes_of(node))
    return found


def _attributes_of(node: ast.ClassDef) -> dict[str, Docs]:
    found: dict[str, Docs] = {}
    for statement, under in zip(node.body, node.body[1:], strict=False):
        match statement, under:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[f"{node.name}.{name}"] = lines_of(text)
            case _:
                pass
    return found
