"""`starminer job submit file`: an order that stands in a file, so that it can be kept and repeated.

Its keys are the flags of `starminer job submit CLASS`, and the functions of those commands check
what they say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import Parameter as Argument
from inspect import signature
from pathlib import Path
from types import UnionType
from typing import Annotated, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cyclopts import Parameter

from cli.errors import UsageError
from cli.options import Remote, Signing
from cli.ordering import Buying
from cli.submit import (
    Course,
    submit_data,
    submit_inference,
    submit_matmul,
    submit_render,
    submit_training,
)

LOCAL = Remote()
NOBODY = Signing()

CLASS = "class"
ORDERS: Mapping[str, Callable[..., None]] = {
    "matmul": submit_matmul,
    "inference": submit_inference,
    "training": submit_training,
    "data": submit_data,
    "render": submit_render,
}
GROUPED = (Buying, Course)
"""Classes of flags, each of which is a key of its own."""
OF_THE_LINE = (Signing, Remote)
"""Who signs, and which node is asked: of the person and the machine, and not of the order."""

PLAIN = {
    str: "text in quotes",
    int: "an integer",
    bool: "true or false",
    Path: "the path of a file in quotes",
}
EXAMPLE = "`starminer docs jobs --read` has an example"

T = TypeVar("T")
Check = Callable[[object, object], None]
"""A validator of cyclopts: takes the type and the value."""
Switch = Annotated[bool, Parameter(negative="")]


@dataclass(frozen=True, slots=True)
class Key:
    """What a file may say."""

    kind: object
    is_needed: bool


def submit_file(
    file: Path,
    /,
    *,
    dry_run: Switch = False,
    wait: Switch = False,
    signing: Signing = NOBODY,
    remote: Remote = LOCAL,
) -> None:
    """Order what a .toml file describes; its paths begin where the file is.

    Its class is matmul, inference, training, data or render; its other keys are the arguments and
    flags of `starminer job submit CLASS`, with _ for -, but for those of this command.

    Parameters
    ----------
    file
        In TOML: its class, and what is said to `job submit CLASS`, with _ for -. Such as
        class = "matmul", a = "a.npy", b = "b.npy", max_price = "5AGPU", a line for each. Paths
        begin where the file is.
    dry_run
        Show the call and its fee; upload nothing, send nothing.
    wait
        Stay until the job has ended in a final block.
    """
    order, given = order_in(file)
    buying = filled(Buying, given)
    buying = replace(buying, dry_run=buying.dry_run or dry_run, wait=buying.wait or wait)
    filled(order, {**given, "buying": buying, "signing": signing, "remote": remote})


def order_in(file: Path) -> tuple[Callable[..., None], dict[str, object]]:
    """Return the command that a file means, and what it says, checked.

    Raises: UsageError, naming the file and the key.
    """
    said = read(file)
    name = said.pop(CLASS, None)
    if not isinstance(name, str) or name not in ORDERS:
        raise UsageError(f"{file}: {CLASS}: wanted one of {', '.join(ORDERS)}, got {name!r}")
    keys = keys_of(ORDERS[name])
    if unknown := [key for key in said if key not in keys]:
        wanted = f"{name} takes {', '.join(keys)}"
        raise UsageError(f"{file}: there is no key {unknown[0]!r}: {wanted}")
    if missing := [key for key, one in keys.items() if one.is_needed and key not in said]:
        raise UsageError(f"{file}: {missing[0]} is missing: {EXAMPLE}")
    try:
        given = {key: value_of(key, value, keys[key].kind) for key, value in said.items()}
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error
    return ORDERS[name], {key: beside(file, value) for key, value in given.items()}


def read(file: Path) -> dict[str, object]:
    """Return what a TOML file says.

    Raises: UsageError.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {file}: {EXAMPLE}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: wanted TOML: {error}; {EXAMPLE}") from error


def keys_of(command: Callable[..., object]) -> dict[str, Key]:
    """Return what can be said to a command or a class of flags, those of such classes included."""
    found: dict[str, Key] = {}
    hints = get_type_hints(command, include_extras=True)
    for name, argument in signature(command).parameters.items():
        kind = hints[name]
        if kind in GROUPED:
            found |= keys_of(kind)
        elif kind not in OF_THE_LINE:
            found[name] = Key(kind, argument.default is Argument.empty)
    return found


def filled(command: Callable[..., T], given: Mapping[str, object]) -> T:
    """Call a command, or make a class of flags, with what was given."""
    words: list[object] = []
    flags: dict[str, object] = {}
    hints = get_type_hints(command)
    for name, argument in signature(command).parameters.items():
        if name in given:
            value = given[name]
        else:
            value = filled(hints[name], given) if hints[name] in GROUPED else argument.default
        if argument.kind is Argument.POSITIONAL_ONLY:
            words.append(value)
        else:
            flags[name] = value
    return command(*words, **flags)


def value_of(key: str, value: object, kind: object) -> object:
    """Return a value of a file as its flag would give it.

    Raises: UsageError.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        taken = value_of(key, value, inner[0])
        ensure_valid(key, taken, inner)
        return taken
    if origin in (Union, UnionType):
        return value_of(key, value, inner[0])
    if origin is tuple:
        if not isinstance(value, list):
            raise UsageError(f"{key}: wanted a list, as [...], got {value!r}")
        return tuple(value_of(key, one, inner[0]) for one in value)
    if origin is Literal:
        if value not in inner:
            raise UsageError(f"{key}: wanted one of {', '.join(inner)}, got {value!r}")
        return value
    assert isinstance(kind, type), f"{key} is a {kind}"
    if type(value) is not (str if kind is Path else kind):
        raise UsageError(f"{key}: wanted {PLAIN[kind]}, got {value!r}")
    return kind(value)


def ensure_valid(key: str, value: object, marked: tuple[object, ...]) -> None:
    """Apply the validators of a flag.

    Raises: UsageError.
    """
    kind, *marks = marked
    for mark in marks:
        if isinstance(mark, Parameter):
            checks: tuple[Check, ...] = mark.validator  # type: ignore[assignment]
            try:
                for check in checks:
                    check(kind, value)
            except ValueError as error:
                raise UsageError(f"{key}: {str(error).rstrip('.')}, got {value!r}") from error


def beside(file: Path, value: object) -> object:
    """Return a value; a path begins where the file is."""
    return file.parent / value.expanduser() if isinstance(value, Path) else value
