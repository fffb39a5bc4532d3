"""The runtime APIs that the RPC itself asks, typed over `call(name, SCALE bytes, block)`."""

from node.rpc.backend import RuntimeCaller
from runtime.api import DispatchQuote, FeeDetails, InclusionFee, RuntimeVersion, UnknownApi
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import U32


class RuntimeCallRefused(Exception):
    """There is no such runtime API, or it cannot read its arguments; the message says which."""


class TypedRuntime:
    """Typed runtime calls; all raise RuntimeCallRefused and node.store.blocks.UnknownBlock."""

    def __init__(self, caller: RuntimeCaller) -> None:
        self._caller = caller

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        """Call any runtime API by name."""
        try:
            return self._caller.call(name, arguments, at)
        except UnknownApi:
            raise RuntimeCallRefused(f"Exported method {name[:80]} is not found") from None
        except DecodeError as error:
            raise RuntimeCallRefused(f"{name}: {error}") from None

    def version(self, at: bytes) -> RuntimeVersion:
        """Return the version in force after a block."""
        found: RuntimeVersion = decode(self.call("Core_version", b"", at), RuntimeVersion)
        return found

    def metadata(self, at: bytes) -> bytes:
        """Return metadata V14, without the length prefix of `OpaqueMetadata`."""
        found: bytes = decode(self.call("Metadata_metadata", b"", at), bytes)
        return found

    def quote(self, extrinsic: bytes, at: bytes) -> DispatchQuote:
        """Price an extrinsic (no length prefix) without looking at its signature."""
        reply = self.call("TransactionPaymentApi_query_info", _sized(extrinsic), at)
        found: DispatchQuote = decode(reply, DispatchQuote)
        return found

    def inclusion_fee(self, extrinsic: bytes, at: bytes) -> InclusionFee | None:
        """Return the parts of the price; None for an extrinsic that pays none."""
        reply = self.call("TransactionPaymentApi_query_fee_details", _sized(extrinsic), at)
        details: FeeDetails = decode(reply, FeeDetails)
        return details.inclusion_fee

    def dry_run(self, extrinsic: bytes, at: bytes) -> bytes:
        """Apply an extrinsic to a copy of the state; return the SCALE `ApplyExtrinsicResult`."""
        return self.call("BlockBuilder_apply_extrinsic", encode(extrinsic, bytes), at)


def _sized(extrinsic: bytes) -> bytes:
    wire = encode(extrinsic, bytes)
    return wire + encode(len(wire), U32)
