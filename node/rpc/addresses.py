"""Accounts as people write them: SS58 with the chain's prefix, or hex."""

from node.rpc.errors import invalid_params
from node.rpc.values import Hash
from runtime.primitives.ss58 import decode_ss58, encode_ss58


class Addresses:
    """Reads addresses of any network, writes those of one."""

    def __init__(self, prefix: int) -> None:
        self._prefix = prefix

    def decode(self, text: str) -> bytes:
        """Return the account id behind SS58 or 0x-hex; an address of another network is accepted.

        Raises RpcError.
        """
        try:
            return bytes(Hash.from_json(text)) if text[:2] == "0x" else decode_ss58(text)[0]
        except ValueError as error:
            raise invalid_params(f"wanted an SS58 address or 32 bytes of 0x-hex: {error}") from None

    def encode(self, account: bytes) -> str:
        """Write SS58."""
        return encode_ss58(account, self._prefix)

    def encode_maybe(self, account: bytes | None) -> str | None:
        """Write SS58, or null."""
        return None if account is None else self.encode(account)
