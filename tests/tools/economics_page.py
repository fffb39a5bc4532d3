"""Fills docs/economics.md from the runtime: its tables, and each number of a rule in its sentences.

The page is written by hand; between `<!--table NAME-->` and `<!--/table-->` stands what `economics_tables`
makes, and between `<!--=NAME FORMAT-->` and `<!--/-->` one number. A name says where the number is from:

- a parameter by its key on chain: `Target`;
- a constant by its module under `runtime.pallets`: `jobs.money.TIP_BOOST`;
- what a chain fixes for a pallet: `chain.vaults.config.deposit`;
- or what follows from several: `economics_derived`.

Formats: `%` for parts per billion, `x` for them as a factor, `AGPU` and `AMAX` for planck, `n` for digits in
groups; without one a parameter has its unit, and any other number stands as it is. Run it after a change of
a parameter: `python -m tests.tools.references`.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cli.parameters import shown
from runtime.construct import Runtime
from runtime.frame.storage import camel_case
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import ROWS
from tests.support.chain import MemoryChain
from tests.tools.economics_derived import DERIVED
from tests.tools.economics_tables import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "economics.md"

TABLE = re.compile(r"<!--table (?P<name>[\w ]+)-->\n(?P<rows>.*?)<!--/table-->", re.DOTALL)
NUMBER = re.compile(r"<!--=(?P<name>[\w.]+)(?: (?P<form>\S+))?-->(?P<text>[^<]*)<!--/-->")

KEYS: Mapping[str, Parameter] = MappingProxyType({camel_case(key.name): key for key in Parameter})


class UnknownNumber(Exception):
    """The page asks for a number, a table or a format that there is not."""


def page() -> str:
    """Return the page with all that comes from the runtime as the runtime has it."""
    return filled(PAGE.read_text(encoding="utf-8"))


def filled(text: str) -> str:
    """Return a text with its tables and numbers made anew.

    Raises:
        UnknownNumber: a name or a format is unknown.
    """
    text = TABLE.sub(
        lambda found: f"<!--table {found['name']}-->\n{table(found['name'])}<!--/table-->", text
    )
    return NUMBER.sub(_numbered, text)


def _numbered(found: re.Match[str]) -> str:
    name, form = found["name"], found["form"]
    label = f"{name} {form}" if form else name
    return f"<!--={label}-->{number(name, form)}<!--/-->"


def table(name: str) -> str:
    """Return a table of the page between blank lines; raises UnknownNumber."""
    if name not in TABLES:
        raise UnknownNumber(f"wanted a table of {', '.join(TABLES)}, got {name}")
    return f"\n{TABLES[name]()}\n\n"


def number(name: str, form: str | None) -> str:
    """Return one number as the page writes it; raises UnknownNumber."""
    if name in KEYS:
        row = ROWS[KEYS[name]]
        value = row.of(DEFAULTS)
        return shown(value, row.unit) if form is None else _formed(form)(value)
    found = DERIVED[name]() if name in DERIVED else _found(name)
    return found if isinstance(found, str) else _formed(form)(found)


def _formed(form: str | None) -> Callable[[int], str]:
    if form not in FORMATS:
        wanted = ", ".join(str(one) for one in FORMATS)
        raise UnknownNumber(f"wanted a format of {wanted}, got {form}")
    return FORMATS[form]


FORMATS: Mapping[str | None, Callable[[int], str]] = MappingProxyType(
    {
        None: str,
        "%": lambda value: shown(value, "ppb"),
        "x": lambda value: f"{value / PERBILL:.10g}",
        "AGPU": lambda value: shown(value, "planck"),
        "AMAX": lambda value: shown(value, "planck").replace("AGPU", "AMAX"),
        "n": lambda value: f"{value:,}",
    }
)


@cache
def _runtime() -> Runtime:
    return MemoryChain().runtime()


def _found(name: str) -> int:
    """Return a constant of a module, or of what a chain fixes; raises UnknownNumber."""
    first, *rest = name.split(".")
    is_of_chain = first == "chain"
    found: Any = _runtime() if is_of_chain else import_module("runtime.pallets")
    for part in rest if is_of_chain else (first, *rest):
        if not hasattr(found, part) and hasattr(found, "__path__"):
            _import(f"{found.__name__}.{part}")
        if not hasattr(found, part):
            raise UnknownNumber(f"wanted a number of the runtime, got {name}: no {part}")
        found = getattr(found, part)
    if not isinstance(found, int):
        raise UnknownNumber(f"wanted the name of a whole number, got {name}: {found!r}")
    return found


def _import(path: str) -> None:
    """Import a module of a package, if it has one of that name."""
    if find_spec(path) is not None:
        import_module(path)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
