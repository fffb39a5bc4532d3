"""Types that clients read by hand, described as Substrate describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.frame.metadata.shapes import (
    CompositeDef,
    Field,
    Parameter,
    SignedExtension,
    TupleDef,
    TypeInfo,
    Variant,
    VariantDef,
)
from runtime.primitives.extrinsic import PROVEN, UNPROVEN, MultiAddress
from runtime.primitives.schema import Bytes, Compact, Fixed, Option, Product, Uint
from runtime.primitives.types import AccountId

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

VERIFYING = "VerifyMultiSignature"
"""The extension that the second list begins with."""

UNCHECKED_EXTRINSIC = "UncheckedExtrinsic"
"""The key of the extrinsic's type; clients find its parts by the names of its parameters."""

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


def verifying_extension(registry: Registry) -> SignedExtension:
    """Describe the proof that says who calls: what the list of version 1 begins with."""

    def describe() -> TypeInfo:
        fields = (
            Field("signature", multi_signature(registry), "T::Signature", ()),
            Field("account", registry.id_of(AccountId), "T::AccountId", ()),
        )
        variants = (Variant("Signed", fields, PROVEN, ()), Variant("Disabled", (), UNPROVEN, ()))
        path = ("pallet_verify_signature", "extension", "VerifySignature")
        return TypeInfo(path, (Parameter("T", None),), VariantDef(variants), ())

    found = registry.reserve(("extension", VERIFYING), describe)
    return SignedExtension(VERIFYING, found, registry.id_of(Product(())))


@dataclass(frozen=True, slots=True)
class ExtrinsicTypes:
    """The extrinsic, by the numbers of the types of its parts."""

    type: int
    address: int
    call: int
    signature: int
    extra: int
    extensions: tuple[SignedExtension, ...]


def extrinsic_types(registry: Registry, call: int) -> ExtrinsicTypes:
    """Describe the extrinsic and its parts."""
    address, signature = registry.id_of(MultiAddress), multi_signature(registry)
    extensions = tuple(
        SignedExtension(
            name,
            extension(registry, name, module, body),
            registry.id_of(Product(()) if signed is None else signed),
        )
        for name, module, body, signed in EXTENSIONS
    )
    extra = registry.reserve("Extra", lambda: _tuple_of([one.type for one in extensions]))
    params = (
        Parameter("Address", address),
        Parameter("Call", call),
        Parameter("Signature", signature),
        Parameter("Extra", extra),
    )

    def describe() -> TypeInfo:
        path = ("sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic")
        fields = (Field(None, registry.id_of(Bytes()), None, ()),)
        return TypeInfo(path, params, CompositeDef(fields), ())

    whole = registry.reserve(UNCHECKED_EXTRINSIC, describe)
    return ExtrinsicTypes(whole, address, call, signature, extra, extensions)


def _tuple_of(parts: list[int]) -> TypeInfo:
    return TypeInfo((), (), TupleDef(tuple(parts)), ())


def _mode(registry: Registry) -> int:
    def describe() -> TypeInfo:
        variants = (Variant("Disabled", (), 0, ()), Variant("Enabled", (), 1, ()))
        return TypeInfo(("frame_metadata_hash_extension", "Mode"), (), VariantDef(variants), ())

    return registry.reserve("Mode", describe)
