"""What events say of actors: who takes a role, who is paid beside the rules of mining, who loses.

The rules of mining keep their own books by epoch, in the state; here stands what no rule of them
pays. Roles are those of requirement 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from node.explorer.decoding import DecodedBlock
from runtime.frame.earnings import Rule
from runtime.frame.fungible import HoldReason
from runtime.frame.metadata.registry import variant_name
from runtime.frame.pallet import Record
from runtime.pallets.amax_distribution.records import Claimed
from runtime.pallets.balances.types import BurnedHeld, Transfer, TransferOnHold
from runtime.primitives.types import AccountId, Balance


class Role(Enum):
    """What an account may be on this chain; one account may be several. Indices are stored."""

    CLIENT = 0
    PROVIDER = 1
    VALIDATOR = 2
    ORACLE = 3
    GOVERNANCE = 4
    STAKER = 5
    LIQUIDITY = 6
    REFERRER = 7
    BUILDER = 8
    GRANTEE = 9


class Act(Enum):
    """What an event says of an actor."""

    BEGAN = "began"
    EARNED = "earned"
    LOST = "lost"


class Said(NamedTuple):
    """What an event says of one account."""

    act: Act
    role: Role
    who: AccountId
    amount: Balance | None = None
    symbol: str = "AGPU"


BEGINNINGS: dict[str, tuple[Role, str]] = {
    "Jobs.JobSubmitted": (Role.CLIENT, "client"),
    "Providers.ProviderRegistered": (Role.PROVIDER, "provider"),
    "Staking.ValidatorPrefsSet": (Role.VALIDATOR, "stash"),
    "Oracle.Joined": (Role.ORACLE, "who"),
    "ConvictionVoting.Voted": (Role.GOVERNANCE, "who"),
    "ConvictionVoting.Delegated": (Role.GOVERNANCE, "who"),
    "Referenda.DecisionDepositPlaced": (Role.GOVERNANCE, "who"),
    "Guardian.CandidacySubmitted": (Role.GOVERNANCE, "candidate"),
    "Guardian.Approved": (Role.GOVERNANCE, "by"),
    "Guardian.Voted": (Role.GOVERNANCE, "who"),
    "Vaults.Joined": (Role.STAKER, "who"),
    "Staking.Nominated": (Role.STAKER, "stash"),
    "AssetConversion.LiquidityAdded": (Role.LIQUIDITY, "mint_to"),
    "AssetRewards.Staked": (Role.LIQUIDITY, "staker"),
    "Referral.ReferrerSet": (Role.REFERRER, "referrer"),
    "Jobs.BudgetSet": (Role.BUILDER, "payer"),
    "Vaults.VaultCreated": (Role.BUILDER, "founder"),
    "Assets.Created": (Role.BUILDER, "owner"),
    "AssetConversion.PoolCreated": (Role.BUILDER, "creator"),
    "Rwa.RwaRegistered": (Role.BUILDER, "issuer"),
    "Proxy.PureCreated": (Role.BUILDER, "who"),
    "Treasury.SpendApproved": (Role.GRANTEE, "beneficiary"),
    "Treasury.AssetSpendApproved": (Role.GRANTEE, "beneficiary"),
    "Bounties.CuratorAccepted": (Role.GRANTEE, "curator"),
    "Bounties.BountyAwarded": (Role.GRANTEE, "beneficiary"),
    "ChildBounties.Awarded": (Role.GRANTEE, "beneficiary"),
}
"""By which event an account takes a role, and which of its fields names the account."""

PAYMENTS: dict[str, tuple[Role, str, str]] = {
    "AssetRewards.RewardsHarvested": (Role.LIQUIDITY, "staker", "amount"),
    "Bounties.BountyClaimed": (Role.GRANTEE, "beneficiary", "payout"),
    "ChildBounties.Claimed": (Role.GRANTEE, "beneficiary", "payout"),
    "Vaults.ClaimPaid": (Role.CLIENT, "client", "amount"),
}
"""What pays AGPU by no rule of mining: to whom, and how much."""

LOSSES: dict[str, tuple[Role, str, str | None]] = {
    "Providers.ProviderSlashed": (Role.PROVIDER, "provider", "amount"),
    "Upgrades.ClaimRefuted": (Role.PROVIDER, "provider", "burned"),
    "Audits.AuditorFaulted": (Role.VALIDATOR, "auditor", None),
    "Oracle.Slashed": (Role.ORACLE, "who", "amount"),
    "Oracle.Jailed": (Role.ORACLE, "who", None),
    "Vaults.SlashApplied": (Role.STAKER, "who", "amount"),
    "Referral.ReferralVoided": (Role.REFERRER, "referrer", "amount"),
    "Referenda.DepositSlashed": (Role.GOVERNANCE, "who", "amount"),
    "Guardian.CandidateSlashed": (Role.GOVERNANCE, "candidate", "amount"),
    "SafeMode.DepositSlashed": (Role.GOVERNANCE, "account", "amount"),
}
"""What takes something, or marks an account: whose it was, and how much, if that is known yet."""

LOST_HOLDS: dict[HoldReason, Role] = {
    HoldReason.QUEUE_DEPOSIT: Role.CLIENT,
    HoldReason.DISPUTE_BOND: Role.CLIENT,
    HoldReason.BOUNTY: Role.GRANTEE,
    HoldReason.CHILD_BOUNTY: Role.GRANTEE,
    HoldReason.RWA_ISSUER: Role.BUILDER,
}
"""Deposits that leave their owner only as a punishment, and whose events name no account."""

OF_AMAX = ("Amax", "Referenda", "Guardian")
"""Pallets whose amounts are AMAX."""

ROLE_OF_RULE: dict[Rule, Role] = {
    Rule.JOB: Role.PROVIDER,
    Rule.WORK: Role.PROVIDER,
    Rule.AVAILABILITY: Role.PROVIDER,
    Rule.INFRA_POOL: Role.PROVIDER,
    Rule.REFERRAL: Role.REFERRER,
    Rule.GOVERNANCE_POOL: Role.GOVERNANCE,
    Rule.ACCURACY_POOL: Role.VALIDATOR,
    Rule.AUDIT: Role.VALIDATOR,
    Rule.STAKING: Role.VALIDATOR,
    Rule.VAULT: Role.STAKER,
    Rule.ORACLE: Role.ORACLE,
}
"""As what an account earns by each rule; a nominator's part of `STAKING` is that of a staker."""


