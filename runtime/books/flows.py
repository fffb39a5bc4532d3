"""What flowed in some blocks, by cause: sums of their events, and what they must add up to.

Names are `group.cause`; amounts are planck, work is micro-CU, energy watt-hours. Sums of blocks add
up to the sum of their flows, so an epoch is the sum of its blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.constants import TREASURY
from runtime.construct import Runtime
from runtime.frame.fungible import AGPU_MINTS, BurnReason, HoldReason, burn_reason_of
from runtime.frame.pallet import Record
from runtime.pallets import asset_conversion, asset_rewards, emission, jobs, treasury
from runtime.pallets.balances import (
    Burned,
    BurnedFor,
    BurnedHeld,
    Deposit,
    DustLost,
    Held,
    Minted,
    Released,
    Transfer,
    TransferOnHold,
    Withdraw,
)
from runtime.pallets.bounties.types import BountyApproved, BountyCanceled
from runtime.pallets.mining import PoolEraClosed, PoolSwept
from runtime.pallets.providers import HeartbeatReceived, WorkRecorded
from runtime.pallets.vaults import SurplusSwept
from runtime.primitives.types import Balance

Flows = dict[str, int]

AGPU = "Balances"
SEGMENT_PARTS = (
    *("fee", "burn", "scarcity_burn", "provider_paid", "validators", "oracles", "stakers"),
    *("treasury", "discount", "minted"),
)
"""Fields of `SegmentSettled` that are amounts."""
BONDS = (HoldReason.PROVIDER_BOND, HoldReason.VALIDATOR_BOND, HoldReason.ORACLE_BOND)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the sums of the state stand after a block, in planck."""

    issuance: Balance
    treasury: Balance
    """All that the treasury owns."""
    minted: dict[str, Balance]
    """Since block 0, by reason; likewise what was burned."""
    burned: dict[str, Balance]


@dataclass(frozen=True, slots=True)
class Check:
    """An equality that must hold to the last planck."""

    name: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.expected == self.found


def snapshot_of(runtime: Runtime) -> Snapshot:
    """Return the sums of the state under a runtime."""
    ledger = runtime.balances
    return Snapshot(
        issuance=ledger.total_issuance,
        treasury=ledger.total(TREASURY),
        minted={one.name.lower(): ledger.minted_by_reason[one] for one in AGPU_MINTS},
        burned={one.name.lower(): ledger.burned_by_reason[one] for one in BurnReason},
    )


def flows_of(records: Iterable[Record]) -> Flows:
    """Return what flowed in one block."""
    counter = _Counter()
    for record in records:
        if record.pallet.name == AGPU:
            counter.ledger(record.event, is_refund=record.phase >= 0)
        else:
            counter.other(record.event)
    return counter.close()


def added(one: Flows, other: Flows) -> Flows:
    """Return the sum of two flows."""
    return one | {name: one.get(name, 0) + amount for name, amount in other.items()}


def group(flows: Flows, name: str) -> Flows:
    """Return the flows of a group, without its name in theirs."""
    prefix = f"{name}."
    return {key[len(prefix) :]: one for key, one in flows.items() if key.startswith(prefix)}


def checks_of(opening: Snapshot, closing: Snapshot, flows: Flows) -> tuple[Check, ...]:
    """Return every equality between what the events say flowed and what the state became."""
    minted, burned = group(flows, "mint"), group(flows, "burn")
    fees, jobs_ = group(flows, "fees"), group(flows, "jobs")
    inflow, outflow = (sum(group(flows, f"treasury.{way}").values()) for way in ("in", "out"))
    spent = (jobs_.get(name, 0) for name in SEGMENT_PARTS if name not in ("fee", "minted"))
    grown = sum(minted.values()) - sum(burned.values())
    found = [
        Check("issuance", opening.issuance + grown, closing.issuance),
        Check("treasury", opening.treasury + inflow - outflow, closing.treasury),
        Check("transaction fees", fees.get("taken", 0), sum(fees.values()) - fees.get("taken", 0)),
        Check("fees of jobs", jobs_.get("fee", 0), sum(spent)),
        Check(
            "work minted",
            minted.get("work", 0),
            jobs_.get("minted", 0) + flows.get("deferred.paid", 0),
        ),
    ]
    for name, after in closing.minted.items():
        found.append(Check(f"minted: {name}", opening.minted[name] + minted.get(name, 0), after))
    for name, after in closing.burned.items():
        found.append(Check(f"burned: {name}", opening.burned[name] + burned.get(name, 0), after))
    return tuple(found)


