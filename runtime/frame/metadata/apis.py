"""Runtime APIs as classes: each public method is a call, its annotations are its types.

A class bears the API's name, and its version as `api_version`.
The same methods answer the calls and are described in the metadata: there is no second list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any, get_type_hints

from runtime.primitives.schema import Product, schema_of


@dataclass(frozen=True)
class Method:
    """One call of a runtime API."""

    name: str
    function: Callable[..., Any]

    @cached_property
    def inputs(self) -> tuple[tuple[str, Any], ...]:
        """Names and annotations of the arguments."""
        return tuple((name, note) for name, note in self._hints.items() if name != "return")

    @cached_property
    def input_schema(self) -> Product:
        """The arguments as they come: one after the other."""
        return Product(tuple(schema_of(note) for _, note in self.inputs))

    @cached_property
    def output(self) -> Any:
        """The annotation of the answer."""
        return self._hints["return"]

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)


def methods_of(api: type) -> Iterator[Method]:
    """Yield the calls of a runtime API, in order of declaration."""
    for name, member in vars(api).items():
        if isinstance(member, FunctionType) and not name.startswith("_"):
            yield Method(name, member)
