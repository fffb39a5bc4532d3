"""The payment namespace: what an extrinsic would cost."""

import msgspec

from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best, extrinsic_from_wire
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash, Hex


class WeightJson(msgspec.Struct, frozen=True):
    """Picoseconds of execution and bytes of proof."""

    ref_time: int
    proof_size: int


class DispatchInfoJson(msgspec.Struct, frozen=True, rename="camel"):
    """Weight, class and fee; the fee is a decimal string, since JavaScript has no u128."""

    weight: WeightJson
    dispatch_class: str = msgspec.field(name="class")
    partial_fee: str


class InclusionFeeJson(msgspec.Struct, frozen=True, rename="camel"):
    """The parts of a fee, in hex."""

    base_fee: str
    len_fee: str
    adjusted_weight_fee: str


class FeeDetailsJson(msgspec.Struct, frozen=True, rename="camel"):
    """The parts of a fee; null for an extrinsic that pays none."""

    inclusion_fee: InclusionFeeJson | None


class PaymentNamespace:
    """Prices extrinsics; their signatures are not looked at, since wallets send dummies."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime) -> None:
        self._chain = chain
        self._runtime = runtime

    @method("payment_queryInfo")
    def query_info(self, extrinsic: Hex, at: Hash | None = None) -> DispatchInfoJson:
        """Return weight, class and fee of an extrinsic."""
        raw = extrinsic_from_wire(extrinsic)
        info = self._runtime.quote(raw, block_hash_or_best(self._chain, at))
        return DispatchInfoJson(
            weight=WeightJson(info.weight.ref_time, info.weight.proof_size),
            dispatch_class=info.class_.name.lower(),
            partial_fee=str(info.partial_fee),
        )

    @method("payment_queryFeeDetails")
    def query_fee_details(self, extrinsic: Hex, at: Hash | None = None) -> FeeDetailsJson:
        """Return the parts of an extrinsic's fee."""
        raw = extrinsic_from_wire(extrinsic)
        fee = self._runtime.inclusion_fee(raw, block_hash_or_best(self._chain, at))
        if fee is None:
            return FeeDetailsJson(None)
        parts = (fee.base_fee, fee.len_fee, fee.adjusted_weight_fee)
        return FeeDetailsJson(InclusionFeeJson(*map(hex, parts)))