def said_by(block: DecodedBlock, record: Record) -> Iterator[Said]:
    """Yield what an event says of actors; of most events that is nothing."""
    event: Any = record.event
    name = f"{record.pallet.name}.{variant_name(type(event))}"
    symbol = "AMAX" if record.pallet.name in OF_AMAX else "AGPU"
    if name in BEGINNINGS:
        role, who = BEGINNINGS[name]
        yield Said(Act.BEGAN, role, getattr(event, who))
    if name in PAYMENTS:
        role, who, amount = PAYMENTS[name]
        yield Said(Act.EARNED, role, getattr(event, who), getattr(event, amount))
    if name in LOSSES:
        role, who, lost = LOSSES[name]
        taken = None if lost is None else getattr(event, lost)
        yield Said(Act.LOST, role, getattr(event, who), taken, symbol)
    if name == "Staking.Slashed":
        role = staking_role(block, event.staker)
        yield Said(Act.LOST, role, event.staker, event.amount)
    yield from _moved(block, event, symbol)


def staking_role(block: DecodedBlock, who: AccountId) -> Role:
    """Return as what an account has AGPU at stake with the validators."""
    is_candidate = who in block.runtime.staking.validators
    return Role.VALIDATOR if is_candidate else Role.STAKER


def _moved(block: DecodedBlock, event: object, symbol: str) -> Iterator[Said]:
    """Yield what a movement of tokens says: grants, forfeited deposits, distributed AMAX."""
    match event:
        case Transfer(source, dest, amount) if source == block.runtime.treasury.account:
            yield Said(Act.EARNED, Role.GRANTEE, dest, amount, symbol)
        case BurnedHeld(reason, who, amount) if reason in LOST_HOLDS and amount:
            yield Said(Act.LOST, LOST_HOLDS[reason], who, amount, symbol)
        case TransferOnHold(reason, source, dest, amount) if reason in LOST_HOLDS:
            if source != dest:
                yield Said(Act.LOST, LOST_HOLDS[reason], source, amount, symbol)
        case Claimed(who, parts):
            for role, amount in (
                (Role.PROVIDER, parts.capacity + parts.infra),
                (Role.VALIDATOR, parts.accuracy),
                (Role.GOVERNANCE, parts.participation),
            ):
                if amount:
                    yield Said(Act.EARNED, role, who, amount, "AMAX")
