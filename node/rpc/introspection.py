"""The rpc namespace: which methods this server answers."""

from collections.abc import Callable

import msgspec

from node.rpc.registry import method


class MethodsJson(msgspec.Struct, frozen=True):
    """Names of methods."""

    methods: list[str]


class RpcNamespace:
    """Lists the methods of the registry it is part of."""

    def __init__(self, names: Callable[[], list[str]]) -> None:
        self._names = names

    @method("rpc_methods")
    def methods(self) -> MethodsJson:
        """List every method that would answer, aliases included."""
        return MethodsJson(self._names())
