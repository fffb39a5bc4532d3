"""Runtime APIs: what clients ask of the runtime at a block, by name, in SCALE.

Names, arguments and results are Substrate's. A runtime API reads state and changes none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, ClassVar

from runtime.block_execution import EXTRINSIC_PICOSECONDS
from runtime.config import SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.frame.metadata import encode_metadata
from runtime.genesis_state import empty_state
from runtime.primitives.compact import DecodeError, decode_compact, encode_compact
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.scale import decode, encode
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U8, U32, AccountId, Balance
from runtime.state.trie import Trie

API_VERSIONS = (
    ("Core", 5),
    ("Metadata", 2),
    ("BlockBuilder", 6),
    ("TaggedTransactionQueue", 3),
    ("AccountNonceApi", 1),
    ("TransactionPaymentApi", 4),
    ("GrandpaApi", 3),
    ("BabeApi", 2),
)
"""The APIs that clients look for, with the version of each that ours follows."""

ApiId = Annotated[bytes, Fixed(8)]


class UnknownApi(LookupError):
    """There is no runtime API of that name."""


@dataclass(frozen=True, slots=True)
class RuntimeVersion:
    """Which runtime a block was made by, and what it can be asked."""

    type_path: ClassVar[str] = "sp_version::RuntimeVersion"
    spec_name: str
    impl_name: str
    authoring_version: U32
    spec_version: U32
    impl_version: U32
    apis: tuple[tuple[ApiId, U32], ...]
    transaction_version: U32
    system_version: U8


@dataclass(frozen=True, slots=True)
class DispatchQuote:
    """What a transaction would weigh and cost."""

    weight: RefTime
    class_: DispatchClass
    partial_fee: Balance


@dataclass(frozen=True, slots=True)
class InclusionFee:
    """The parts of a fee."""

    base_fee: Balance
    len_fee: Balance
    adjusted_weight_fee: Balance


@dataclass(frozen=True, slots=True)
class FeeDetails:
    """The parts of a fee, and the tip."""

    inclusion_fee: InclusionFee | None
    tip: Balance


VERSION = RuntimeVersion(
    SPEC_NAME,
    SPEC_NAME,
    1,
    SPEC_VERSION,
    1,
    tuple(
        (blake2b(name.encode(), digest_size=8).digest(), version) for name, version in API_VERSIONS
    ),
    TRANSACTION_VERSION,
    1,
)


class RuntimeApi:
    """Answers runtime API calls on the state of a block."""

    def __init__(self, executive: Executive) -> None:
        self._executive = executive
        self._metadata: bytes | None = None
        self._methods: dict[str, Callable[[bytes, Runtime], bytes]] = {
            "Core_version": self._version,
            "Metadata_metadata": self._encoded_metadata,
            "Metadata_metadata_at_version": self._metadata_at_version,
            "Metadata_metadata_versions": self._metadata_versions,
            "AccountNonceApi_account_nonce": self._account_nonce,
            "TransactionPaymentApi_query_info": self._query_info,
            "TransactionPaymentApi_query_fee_details": self._query_fee_details,
            "GrandpaApi_grandpa_authorities": self._grandpa_authorities,
            "GrandpaApi_current_set_id": self._current_set_id,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every API that can be called."""
        return tuple(self._methods)

    def call(self, name: str, arguments: bytes, state: Trie, number: int) -> bytes:
        """Call a runtime API on `state`, the state of block `number`.

        Raises:
            UnknownApi: there is no such API.
            DecodeError: the arguments are not what the API takes.
        """
        method = self._methods.get(name)
        if method is None:
            raise UnknownApi(f"no runtime API is called {name}")
        return method(arguments, self._executive.runtime_at(state, number))

    def metadata(self) -> bytes:
        """Return the metadata of the runtime, version 14."""
        if self._metadata is None:
            runtime = self._executive.runtime_at(empty_state(), 0)
            self._metadata = encode_metadata(runtime.pallets)
        return self._metadata

    def quote(self, raw: bytes, runtime: Runtime) -> tuple[DispatchQuote, FeeDetails]:
        """Return what an extrinsic would weigh and cost; its signature may be a dummy."""
        extrinsic = decode_extrinsic(raw)
        call = self._executive.calls.decode(extrinsic.call)
        info, weight = call.entry.info, call.weight
        tip = extrinsic.signature.extra.tip if extrinsic.signature else 0
        pays = info.pays_fee and extrinsic.signature is not None
        payment = runtime.transaction_payment
        parts = payment.fee_parts(len(raw), weight + EXTRINSIC_PICOSECONDS) if pays else None
        fee = InclusionFee(*parts) if parts else None
        quote = DispatchQuote(RefTime(weight, 0), info.kind, sum(parts or ()))
        return quote, FeeDetails(fee, tip)

    def _version(self, _: bytes, __: Runtime) -> bytes:
        return encode(VERSION, RuntimeVersion)

    def _encoded_metadata(self, _: bytes, __: Runtime) -> bytes:
        return encode(self.metadata(), bytes)

    def _metadata_at_version(self, arguments: bytes, _: Runtime) -> bytes:
        version = decode(arguments, U32)
        return encode(self.metadata() if version == 14 else None, bytes | None)

    def _metadata_versions(self, _: bytes, __: Runtime) -> bytes:
        return encode((14,), tuple[U32, ...])

    def _account_nonce(self, arguments: bytes, runtime: Runtime) -> bytes:
        return encode(runtime.system.nonce(decode(arguments, AccountId)), U32)

    def _query_info(self, arguments: bytes, runtime: Runtime) -> bytes:
        return encode(self.quote(_extrinsic_of(arguments), runtime)[0], DispatchQuote)

    def _query_fee_details(self, arguments: bytes, runtime: Runtime) -> bytes:
        return encode(self.quote(_extrinsic_of(arguments), runtime)[1], FeeDetails)

    def _grandpa_authorities(self, _: bytes, runtime: Runtime) -> bytes:
        return encode(runtime.grandpa.authorities, type(runtime.grandpa).authorities.annotations[0])

    def _current_set_id(self, _: bytes, runtime: Runtime) -> bytes:
        return runtime.grandpa.current_set_id.to_bytes(8, "little")


def _extrinsic_of(arguments: bytes) -> bytes:
    """Return the extrinsic of `(extrinsic, length)`, where it bears its own length in front."""
    size, start = decode_compact(arguments, 0)
    if len(arguments) not in (start + size, start + size + 4):
        raise DecodeError(f"wanted an extrinsic of {size} bytes and a length")
    return arguments[start : start + size]


def with_length(extrinsic: bytes) -> bytes:
    """Return an extrinsic as clients exchange it: with its length in front."""
    return encode_compact(len(extrinsic)) + extrinsic
