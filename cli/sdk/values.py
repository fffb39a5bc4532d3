"""From what people type to what the runtime's annotations ask for.

Text stands for numbers, amounts, accounts, bytes and names of variants; records and lists are
JSON. A 128-bit integer is an amount, and an amount needs its unit; one whose type has a name of its
own is a plain number. A call inside a call is its name and its arguments:
{"balances.burn": {"value": "1AGPU", "keep_alive": "true"}}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from cli.errors import UsageError
from cli.sdk.names import pick
from genesis.notation import BadNotation, parse_account, parse_amount
from runtime.frame.calls import Call
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.schema import Compact, Fixed, Int, Named, Uint
from runtime.primitives.types import AccountId

AMOUNT_BYTES = 16
"""Only balances are this wide."""


MakeCall = Callable[[str, Mapping[str, object]], Call]
"""Makes the call of a name from its arguments as they were given."""


class Reader:
    """Reads typed text for one chain: its address prefix, and the token of the pallet.

    Calls inside calls are read where `make_call` says how.
    """

    def __init__(self, prefix: int, symbol: str, make_call: MakeCall | None = None) -> None:
        self._prefix, self._symbol, self._make_call = prefix, symbol, make_call

    def read(self, name: str, annotation: Any, given: object) -> Any:
        """Return the value that `given`, text or parsed JSON, stands for.

        Raises: UsageError, naming the argument.
        """
        try:
            return self._read(name, annotation, given)
        except BadNotation as error:
            raise UsageError(f"{name}: {error}") from error

    def _read(self, name: str, annotation: Any, given: object) -> Any:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if annotation == MultiAddress:
            return Id(parse_account(_text(name, given), self._prefix))
        if annotation == AccountId:
            return parse_account(_text(name, given), self._prefix)
        if origin is Annotated:
            return self._annotated(name, arguments[0], arguments[1], given)
        if origin in (Union, UnionType):
            return self._union(name, arguments, given)
        if origin is tuple:
            return self._tuple(name, arguments, given)
        return self._plain(name, annotation, given)

    def _annotated(self, name: str, base: Any, note: object, given: object) -> Any:
        if base is int:
            return self._integer(name, note, given)
        if base is Call:
            return self._call(name, given)
        if base is bytes:
            raw = _bytes(name, given)
            if isinstance(note, Fixed) and len(raw) != note.size:
                raise UsageError(f"{name}: wanted {note.size} bytes in hex, got {len(raw)}")
            return raw
        return self._read(name, base, given)

    def _integer(self, name: str, note: object, given: object) -> int:
        plain = note.inner if isinstance(note, Named) else note
        width = plain.width if isinstance(plain, Uint | Int | Compact) else 0
        if width == AMOUNT_BYTES and plain is note:
            return parse_amount(_text(name, given), self._symbol)
        try:
            number = int(str(given), 0)
        except ValueError as error:
            raise UsageError(f"{name}: wanted a whole number, got {given!r}") from error
        low = -(1 << (8 * width - 1)) if isinstance(note, Int) else 0
        high = (1 << (8 * width - (low < 0))) - 1
        if not low <= number <= high:
            raise UsageError(f"{name}: wanted {low} to {high}, got {number}")
        return number

    def _union(self, name: str, choices: tuple[Any, ...], given: object) -> Any:
        if NoneType in choices:
            if given in (None, "none", "null"):
                return None
            return self._read(name, next(one for one in choices if one is not NoneType), given)
        by_name = {choice.__name__: choice for choice in choices}
        value = _json(given)
        if isinstance(value, Mapping) and len(value) == 1:
            ((variant, content),) = value.items()
            return self._plain(name, pick(f"variant of {name}", variant, by_name), content)
        return self._plain(name, pick(f"variant of {name}", _text(name, given), by_name), {})

    def _tuple(self, name: str, arguments: tuple[Any, ...], given: object) -> tuple[Any, ...]:
        values = _json(given)
        if not isinstance(values, list):
            raise UsageError(f"{name}: wanted a list in JSON, got {given!r}")
        if arguments[-1:] == (Ellipsis,):
            kinds = [arguments[0]] * len(values)
        elif len(values) == len(arguments):
            kinds = list(arguments)
        else:
            raise UsageError(f"{name}: wanted {len(arguments)} entries, got {len(values)}")
        parts = zip(kinds, values, strict=True)
        return tuple(self._read(f"{name}[{i}]", kind, one) for i, (kind, one) in enumerate(parts))

    def _call(self, name: str, given: object) -> Call:
        if self._make_call is None:
            raise UsageError(f"{name}: a call inside a call has no notation here")
        value = _json(given)
        if not isinstance(value, Mapping) or len(value) != 1:
            raise UsageError(f'{name}: wanted {{"pallet.call": {{arguments}}}}, got {given!r}')
        ((path, arguments),) = value.items()
        if not isinstance(arguments, Mapping):
            raise UsageError(f"{name}: wanted the arguments of {path} as an object in JSON")
        return self._make_call(path, arguments)

    def _plain(self, name: str, annotation: Any, given: object) -> Any:
        if annotation is bool:
            return pick(f"value of {name}", str(given), {"true": True, "false": False})
        if annotation is str:
            return _text(name, given)
        if annotation is bytes:
            return _bytes(name, given)
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return pick(f"value of {name}", str(given), dict(annotation.__members__))
        if is_dataclass(annotation):
            return self._record(name, annotation, given)
        raise UsageError(f"{name}: the command line has no notation for {annotation}")

    def _record(self, name: str, kind: Any, given: object) -> Any:
        value = _json(given)
        if not isinstance(value, Mapping):
            raise UsageError(f"{name}: wanted an object in JSON, got {given!r}")
        hints = get_type_hints(kind, include_extras=True)
        names = [item.name for item in fields(kind)]
        if wrong := sorted(set(value) ^ set(names)):
            state = "is missing" if wrong[0] in names else "is unknown"
            raise UsageError(f"{name}.{wrong[0]} {state}: wanted {', '.join(names) or 'nothing'}")
        return kind(**{key: self._read(f"{name}.{key}", hints[key], value[key]) for key in names})


def _text(name: str, given: object) -> str:
    if isinstance(given, str):
        return given
    raise UsageError(f"{name}: wanted text, got {given!r}")


def _bytes(name: str, given: object) -> bytes:
    text = _text(name, given)
    if not text.startswith("0x"):
        return text.encode()
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise UsageError(f"{name}: wanted hex digits after 0x, got {text!r}") from error


def _json(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError:
        return given
