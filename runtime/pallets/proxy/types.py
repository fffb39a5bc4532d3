"""What a proxy may do, what the chain keeps of one, and what it announces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from runtime.frame import PalletError, event
from runtime.frame.results import DispatchResult
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import H256, U16, U32, AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class Config:
    """What proxies and announcements cost while they are there, in planck."""

    proxy_deposit_base: Balance
    proxy_deposit_factor: Balance
    announcement_deposit_base: Balance
    announcement_deposit_factor: Balance


MAX_PROXIES, MAX_PENDING = 32, 32
"""Proxies of one account, and announcements of one proxy."""


class ProxyType(Enum):
    """What a proxy may do. Indices are append-only."""

    ANY = 0
    """Everything."""
    NON_TRANSFER = 1
    """What moves no tokens to others: it neither transfers nor buys."""
    GOVERNANCE = 2
    """Referenda, votes, and calls for them."""
    CLIENT = 3
    """Orders work, which the account pays for."""
    PROVIDER = 4
    """Does work: what a machine needs to serve for an account that lies in a safe."""
    VALIDATOR = 5
    """Session keys and the bond of a validator."""
    CANCEL_PROXY = 6
    """Only rejects what other proxies have announced."""

    def includes(self, other: ProxyType) -> bool:
        """Say whether whatever `other` may do, this may too."""
        if self is ProxyType.NON_TRANSFER:
            return other not in (ProxyType.ANY, ProxyType.CLIENT)
        return self in (ProxyType.ANY, other)

    def lets_through(self, pallet: str, call: str) -> bool:
        """Say whether a proxy of this type may make a call; those inside it are asked about too."""
        if self is ProxyType.ANY or (pallet, call) in ALWAYS:
            return True
        return pallet in PALLETS[self] or (pallet, call) in CALLS[self]


ALWAYS = (("Utility", "batch"), ("Utility", "batch_all"), ("Utility", "force_batch"))
"""Calls that only hold others."""

GOVERNING = (
    *("Referenda", "ConvictionVoting", "Preimage", "Whitelist", "Guardian"),
    *("Treasury", "Bounties", "ChildBounties"),
)
VALIDATING = ("Session", "Staking", "VoterList")

PALLETS: Mapping[ProxyType, tuple[str, ...]] = {
    ProxyType.NON_TRANSFER: (
        *("System", "Utility", "Multisig", "Proxy", "Providers", "Identity"),
        *GOVERNING,
        *VALIDATING,
    ),
    ProxyType.GOVERNANCE: GOVERNING,
    ProxyType.CLIENT: (),
    ProxyType.PROVIDER: ("Providers",),
    ProxyType.VALIDATOR: VALIDATING,
    ProxyType.CANCEL_PROXY: (),
}
"""Pallets of which a type may make every call."""

SERVING = tuple(
    ("Jobs", name) for name in ("start_job", "decline_job", "commit_segment", "settle_segment")
)
VESTING = tuple(
    (name, call) for name in ("Vesting", "AmaxVesting") for call in ("vest", "vest_other")
)
BUYING = tuple(
    ("Jobs", name)
    for name in (
        *("submit_job", "order_job", "top_up_job", "redeem"),
        *("cancel_job", "settle_segment"),
    )
)

CALLS: Mapping[ProxyType, tuple[tuple[str, str], ...]] = {
    ProxyType.NON_TRANSFER: (*SERVING, *VESTING),
    ProxyType.GOVERNANCE: (),
    ProxyType.CLIENT: BUYING,
    ProxyType.PROVIDER: SERVING,
    ProxyType.VALIDATOR: (),
    ProxyType.CANCEL_PROXY: (("Proxy", "reject_announcement"),),
}
"""Single calls that it may make beside those."""


@dataclass(frozen=True, slots=True)
class ProxyDefinition:
    """An account that may act for another."""

    type_path: ClassVar[str] = "pallet_proxy::ProxyDefinition"
    delegate: AccountId
    proxy_type: ProxyType
    delay: BlockNumber
    """Blocks for which a call must have been announced."""

    @property
    def order(self) -> tuple[AccountId, int, int]:
        """Proxies are kept ascending by this."""
        return self.delegate, self.proxy_type.value, self.delay


@dataclass(frozen=True, slots=True)
class Announcement:
    """A call that a proxy is going to make."""

    type_path: ClassVar[str] = "pallet_proxy::Announcement"
    real: AccountId
    call_hash: H256
    height: BlockNumber

    def is_of(self, real: AccountId, call_hash: H256) -> bool:
        """Say whether this is the announcement of a call for an account."""
        return (self.real, self.call_hash) == (real, call_hash)


@dataclass(frozen=True, slots=True)
class Spawned:
    """Who made a pure account, and holds its first deposit."""

    spawner: AccountId
    deposit: Balance


def pure_account(
    who: AccountId, proxy_type: ProxyType, index: int, height: int, extrinsic_index: int
) -> AccountId:
    """Return the account that `who` makes by an extrinsic; nobody has a key for it."""
    place = encode(height, U32) + encode(extrinsic_index, U32)
    kind = encode(proxy_type, ProxyType) + encode(index, U16)
    return blake2_256(b"modlpy/proxy____" + who + place + kind)


@event
class ProxyExecuted:
    """A call was made for another account."""

    result: DispatchResult


@event
class PureCreated:
    """An account was made that has no key: its proxies alone act for it."""

    pure: AccountId
    who: AccountId
    proxy_type: ProxyType
    disambiguation_index: U16
    at: BlockNumber
    extrinsic_index: U32


@event
class Announced:
    """A proxy announced a call."""

    real: AccountId
    proxy: AccountId
    call_hash: H256


@event
class ProxyAdded:
    """An account lets another act for it."""

    delegator: AccountId
    delegatee: AccountId
    proxy_type: ProxyType
    delay: BlockNumber


@event
class ProxyRemoved:
    """An account does not let another act for it any more."""

    delegator: AccountId
    delegatee: AccountId
    proxy_type: ProxyType
    delay: BlockNumber


@event
class PureKilled:
    """Nobody acts for a pure account any more: what it still owns is lost."""

    pure: AccountId
    spawner: AccountId
    proxy_type: ProxyType
    disambiguation_index: U16


class DepositKind(Enum):
    """What a deposit of this pallet is for. Indices are append-only."""

    PROXIES = 0
    ANNOUNCEMENTS = 1


@event
class DepositPoked:
    """An account holds what its proxies, or its announcements, cost now."""

    who: AccountId
    kind: DepositKind
    old_deposit: Balance
    new_deposit: Balance


EVENTS = (
    ProxyExecuted,
    PureCreated,
    Announced,
    ProxyAdded,
    ProxyRemoved,
    PureKilled,
    DepositPoked,
)


class Error(PalletError):
    """Why Proxy refused a call."""

    TOO_MANY = 0, "There are too many proxies, or too many announcements."
    NOT_FOUND = 1, "There is no such proxy or announcement."
    NOT_PROXY = 2, "The sender is no proxy of the account."
    UNPROXYABLE = 3, "A call that this proxy may not make."
    DUPLICATE = 4, "The account is a proxy of this kind already."
    NO_PERMISSION = 5, "The call may not be made by this account."
    UNANNOUNCED = 6, "The call was not announced, or not long enough ago."
    NO_SELF_PROXY = 7, "An account is no proxy of its own."
