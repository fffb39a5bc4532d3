"""Types that clients read by hand, described as Substrate describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.frame.metadata.shapes import (
    CompositeDef,
    Field,
    Parameter,
    TupleDef,
    TypeInfo,
    Variant,
    VariantDef,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.schema import Bytes, Compact, Fixed, Option, Uint

if TYPE_CHECKING:
    from runtime.frame.metadata.registry import Registry

EXTENSIONS: tuple[tuple[str, str, Any, Any], ...] = (
    ("CheckNonZeroSender", "check_non_zero_sender", None, None),
    ("CheckSpecVersion", "check_spec_version", None, Uint(4)),
    ("CheckTxVersion", "check_tx_version", None, Uint(4)),
    ("CheckGenesis", "check_genesis", None, Fixed(32, "primitive_types::H256")),
    ("CheckMortality", "check_mortality", "Era", Fixed(32, "primitive_types::H256")),
    ("CheckNonce", "check_nonce", Compact(4), None),
    ("CheckWeight", "check_weight", None, None),
    ("ChargeTransactionPayment", "", Compact(16), None),
    ("CheckMetadataHash", "", "Mode", Option(Fixed(32))),
)
"""Identifier, module under `frame_system::extensions`, what travels, what is only signed."""

EXTENSION_PATHS = {
    "ChargeTransactionPayment": ("pallet_transaction_payment", "ChargeTransactionPayment"),
    "CheckMetadataHash": ("frame_metadata_hash_extension", "CheckMetadataHash"),
}


def phase(registry: Registry) -> TypeInfo:
    """Describe the phase of a block in which an event happened."""
    applied = Field(None, registry.id_of(Uint(4)), "u32", ())
    variants = (
        Variant("ApplyExtrinsic", (applied,), 0, ()),
        Variant("Finalization", (), 1, ()),
        Variant("Initialization", (), 2, ()),
    )
    return TypeInfo(("frame_system", "Phase"), (), VariantDef(variants), ())


def era(registry: Registry) -> int:
    """Describe the era: one variant for each first byte."""

    def describe() -> TypeInfo:
        second = Field(None, registry.id_of(Uint(1)), None, ())
        mortal = tuple(Variant(f"Mortal{n}", (second,), n, ()) for n in range(1, 256))
        variants = (Variant("Immortal", (), 0, ()), *mortal)
        return TypeInfo(("sp_runtime", "generic", "era", "Era"), (), VariantDef(variants), ())

    return registry.reserve("Era", describe)


def multi_signature(registry: Registry) -> int:
    """Describe a signature under any of the three schemes."""

    def describe() -> TypeInfo:
        schemes = (("Ed25519", 64), ("Sr25519", 64), ("Ecdsa", 65))
        variants = tuple(
            Variant(name, (Field(None, registry.id_of(Fixed(size)), None, ()),), index, ())
            for index, (name, size) in enumerate(schemes)
        )
        return TypeInfo(("sp_runtime", "MultiSignature"), (), VariantDef(variants), ())

    return registry.reserve("MultiSignature", describe)


def extension(registry: Registry, name: str, module: str, body: Any) -> int:
    """Describe what travels of a signed extension."""

    def describe() -> TypeInfo:
        path = EXTENSION_PATHS.get(name, ("frame_system", "extensions", module, name))
        if body is None:
            fields: tuple[Field, ...] = ()
        elif body == "Mode":
            fields = (Field("mode", _mode(registry), "Mode", ()),)
        else:
            inner = era(registry) if body == "Era" else registry.id_of(body)
            fields = (Field(None, inner, None, ()),)
        return TypeInfo(path, (), CompositeDef(fields), ())

    return registry.reserve(("extension", name), describe)


def unchecked_extrinsic(registry: Registry, call: int) -> int:
    """Describe the extrinsic; clients find address, call, signature and extra by parameter."""

    def describe() -> TypeInfo:
        parts = [extension(registry, name, module, body) for name, module, body, _ in EXTENSIONS]
        extra_id = registry.reserve("Extra", lambda: _tuple_of(parts))
        params = (
            Parameter("Address", registry.id_of(MultiAddress)),
            Parameter("Call", call),
            Parameter("Signature", multi_signature(registry)),
            Parameter("Extra", extra_id),
        )
        path = ("sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic")
        fields = (Field(None, registry.id_of(Bytes()), None, ()),)
        return TypeInfo(path, params, CompositeDef(fields), ())

    return registry.reserve("UncheckedExtrinsic", describe)


def _tuple_of(parts: list[int]) -> TypeInfo:
    return TypeInfo((), (), TupleDef(tuple(parts)), ())


def _mode(registry: Registry) -> int:
    def describe() -> TypeInfo:
        variants = (Variant("Disabled", (), 0, ()), Variant("Enabled", (), 1, ()))
        return TypeInfo(("frame_metadata_hash_extension", "Mode"), (), VariantDef(variants), ())

    return registry.reserve("Mode", describe)
