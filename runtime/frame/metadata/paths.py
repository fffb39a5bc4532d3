"""The Rust paths that clients know types by, and the short names that they show for fields.

A path stands for one type. Types of FRAME keep FRAME's paths; ours are named after the module they
lie in, and a union after the name it has beside its variants: `PreDigest = Primary | Secondary`.
"""

from __future__ import annotations

import re
import sys
from typing import Any, get_args

from runtime.frame import curves, origins, outcome, preimages
from runtime.frame.pallet import Pallet
from runtime.primitives import block, extrinsic
from runtime.primitives.schema import (
    Bool,
    Bytes,
    Choice,
    Compact,
    Composite,
    Custom,
    Fixed,
    Int,
    Mapping,
    Members,
    Named,
    Option,
    Product,
    Schema,
    Sequence,
    Text,
    Uint,
)
from runtime.primitives.types import AccountId

NOTHING = Product(())

DIGEST_ITEM = (
    block.Other,
    block.Consensus,
    block.Seal,
    block.PreRuntime,
    block.RuntimeEnvironmentUpdated,
)

CHOICE_PATHS: dict[tuple[type, ...], tuple[str, tuple[tuple[str, Any], ...]]] = {
    (
        extrinsic.Id,
        extrinsic.Index,
        extrinsic.Raw,
        extrinsic.Address32,
        extrinsic.Address20,
    ): (
        "sp_runtime::multiaddress::MultiAddress",
        (("AccountId", AccountId), ("AccountIndex", NOTHING)),
    ),
    (
        outcome.Unclassified,
        outcome.CannotLookup,
        outcome.WrongOrigin,
        outcome.Module,
        outcome.Token,
        outcome.Exhausted,
        outcome.Unavailable,
    ): ("sp_runtime::DispatchError", ()),
    DIGEST_ITEM: ("sp_runtime::generic::digest::DigestItem", ()),
    (preimages.Legacy, preimages.Inline, preimages.Lookup): (
        "frame_support::traits::preimages::Bounded",
        preimages.BOUNDED_PARAMETERS,
    ),
    (curves.LinearDecreasing,): ("pallet_referenda::types::Curve", ()),
    (origins.RawRoot, origins.RawSigned, origins.RawNone): (
        "frame_support::dispatch::RawOrigin",
        (("AccountId", AccountId),),
    ),
    (origins.SystemOrigin, origins.CustomOrigin): ("starminer_runtime::OriginCaller", ()),
}
"""Path and parameters of the unions that FRAME has, by their variants in order of their index."""

TUPLE_VARIANTS = DIGEST_ITEM
"""Variants whose fields FRAME leaves without names, though they have several."""

CLASS_PATHS = {
    "runtime.api.types.AllowedSlots": "sp_consensus_babe::AllowedSlots",
    "runtime.api.types.TransactionValidityError": (
        "sp_runtime::transaction_validity::TransactionValidityError"
    ),
    "runtime.api.types.UnknownKind": "sp_runtime::transaction_validity::UnknownTransaction",
    "runtime.frame.dispatch.GovernanceOrigin": (
        "starminer_runtime::governance::origins::pallet_custom_origins::Origin"
    ),
    "runtime.frame.dispatch.DispatchClass": "frame_support::dispatch::DispatchClass",
    "runtime.frame.fungible.FreezeReason": "starminer_runtime::RuntimeFreezeReason",
    "runtime.frame.fungible.HoldReason": "starminer_runtime::RuntimeHoldReason",
    "runtime.frame.outcome.Pays": "frame_support::dispatch::Pays",
    "runtime.frame.outcome.TokenFailure": "sp_runtime::TokenError",
    "runtime.frame.fungibles.NativeOrWithId": (
        "frame_support::traits::tokens::fungible::union_of::NativeOrWithId"
    ),
    "runtime.pallets.assets.types.AccountStatus": "pallet_assets::types::AccountStatus",
    "runtime.pallets.assets.types.AssetStatus": "pallet_assets::types::AssetStatus",
    "runtime.pallets.assets.types.ExistenceReason": "pallet_assets::types::ExistenceReason",
    "runtime.pallets.treasury.types.PaymentState": "pallet_treasury::PaymentState",
    "runtime.frame.schedule.DispatchTime": "frame_support::traits::schedule::DispatchTime",
    "runtime.pallets.referenda.types.ReferendumInfo": "pallet_referenda::types::ReferendumInfo",
    "runtime.pallets.conviction_voting.types.AccountVote": (
        "pallet_conviction_voting::vote::AccountVote"
    ),
    "runtime.pallets.conviction_voting.types.Conviction": (
        "pallet_conviction_voting::conviction::Conviction"
    ),
    "runtime.pallets.conviction_voting.types.Voting": "pallet_conviction_voting::vote::Voting",
    "runtime.pallets.proxy.types.DepositKind": "pallet_proxy::DepositKind",
    "runtime.pallets.preimage.OldRequestStatus": "pallet_preimage::OldRequestStatus",
    "runtime.pallets.preimage.RequestStatus": "pallet_preimage::RequestStatus",
    "runtime.pallets.balances.types.Reasons": "pallet_balances::types::Reasons",
    "runtime.primitives.equivocation.DoubleVote": "sp_consensus_grandpa::Equivocation",
    "runtime.validity.Invalid": "sp_runtime::transaction_validity::InvalidTransaction",
    "runtime.validity.TransactionSource": "sp_runtime::transaction_validity::TransactionSource",
}
"""FRAME's paths of what cannot bear a `type_path` of its own: enums and unions."""