class _Counter:
    """Adds up a block. Invariant: a transfer of the treasury waits for the event that names it."""

    def __init__(self) -> None:
        self._flows: Flows = {}
        self._unnamed: list[tuple[str, Balance]] = []

    def close(self) -> Flows:
        """Return the sums; what of the fees nobody received is burned."""
        flows = self._flows
        taken = flows.get("fees.taken", 0)
        paid = flows.get("fees.treasury", 0) + flows.get("fees.authors", 0)
        if taken:
            self._add("fees.burned", taken - paid)
            self._add("burn.transaction_fee", taken - paid)
        for way, amount in self._unnamed:
            self._add(f"treasury.{way}.transfers", amount)
        return {name: amount for name, amount in flows.items() if amount}

    def ledger(self, event: object, *, is_refund: bool) -> None:
        """Add an event of the token's ledger; a fee that an extrinsic pays out is given back."""
        match event:
            case Minted(who, amount):
                self._received(who, "work_mint", amount)
            case Withdraw(_, amount):
                self._add("fees.taken", amount)
            case Deposit(_, amount) if is_refund:
                self._add("fees.taken", -amount)
            case Deposit(who, amount):
                self._add("fees.treasury" if who == TREASURY else "fees.authors", amount)
                self._received(who, "transaction_fees", amount)
            case Transfer(source, dest, amount):
                if source != dest and TREASURY in (source, dest):
                    self._unnamed.append(("out" if source == TREASURY else "in", amount))
            case Held(reason, _, amount):
                self._add(f"holds.{reason.name.lower()}.held", amount)
            case Released(reason, _, amount):
                self._add(f"holds.{reason.name.lower()}.released", amount)
            case TransferOnHold(reason, _, dest, amount):
                self._add(f"holds.{reason.name.lower()}.paid", amount)
                self._received(dest, _source_of(reason), amount)
            case BurnedHeld(reason, _, amount):
                self._add(f"holds.{reason.name.lower()}.burned", amount)
                self._burn(burn_reason_of(reason), amount)
            case Burned(who, amount):
                self._burn(BurnReason.CALL, amount)
                if who == TREASURY:
                    self._add("treasury.out.burned", amount)
            case BurnedFor(reason, _, amount):
                self._burn(reason, amount)
            case DustLost(_, amount):
                self._burn(BurnReason.DUST, amount)

    def other(self, event: object) -> None:
        """Add an event of another pallet."""
        match event:
            case jobs.SegmentSettled():
                self._add("jobs.segments", 1)
                self._add("work.paid", event.units)
                for name in SEGMENT_PARTS:
                    self._add(f"jobs.{name}", getattr(event, name))
            case emission.WorkMinted():
                self._add("mint.work", event.amount)
            case emission.DeferredPaid():
                self._add("mint.work", event.amount)
                self._add("deferred.paid", event.amount)
            case emission.MintDeferred():
                self._add("deferred.held_back", event.amount)
            case emission.AvailabilityPaid():
                paid = event.amount + event.validators + event.oracles
                self._add("mint.availability", paid)
            case WorkRecorded():
                self._add("work.proven", event.work)
            case HeartbeatReceived():
                self._add("energy.watt_hours", event.energy_wh)
            case treasury.Paid():
                self._name(f"spend.{event.index}")
            case treasury.Awarded():
                self._name(f"local_spend.{event.proposal_index}")
            case BountyApproved() | BountyCanceled():
                self._name(f"bounty.{event.index}")
            case asset_conversion.FeesTaken() if event.to_treasury:
                self._name("swaps")
            case PoolEraClosed(_, _, inflow, 0) if inflow:
                self._name("pools")
            case PoolSwept(_, _, amount) if amount:
                self._name("pools")
            case SurplusSwept():
                self._name("vaults")
            case asset_rewards.PoolFunded():
                self._name("liquidity_rewards")
            case asset_conversion.LiquidityAdded(who) if who == TREASURY:
                self._name("liquidity")
            case asset_conversion.LiquidityRemoved(_, dest) if dest == TREASURY:
                self._name("liquidity")

    def _name(self, cause: str) -> None:
        """Say for what the last transfer from or to the treasury was."""
        if self._unnamed:
            way, amount = self._unnamed.pop()
            self._add(f"treasury.{way}.{cause}", amount)

    def _received(self, who: bytes, source: str, amount: Balance) -> None:
        if who == TREASURY:
            self._add(f"treasury.in.{source}", amount)

    def _burn(self, reason: BurnReason, amount: Balance) -> None:
        self._add(f"burn.{reason.name.lower()}", amount)

    def _add(self, name: str, amount: int) -> None:
        self._flows[name] = self._flows.get(name, 0) + amount


def _source_of(reason: HoldReason) -> str:
    """Return as what the treasury receives out of a hold."""
    if reason is HoldReason.JOB_ESCROW:
        return "job_fees"
    return "slashes" if reason in BONDS else "deposits_lost"
