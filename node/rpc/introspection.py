"""The rpc namespace: which methods this server answers, and how they are called."""

from collections.abc import Callable
from functools import cached_property

import msgspec

from node.rpc.openrpc import OpenRpc, document
from node.rpc.registry import Registry, method


class MethodsJson(msgspec.Struct, frozen=True):
    """Names of methods."""

    methods: list[str]


class RpcNamespace:
    """Describes the registry it is part of."""

    def __init__(self, registry: Callable[[], Registry], version: str) -> None:
        self._registry = registry
        self._version = version

    @method("rpc_methods")
    def methods(self) -> MethodsJson:
        """List every method that would answer, aliases included."""
        return MethodsJson(self._registry().names())

    @method("rpc_discover", "rpc.discover")
    def discover(self) -> OpenRpc:
        """Return an OpenRPC document of every method that would answer."""
        return self._document

    @cached_property
    def _document(self) -> OpenRpc:
        return document(self._registry().methods(), self._version)
