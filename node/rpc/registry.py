"""Which methods there are: marked methods of the namespaces, with their parameters read from types.

A namespace is a plain class; `@method("chain_getHeader")` marks one of its methods and changes
nothing about it. The registry looks the marks up once, at start, and knows how to call each.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, TypeVar

import msgspec

from node.rpc.caller import Caller
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.jsonrpc import Params
from node.rpc.values import decode_value

F = TypeVar("F", bound=Callable[..., object])
_MARK = "rpc_mark"


class MethodPolicy(StrEnum):
    """`--rpc-methods`: who may call what writes to the node or costs it much."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    AUTO = "auto"

    def allows_unsafe(self, *, exposed: bool) -> bool:
        """Tell whether unsafe methods answer; `auto` says yes while only this machine can call."""
        return self is MethodPolicy.UNSAFE or (self is MethodPolicy.AUTO and not exposed)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorator notes on a method."""

    name: str
    aliases: tuple[str, ...] = ()
    unsafe: bool = False
    notification: str = ""
    unsubscribe: tuple[str, ...] = ()
    ends_silently: bool = False


def method(name: str, *aliases: str, unsafe: bool = False) -> Callable[[F], F]:
    """Mark a method of a namespace as callable under these names."""
    return _marking(Mark(name, aliases, unsafe))


def subscription(
    name: str,
    *aliases: str,
    notification: str,
    unsubscribe: tuple[str, ...],
    unsafe: bool = False,
    ends_silently: bool = False,
) -> Callable[[F], F]:
    """Mark a method that returns a feed, whose items are sent as `notification`.

    Unsubscribing answers whether there was such a subscription, or null if it `ends_silently`.
    """
    return _marking(Mark(name, aliases, unsafe, notification, unsubscribe, ends_silently))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method."""

    name: str
    type: Any
    is_required: bool
    takes_null: bool
    default: object


@dataclass(frozen=True, slots=True)
class Method:
    """One callable method."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    is_async: bool
    mark: Mark
    takes_caller: bool
    result: Any
    """The type of what is returned."""

    @property
    def is_unsafe(self) -> bool:
        """Whether only the operator may call it."""
        return self.mark.unsafe

    @property
    def notification(self) -> str:
        """Under which name the items of a subscription are sent; empty for other methods."""
        return self.mark.notification

    def arguments(self, params: Params) -> list[Any]:
        """Convert the parameters of a call, by position or by name.

        Raises RpcError(INVALID_PARAMS) naming the parameter.
        """
        given = self._by_name(params) if isinstance(params, dict) else self._by_position(params)
        return [
            _convert(parameter, value)
            for parameter, value in zip(self.parameters, given, strict=True)
        ]

    def _by_position(self, params: list[object]) -> list[object]:
        known = len(self.parameters)
        if any(extra is not None for extra in params[known:]):
            raise invalid_params(f"wanted at most {known} parameters, got {len(params)}")
        return [*params[:known], *[None] * (known - len(params))]

    def _by_name(self, params: dict[str, object]) -> list[object]:
        names = [parameter.name for parameter in self.parameters]
        params = {_camel_case(name): value for name, value in params.items()}
        if unknown := params.keys() - set(names):
            raise invalid_params(f"wanted {', '.join(names) or 'none'}, got {min(unknown)!r}")
        return [params.get(name) for name in names]


class Registry:
    """All methods of one server by name; unsafe ones refuse where the policy says so."""

    def __init__(self, namespaces: Iterable[object], *, allow_unsafe: bool) -> None:
        self._methods: dict[str, Method] = {}
        self._closers: dict[str, Mark] = {}
        self._allow_unsafe = allow_unsafe
        for namespace in namespaces:
            for mark, function in _marked_methods(namespace):
                self._add(mark, function)

    def find(self, name: str) -> Method:
        """Return the method of this name.

        Raises RpcError(METHOD_NOT_FOUND), also for an unsafe method that is not allowed.
        """
        found = self._methods.get(name)
        if found is None:
            raise RpcError(Code.METHOD_NOT_FOUND, "Method not found", name[:80])
        if found.is_unsafe and not self._allow_unsafe:
            raise RpcError(
                Code.METHOD_NOT_FOUND,
                "RPC call is unsafe to be called externally",
                f"{found.name}: start the node with --rpc-methods unsafe to allow it",
            )
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._methods or name in self._closers

    def closer(self, name: str) -> Mark | None:
        """Return the mark of the subscriptions that this name ends, or None if it ends none."""
        return self._closers.get(name)

    def names(self) -> list[str]:
        """List every name that would answer, in order."""
        callable_names = [
            name
            for name, known in self._methods.items()
            if self._allow_unsafe or not known.is_unsafe
        ]
        return sorted([*callable_names, *self._closers])

    def methods(self) -> list[Method]:
        """List every method that would answer, once each."""
        return [
            known
            for name, known in sorted(self._methods.items())
            if name == known.name and (self._allow_unsafe or not known.is_unsafe)
        ]

    def _add(self, mark: Mark, function: Callable[..., object]) -> None:
        hints = typing.get_type_hints(function, include_extras=True)
        known = Method(
            name=mark.name,
            function=function,
            parameters=_parameters_of(function, hints),
            is_async=inspect.iscoroutinefunction(function),
            mark=mark,
            takes_caller=Caller in hints.values(),
            result=hints["return"],
        )
        for name in (mark.name, *mark.aliases):
            assert name not in self._methods, f"two methods are called {name}"
            self._methods[name] = known
        self._closers.update(dict.fromkeys(mark.unsubscribe, mark))


def _marking(mark: Mark) -> Callable[[F], F]:
    def note(function: F) -> F:
        vars(function)[_MARK] = mark
        return function

    return note


def _marked_methods(namespace: object) -> Iterable[tuple[Mark, Callable[..., object]]]:
    members: Mapping[str, object] = vars(type(namespace))
    for name, member in members.items():
        mark = getattr(member, _MARK, None)
        if isinstance(mark, Mark):
            yield mark, getattr(namespace, name)


def _parameters_of(
    function: Callable[..., object], hints: Mapping[str, Any]
) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name=_camel_case(name),
            type=hints[name],
            is_required=found.default is inspect.Parameter.empty,
            takes_null=NoneType in typing.get_args(hints[name]),
            default=None if found.default is inspect.Parameter.empty else found.default,
        )
        for name, found in inspect.signature(function).parameters.items()
        if hints[name] is not Caller
    )


def _camel_case(name: str) -> str:
    """Return the name of a parameter as clients write it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _convert(parameter: Parameter, value: object) -> object:
    if value is None:
        if parameter.is_required and not parameter.takes_null:
            raise invalid_params(f"{parameter.name} is missing")
        return parameter.default
    if value == "" and not parameter.is_required and parameter.takes_null:
        return parameter.default
    try:
        return msgspec.convert(value, parameter.type, dec_hook=decode_value)
    except (msgspec.ValidationError, RecursionError) as error:
        raise invalid_params(f"{parameter.name}: {error}") from None
