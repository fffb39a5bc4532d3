"""Runtime APIs at any block: the runtime's answers on the state that the chain keeps."""

from __future__ import annotations

from node.chain import Chain
from runtime.api import RuntimeApi


class StateRuntime:
    """Calls runtime APIs; the `RuntimeCaller` of the RPC."""

    def __init__(self, api: RuntimeApi, chain: Chain) -> None:
        self._api, self._chain = api, chain

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        """Call a runtime API, such as "Core_version", with SCALE arguments.

        Raises runtime.api.UnknownApi, DecodeError, node.store.blocks.UnknownBlock.
        """
        number = self._chain.blocks.known_header(at).number
        return self._api.call(name, arguments, self._chain.state_at(at), number, at)
