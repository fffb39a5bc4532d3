"""What pallets may ask of a token: holds, and moving what is held.

A hold sets a part of an account's balance aside for one reason, in place: the owner still owns it,
and no pallet ever pools what belongs to users. Names follow FRAME's `fungible` traits.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from runtime.primitives.types import AccountId, Balance


class HoldReason(Enum):
    """Why a part of a balance is set aside. The indices are on the wire: only append."""

    JOB_ESCROW = 0
    PROVIDER_BOND = 1
    VALIDATOR_BOND = 2
    ORACLE_BOND = 3
    CLAIM_BOND = 4
    QUEUE_DEPOSIT = 5
    VAULT = 6
    PREIMAGE = 7
    REFERENDUM = 8
    MULTISIG = 9
    PROXY = 10
    SAFE_MODE = 11
    BOUNTY = 12
    CHILD_BOUNTY = 13
    DISPUTE_BOND = 14
    VESTING = 15
    REFERRAL = 19
    RESERVATION = 18
    ASSET_DEPOSIT = 20
    POOL_DEPOSIT = 21
    POOL_ASSET_DEPOSIT = 26
    IDENTITY = 22
    GUARDIAN = 23
    RWA_ISSUER = 24


class MintReason(Enum):
    """By which rule an amount came into being. The indices are on the wire: only append."""

    WORK = 0
    """A verified job gives a part of what it burned back to those who serve."""
    AVAILABILITY = 1
    """Proven capacity."""
    DISTRIBUTION = 2
    """AMAX for what was contributed in an epoch."""


AGPU_MINTS = (MintReason.WORK, MintReason.AVAILABILITY)
"""By which rules AGPU comes into being."""


class BurnReason(Enum):
    """Why an amount was destroyed. The indices are on the wire: only append."""

    TRANSACTION_FEE = 0
    CALL = 1
    """Its owner wanted it."""
    DUST = 2
    """An account fell below the existential deposit."""
    JOB = 3
    """The burned part of a fee for work, or of a late cancellation."""
    BOND = 4
    """A slash, or the entry fee of a provider."""
    DEPOSIT = 5
    """A deposit that was forfeited."""
    SWAP = 6
    """The part of a swap's fee that nobody gets."""


def burn_reason_of(reason: HoldReason) -> BurnReason:
    """Return the cause under which an amount is counted that is burned while on hold."""
    match reason:
        case HoldReason.JOB_ESCROW:
            return BurnReason.JOB
        case HoldReason.PROVIDER_BOND | HoldReason.VALIDATOR_BOND | HoldReason.ORACLE_BOND:
            return BurnReason.BOND
        case HoldReason.VAULT:
            return BurnReason.BOND
        case _:
            return BurnReason.DEPOSIT


class FreezeReason(Enum):
    """Why a part of a balance may not fall. The indices are on the wire: only append."""

    GOVERNANCE_LOCK = 0
    CONVICTION_VOTING = 1
    GUARDIAN_VOTE = 2


class Currency(Protocol):
    """A token that can be moved, burned and held. Each method raises `DispatchError` or succeeds.

    Amounts are in planck. Balances below the existential deposit do not exist: see `Balances`.
    """

    def free(self, who: AccountId) -> Balance:
        """Return the free balance of `who`, which includes what is frozen but not what is held."""
        ...

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has on hold for `reason`."""
        ...

    def hold(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Set `amount` of the free balance of `who` aside."""

    def release(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Give `amount` on hold back to the free balance of `who`."""

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances and keep `source` alive."""

    def transfer_and_reap(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances; an account with nothing left ends."""

    def transfer_on_hold(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: Balance
    ) -> None:
        """Move `amount` from a hold of `source` to the free balance of `dest`."""

    def burn_held(self, reason: HoldReason, who: AccountId, amount: Balance) -> None:
        """Destroy `amount` of a hold of `who`."""


class Holds(Protocol):
    """A token whose holds can be looked at."""

    def held(self, reason: HoldReason, who: AccountId) -> Balance:
        """Return what `who` has on hold for `reason`."""
        ...


def are_held(ledger: Holds, reason: HoldReason, parts: Iterable[tuple[AccountId, Balance]]) -> bool:
    """Say whether each account has on hold for a reason what its parts of it add up to."""
    sums: dict[AccountId, Balance] = {}
    for who, amount in parts:
        sums[who] = sums.get(who, 0) + amount
    return all(ledger.held(reason, who) == amount for who, amount in sums.items())


def rehold(
    ledger: Currency, reason: HoldReason, who: AccountId, before: Balance, after: Balance
) -> None:
    """Hold `after` instead of `before`, or raise `DispatchError`."""
    if after > before:
        ledger.hold(reason, who, after - before)
    elif after < before:
        ledger.release(reason, who, before - after)
