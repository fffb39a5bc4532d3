"""Runtime APIs: what clients ask of the runtime at a block, by name, in SCALE.

Names, arguments and results are Substrate's. `APIS` is the only list: its classes answer the calls,
and the metadata and the runtime version describe them. A runtime API reads state and changes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import ClassVar

from runtime.api_types import (
    AllowedSlots,
    ApplyExtrinsicResult,
    BabeConfiguration,
    BabeEpoch,
    BabeEpochConfiguration,
    DispatchQuote,
    EncodedCall,
    EncodedExtrinsic,
    Err,
    FeeDetails,
    InclusionFee,
    InvalidResult,
    KeyTypeId,
    Ok,
    OpaqueMetadata,
    RuntimeVersion,
    TransactionSource,
    TransactionValidity,
    WeightedKeys,
)
from runtime.block_execution import EXTRINSIC_PICOSECONDS, ExhaustedBlock
from runtime.config import SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.calls import Call
from runtime.frame.dispatch import RefTime
from runtime.frame.metadata import (
    METADATA_VERSIONS,
    ConstantNote,
    Description,
    describe,
    encode_metadata,
    methods_of,
)
from runtime.genesis_state import empty_state
from runtime.primitives.compact import encode_compact
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, Nonce, Slot
from runtime.signing import UNKNOWN_HASH
from runtime.state.trie import Trie
from runtime.validity import Invalid, InvalidTransaction

__all__ = [
    "APIS",
    "VERSION",
    "DispatchQuote",
    "FeeDetails",
    "InclusionFee",
    "RuntimeApi",
    "RuntimeVersion",
    "UnknownApi",
    "with_length",
]

EPOCH_RULES = BabeEpochConfiguration((1, 4), AllowedSlots.PRIMARY_AND_SECONDARY_VRF_SLOTS)
"""What the lottery of consensus draws with: one slot in four has a primary author."""

SESSION_KEYS = (b"babe", b"gran")
"""The keys of a validator's session, in their order."""
KEY_BYTES = 32


