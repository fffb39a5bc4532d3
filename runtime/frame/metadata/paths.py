"""The Rust paths that clients know types by."""

from __future__ import annotations

import re
from typing import Any

from runtime.frame import outcome
from runtime.frame.pallet import Pallet
from runtime.primitives import block, extrinsic
from runtime.primitives.schema import Product
from runtime.primitives.types import AccountId

NOTHING = Product(())

ADDRESS = (
    extrinsic.Id,
    extrinsic.Index,
    extrinsic.Raw,
    extrinsic.Address32,
    extrinsic.Address20,
)
FAILURE = (
    outcome.Unclassified,
    outcome.CannotLookup,
    outcome.WrongOrigin,
    outcome.Module,
    outcome.Token,
)
DIGEST_ITEM = (
    block.Other,
    block.Consensus,
    block.Seal,
    block.PreRuntime,
    block.RuntimeEnvironmentUpdated,
)

CHOICE_PATHS: dict[tuple[type, ...], tuple[str, tuple[tuple[str, Any], ...]]] = {
    ADDRESS: (
        "sp_runtime::multiaddress::MultiAddress",
        (("AccountId", AccountId), ("AccountIndex", NOTHING)),
    ),
    FAILURE: ("sp_runtime::DispatchError", ()),
    DIGEST_ITEM: ("sp_runtime::generic::digest::DigestItem", ()),
}
"""Path and parameters of each union, by its variants in order of their index."""

MEMBER_PATHS = {
    "DispatchClass": "frame_support::dispatch::DispatchClass",
    "Pays": "frame_support::dispatch::Pays",
    "TokenFailure": "sp_runtime::TokenError",
    "HoldReason": "starminer_runtime::RuntimeHoldReason",
    "FreezeReason": "starminer_runtime::RuntimeFreezeReason",
    "Reasons": "pallet_balances::types::Reasons",
}


def type_path(kind: type) -> tuple[str, ...]:
    """Return the path of a class: its own `type_path`, or where it lies in our tree."""
    known = MEMBER_PATHS.get(kind.__name__) or getattr(kind, "type_path", None)
    if known:
        return tuple(known.split("::"))
    return ("starminer_runtime", *kind.__module__.split(".")[1:], kind.__name__)


def crate(pallet: Pallet) -> str:
    """Return the name of the crate that a pallet would be: `pallet_transaction_payment`."""
    if pallet.name == "System":
        return "frame_system"
    return "pallet_" + re.sub(r"(?<!^)(?=[A-Z])", "_", pallet.name).lower()