CLASS_PARAMETERS = {
    "frame_support::traits::tokens::misc::IdAmount": (("Id", "id"), ("Balance", "amount")),
    "frame_support::dispatch::PerDispatchClass": (("T", "normal"),),
}
"""Parameters that tell types of one path apart, each with the field whose type it is."""

FIELD_NAMES = {("sp_runtime::ModuleError", "pallet"): "index"}
"""Fields that FRAME calls otherwise than we do, and clients look for."""


def class_path(kind: type) -> str:
    """Return the path of a class: FRAME's, or where it lies in our tree."""
    own: str | None = getattr(kind, "type_path", None)
    return own or _path_of(f"{kind.__module__}.{kind.__qualname__}")


def choice_path(kinds: tuple[type, ...]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Return the path and the parameters of a union, by its variants in order of their index.

    Raises:
        TypeError: the union has no name in a module of one of its variants.
    """
    known = CHOICE_PATHS.get(kinds)
    if known is not None:
        return known
    for module in dict.fromkeys(kind.__module__ for kind in kinds):
        for name, value in vars(sys.modules[module]).items():
            members = get_args(value)
            if len(members) == len(kinds) and all(kind in members for kind in kinds):
                return _path_of(f"{module}.{name}"), ()
    listed = " | ".join(kind.__name__ for kind in kinds)
    raise TypeError(f"{listed} needs a name of its own in the module of one of them")


def _path_of(place: str) -> str:
    """Return the path of what lies at a place of our tree, such as `runtime.validity.Invalid`."""
    return CLASS_PATHS.get(place) or "::".join(("starminer_runtime", *place.split(".")[1:]))


def crate(pallet: Pallet) -> str:
    """Return the name of the crate that a pallet would be: `pallet_transaction_payment`."""
    if pallet.name == "System":
        return "frame_system"
    return "pallet_" + re.sub(r"(?<!^)(?=[A-Z])", "_", pallet.name).lower()


def type_name(schema: Schema) -> str | None:
    """Return the short name that clients show for the type of a field, as Rust would write it.

    It is part of the metadata digest, so it depends on the schema alone.
    """
    match schema:
        case Fixed(_, path) | Named(_, path) if path:
            return path.split("::")[-1]
        case Composite(kind) | Members(kind):
            return class_path(kind).split("::")[-1]
        case Choice(variants):
            return choice_path(tuple(kind for _, kind in variants))[0].split("::")[-1]
        case Option(some):
            return f"Option<{type_name(some)}>"
        case Sequence(item, limit):
            return _list_name(type_name(item), limit)
        case Bytes(limit):
            return _list_name("u8", limit)
        case Mapping(key, value):
            return f"BTreeMap<{type_name(key)}, {type_name(value)}>"
        case Product(items):
            return f"({', '.join(str(type_name(item)) for item in items)})"
        case Custom(name=name):
            return name
        case _:
            return _plain_name(schema)


def _plain_name(schema: Schema) -> str | None:
    match schema:
        case Uint(width):
            return f"u{8 * width}"
        case Int(width):
            return f"i{8 * width}"
        case Compact(width):
            return f"Compact<u{8 * width}>"
        case Fixed(size):
            return f"[u8; {size}]"
        case Bool():
            return "bool"
        case Text():
            return "String"
        case _:
            raise TypeError(f"{schema} has no name")


def _list_name(item: str | None, limit: int | None) -> str:
    return f"Vec<{item}>" if limit is None else f"BoundedVec<{item}, {limit}>"