class UnknownApi(LookupError):
    """There is no runtime API of that name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A block, by what the next one needs to know of it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """On which block a runtime API is asked."""

    apis: RuntimeApi
    executive: Executive
    state: Trie
    block: Place

    @property
    def runtime(self) -> Runtime:
        """The pallets over the state of the block."""
        return self.executive.runtime_at(self.state, self.block.number)

    def price_of_extrinsic(self, raw: bytes) -> tuple[DispatchQuote, FeeDetails]:
        """Return what an extrinsic would weigh and cost, whole and in parts."""
        extrinsic = decode_extrinsic(raw)
        call = self.executive.calls.decode(extrinsic.call)
        extra = extrinsic.extra
        return self._price(call, len(raw), 0 if extra is None else extra.tip, extra is not None)

    def price_of_call(self, raw: bytes, length: int) -> tuple[DispatchQuote, FeeDetails]:
        """Return what a call would weigh and cost in a transaction of `length` bytes."""
        return self._price(self.executive.calls.decode(raw), length, 0, True)

    def _price(
        self, call: Call, length: int, tip: int, pays: bool
    ) -> tuple[DispatchQuote, FeeDetails]:
        info, weight = call.entry.info, call.weight
        payment = self.runtime.transaction_payment
        parts: tuple[int, ...] = ()
        if pays and info.pays_fee:
            parts = payment.fee_parts(length, weight + EXTRINSIC_PICOSECONDS)
        quote = DispatchQuote(RefTime(weight, 0), info.kind, sum(parts))
        return quote, FeeDetails(InclusionFee(*parts) if parts else None, tip)


class Api:
    """The base of a runtime API: each public method of a subclass is a call."""

    api_version: ClassVar[int]

    def __init__(self, question: Question) -> None:
        self._question = question


class Core(Api):
    """What every runtime answers."""

    api_version = 5

    def version(self) -> RuntimeVersion:
        """Return which runtime this is."""
        return VERSION


class Metadata(Api):
    """The description of the runtime."""

    api_version = 2

    def metadata(self) -> OpaqueMetadata:
        """Return the metadata of version 14."""
        return self._question.apis.metadata()

    def metadata_at_version(self, version: U32) -> OpaqueMetadata | None:
        """Return the metadata of a version, or nothing if this runtime does not write it."""
        return self._question.apis.metadata(version) if version in METADATA_VERSIONS else None

    def metadata_versions(self) -> tuple[U32, ...]:
        """Return the versions of the metadata that this runtime writes."""
        return METADATA_VERSIONS


class BlockBuilder(Api):
    """Trying extrinsics on top of a block."""

    api_version = 6

    def apply_extrinsic(self, extrinsic: EncodedExtrinsic) -> ApplyExtrinsicResult:
        """Apply an extrinsic to an empty block, which is then forgotten: a dry run."""
        question = self._question
        execution = question.executive.open(question.block, question.state)
        execution.initialize()
        try:
            failure = execution.apply(extrinsic, _nothing_known)
        except InvalidTransaction as error:
            return Err(InvalidResult(error.kind))
        except ExhaustedBlock:
            return Err(InvalidResult(Invalid.EXHAUSTS_RESOURCES))
        return Ok(Ok(()) if failure is None else Err(failure))


class TaggedTransactionQueue(Api):
    """What a pool asks of a transaction."""

    api_version = 3

    def validate_transaction(
        self,
        source: TransactionSource,  # noqa: ARG002
        tx: EncodedExtrinsic,
        block_hash: H256,
    ) -> TransactionValidity:
        """Say whether a transaction could enter a block on top of `block_hash`, and its order."""
        question = self._question
        place = Place(question.block.number, block_hash)
        execution = question.executive.open(place, question.state)
        try:
            return Ok(execution.validate(tx, _nothing_known)[0])
        except InvalidTransaction as error:
            return Err(InvalidResult(error.kind))


class AccountNonceApi(Api):
    """Nonces of accounts."""

    api_version = 1

    def account_nonce(self, account: AccountId) -> Nonce:
        """Return the nonce that the next transaction of an account must bear."""
        return self._question.runtime.system.nonce(account)


class TransactionPaymentApi(Api):
    """What transactions cost; their signatures may be dummies."""

    api_version = 4

    def query_info(self, uxt: EncodedExtrinsic, len_: U32) -> DispatchQuote:  # noqa: ARG002
        """Return what a transaction would weigh and cost, without its tip."""
        return self._question.price_of_extrinsic(uxt)[0]

    def query_fee_details(self, uxt: EncodedExtrinsic, len_: U32) -> FeeDetails:  # noqa: ARG002
        """Return the parts of what a transaction would cost, and its tip."""
        return self._question.price_of_extrinsic(uxt)[1]

    def query_weight_to_fee(self, weight: RefTime) -> Balance:
        """Return what a weight costs."""
        return self._question.runtime.transaction_payment.fee_parts(0, weight.ref_time)[2]

    def query_length_to_fee(self, length: U32) -> Balance:
        """Return what bytes cost."""
        return self._question.runtime.transaction_payment.fee_parts(length, 0)[1]


class TransactionPaymentCallApi(Api):
    """What calls cost, in a transaction that is not made yet."""

    api_version = 3

    def query_call_info(self, call: EncodedCall, len_: U32) -> DispatchQuote:
        """Return what a call would weigh and cost in a transaction of `len` bytes."""
        return self._question.price_of_call(call, len_)[0]

    def query_call_fee_details(self, call: EncodedCall, len_: U32) -> FeeDetails:
        """Return the parts of what a call would cost in a transaction of `len` bytes."""
        return self._question.price_of_call(call, len_)[1]

    def query_weight_to_fee(self, weight: RefTime) -> Balance:
        """Return what a weight costs."""
        return self._question.runtime.transaction_payment.fee_parts(0, weight.ref_time)[2]

    def query_length_to_fee(self, length: U32) -> Balance:
        """Return what bytes cost."""
        return self._question.runtime.transaction_payment.fee_parts(length, 0)[1]


class BabeApi(Api):
    """The rules and the epochs of block production."""

    api_version = 2

    def configuration(self) -> BabeConfiguration:
        """Return the rules of block production."""
        babe = self._question.runtime.babe
        return BabeConfiguration(
            babe.config.slot_milliseconds,
            babe.config.epoch_slots,
            EPOCH_RULES.c,
            babe.authorities,
            babe.randomness,
            EPOCH_RULES.allowed_slots,
        )

    def current_epoch_start(self) -> Slot:
        """Return the first slot of the epoch under way."""
        return self._epoch(0).start_slot

    def current_epoch(self) -> BabeEpoch:
        """Return the epoch under way."""
        return self._epoch(0)

    def next_epoch(self) -> BabeEpoch:
        """Return the epoch after the one under way."""
        return self._epoch(1)

    def _epoch(self, ahead: int) -> BabeEpoch:
        babe = self._question.runtime.babe
        slots, index = babe.config.epoch_slots, babe.epoch_index + ahead
        return BabeEpoch(
            index,
            babe.genesis_slot + index * slots,
            slots,
            babe.authorities,
            babe.next_randomness if ahead else babe.randomness,
            EPOCH_RULES,
        )


class GrandpaApi(Api):
    """Who votes on finality."""

    api_version = 3

    def grandpa_authorities(self) -> WeightedKeys:
        """Return the voters and their weights."""
        return self._question.runtime.grandpa.authorities

    def current_set_id(self) -> U64:
        """Return the number of the set of voters."""
        return self._question.runtime.grandpa.current_set_id


class SessionKeys(Api):
    """The keys of validators."""

    api_version = 1

    def decode_session_keys(self, encoded: bytes) -> tuple[tuple[bytes, KeyTypeId], ...] | None:
        """Split the keys of a session, or return nothing if they are not of the right length."""
        if len(encoded) != KEY_BYTES * len(SESSION_KEYS):
            return None
        return tuple(
            (encoded[KEY_BYTES * n : KEY_BYTES * (n + 1)], kind)
            for n, kind in enumerate(SESSION_KEYS)
        )


APIS: tuple[type[Api], ...] = (
    Core,
    Metadata,
    BlockBuilder,
    TaggedTransactionQueue,
    AccountNonceApi,
    TransactionPaymentApi,
    TransactionPaymentCallApi,
    BabeApi,
    GrandpaApi,
    SessionKeys,
)
"""Every runtime API: what can be called, and what the metadata describes."""

VERSION = RuntimeVersion(
    SPEC_NAME,
    SPEC_NAME,
    1,
    SPEC_VERSION,
    1,
    tuple(
        (blake2b(api.__name__.encode(), digest_size=8).digest(), api.api_version) for api in APIS
    ),
    TRANSACTION_VERSION,
    1,
)

CONSTANTS = {
    "System": (ConstantNote("Version", RuntimeVersion, VERSION, ("The version of the runtime.",)),)
}
"""Constants of pallets that only this layer knows."""


class RuntimeApi:
    """Answers runtime API calls on the state of a block."""

    def __init__(self, executive: Executive) -> None:
        self._executive = executive
        self._metadata: dict[int, bytes] = {}
        self._methods = {
            f"{api.__name__}_{method.name}": (api, method)
            for api in APIS
            for method in methods_of(api)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every call there is."""
        return tuple(self._methods)

    def call(
        self,
        name: str,
        arguments: bytes,
        state: Trie,
        number: int,
        block_hash: bytes = UNKNOWN_HASH,
    ) -> bytes:
        """Call a runtime API on `state`, the state of the block of that number and hash.

        Only the dry run looks at the hash: without it, transactions born at this block look old.

        Raises:
            UnknownApi: there is no such API.
            DecodeError: the arguments are not what the API takes.
        """
        found = self._methods.get(name)
        if found is None:
            raise UnknownApi(f"no runtime API is called {name}")
        api, method = found
        values = decode(arguments, method.input_schema)
        question = Question(self, self._executive, state, Place(number, block_hash))
        return encode(method.function(api(question), *values), method.output)

    def metadata(self, version: int = 14) -> bytes:
        """Return the metadata of the runtime in one of its versions."""
        if not self._metadata:
            found = self.description()
            self._metadata = {one: encode_metadata(found, one) for one in METADATA_VERSIONS}
        return self._metadata[version]

    def description(self) -> Description:
        """Describe the runtime."""
        runtime = self._executive.runtime_at(empty_state(), 0)
        return describe(runtime.pallets, APIS, CONSTANTS)


def _nothing_known(_: bytes) -> None:
    """Know no extrinsic: check each anew."""


def with_length(extrinsic: bytes) -> bytes:
    """Return an extrinsic as clients exchange it: with its length in front."""
    return encode_compact(len(extrinsic)) + extrinsic
