"""The runtime APIs: each class is one, each public method a call; `APIS` is the only list.

Names, arguments and results are Substrate's. A runtime API reads state and changes none.
"""

from __future__ import annotations

from hashlib import blake2b

from runtime.api.base import Api
from runtime.api.economy import EconomyApi
from runtime.api.liquidity import AssetConversionApi, AssetsApi, LiquidityApi
from runtime.api.market import JobsApi
from runtime.api.market_apis import PricingApi, ProvidersApi
from runtime.api.oracle import OracleApi
from runtime.api.parameters import ParametersApi
from runtime.api.question import Place, Question
from runtime.api.rewards import AmaxApi, MiningApi, ReferralApi
from runtime.api.rwa import RwaApi
from runtime.api.staking import StakingApi
from runtime.api.types import (
    AllowedSlots,
    ApplyExtrinsicResult,
    BabeConfiguration,
    BabeEpoch,
    BabeEpochConfiguration,
    DispatchQuote,
    EncodedCall,
    EncodedExtrinsic,
    FeeDetails,
    InvalidResult,
    OpaqueKeyOwnershipProof,
    OpaqueMetadata,
    RuntimeVersion,
    TransactionValidity,
    WeightedKeys,
)
from runtime.api.vaults import VaultsApi
from runtime.block_execution import ExhaustedBlock
from runtime.config import SPEC_NAME, TRANSACTION_VERSION
from runtime.frame.dispatch import RefTime
from runtime.frame.metadata import METADATA_VERSIONS, ConstantNote
from runtime.frame.results import Err, Ok
from runtime.primitives.equivocation import BlockEquivocation, VoteEquivocation
from runtime.primitives.extrinsic import encode_bare
from runtime.primitives.membership import (
    AUDIT_KEY,
    BABE_KEY,
    GRANDPA_KEY,
    KeyTypeId,
    MembershipProof,
)
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import (
    H256,
    U32,
    U64,
    AccountId,
    Balance,
    Nonce,
    PublicKey,
    Slot,
)
from runtime.rules import Rules
from runtime.validity import Invalid, InvalidTransaction, TransactionSource

EPOCH_RULES = BabeEpochConfiguration((1, 4), AllowedSlots.PRIMARY_AND_SECONDARY_VRF_SLOTS)
"""What the lottery of consensus draws with: one slot in four has a primary author."""

SESSION_KEYS = (BABE_KEY, GRANDPA_KEY, AUDIT_KEY)
"""The keys of a validator's session, in their order."""
KEY_BYTES = 32


class Core(Api):
    """What every runtime answers."""

    api_version = 5

    def version(self) -> RuntimeVersion:
        """Return which runtime this is."""
        return version_of(self._question.rules)


class Metadata(Api):
    """The description of the runtime."""

    api_version = 2

    def metadata(self) -> OpaqueMetadata:
        """Return the metadata of version 14."""
        return self._question.metadata(14)

    def metadata_at_version(self, version: U32) -> OpaqueMetadata | None:
        """Return the metadata of a version, or nothing if this runtime does not write it."""
        return self._question.metadata(version) if version in METADATA_VERSIONS else None

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
        source: TransactionSource,
        tx: EncodedExtrinsic,
        block_hash: H256,
    ) -> TransactionValidity:
        """Say whether a transaction could enter a block on top of `block_hash`, and its order."""
        question = self._question
        place = Place(question.block.number, block_hash)
        execution = question.executive.open(place, question.state)
        try:
            return Ok(execution.validate(tx, _nothing_known, source)[0])
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
            babe.next_authorities if ahead else babe.authorities,
            babe.next_randomness if ahead else babe.randomness,
            EPOCH_RULES,
        )

    def generate_key_ownership_proof(
        self,
        slot: Slot,  # noqa: ARG002
        authority_id: PublicKey,
    ) -> OpaqueKeyOwnershipProof | None:
        """Prove that an author of this session owns its key, for a report; or return nothing.

        Ask on a block of the session that the slot was in.
        """
        return _ownership(self._question, BABE_KEY, authority_id)

    def submit_report_equivocation_unsigned_extrinsic(
        self, equivocation_proof: BlockEquivocation, key_owner_proof: OpaqueKeyOwnershipProof
    ) -> tuple[()] | None:
        """Submit a report of two blocks to the pool of this node, or return nothing.

        A node calls this for itself. Clients send `report_equivocation`, signed.
        """
        return _report(self._question, "Babe", equivocation_proof, key_owner_proof)


class GrandpaApi(Api):
    """Who votes on finality."""

    api_version = 3

    def grandpa_authorities(self) -> WeightedKeys:
        """Return the voters and their weights."""
        return self._question.runtime.grandpa.authorities

    def current_set_id(self) -> U64:
        """Return the number of the set of voters."""
        return self._question.runtime.grandpa.current_set_id

    def generate_key_ownership_proof(
        self,
        set_id: U64,  # noqa: ARG002
        authority_id: PublicKey,
    ) -> OpaqueKeyOwnershipProof | None:
        """Prove that a voter of this session owns its key, for a report; or return nothing.

        Ask on a block of a session in which the set was the current one.
        """
        return _ownership(self._question, GRANDPA_KEY, authority_id)

    def submit_report_equivocation_unsigned_extrinsic(
        self, equivocation_proof: VoteEquivocation, key_owner_proof: OpaqueKeyOwnershipProof
    ) -> tuple[()] | None:
        """Submit a report of two votes to the pool of this node, or return nothing.

        A node calls this for itself. Clients send `report_equivocation`, signed.
        """
        return _report(self._question, "Grandpa", equivocation_proof, key_owner_proof)


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
    PricingApi,
    OracleApi,
    MiningApi,
    ReferralApi,
    VaultsApi,
    RwaApi,
    ParametersApi,
    ProvidersApi,
    EconomyApi,
    JobsApi,
    AmaxApi,
    AssetsApi,
    AssetConversionApi,
    LiquidityApi,
    StakingApi,
)
"""Every runtime API: what can be called, and what the metadata describes."""

API_VERSIONS = tuple(
    (blake2b(api.__name__.encode(), digest_size=8).digest(), api.api_version) for api in APIS
)


def version_of(rules: Rules) -> RuntimeVersion:
    """Return how a version of the runtime names itself to clients."""
    return RuntimeVersion(
        spec_name=SPEC_NAME,
        impl_name=SPEC_NAME,
        authoring_version=1,
        spec_version=rules.config.spec_version,
        impl_version=1,
        apis=API_VERSIONS,
        transaction_version=TRANSACTION_VERSION,
        system_version=1,
    )


def constants_of(rules: Rules) -> dict[str, tuple[ConstantNote, ...]]:
    """Return the constants of pallets that only this layer knows."""
    docs = ("The version of the runtime.",)
    return {"System": (ConstantNote("Version", RuntimeVersion, version_of(rules), docs),)}


def _nothing_known(_: bytes) -> None:
    """Know no extrinsic: check each anew."""


def _ownership(question: Question, kind: bytes, key: bytes) -> bytes | None:
    proof = question.runtime.historical.prove(kind, key)
    return None if proof is None else encode(proof, MembershipProof)


def _report(question: Question, pallet: str, proof: object, owner: bytes) -> tuple[()] | None:
    """Hand an unsigned report to the pool that the caller may submit to, if it has one."""
    if question.submit is None:
        return None
    try:
        membership: MembershipProof = decode(owner, MembershipProof)
    except DecodeError:
        return None
    call = question.rules.calls.encode(pallet, "report_equivocation_unsigned", proof, membership)
    question.submit(encode_bare(call))
    return ()
