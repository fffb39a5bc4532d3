"""What flows in the economy, epoch by epoch: fees, burn, mint, stake and treasury, reconciled.

The index adds up the events of each block; what they say is held against the sums in the state
before the epoch and after it, so that an answer shows whether it adds up.
"""

from __future__ import annotations

import msgspec

from node.explorer.blocks import missing
from node.explorer.decoding import DecodedBlock
from node.explorer.index import Index
from node.explorer.layers import LayerJson, layers_of
from node.explorer.records import ALL_EPOCHS, EpochRow
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from runtime.books.flows import (
    Check,
    Flows,
    Snapshot,
    added,
    checks_of,
    flows_of,
    group,
    snapshot_of,
)
from runtime.frame.fungible import HoldReason

MAX_EPOCHS = 100
"""Epochs of one answer about the treasury: four days of an hour each."""

DEFAULT_EPOCHS = 24


class AmountJson(msgspec.Struct, frozen=True):
    """An amount in planck, as a decimal string, and its cause."""

    cause: str
    amount: str


class SumsJson(msgspec.Struct, frozen=True):
    """Where the sums of the state stand after a block; amounts since block 0."""

    issuance: str
    treasury: str
    minted: list[AmountJson]
    burned: list[AmountJson]


class FeesJson(msgspec.Struct, frozen=True):
    """Fees and tips of transactions: what was taken, and where it went."""

    taken: str
    treasury: str
    authors: str
    burned: str


class JobFlowsJson(msgspec.Struct, frozen=True, rename="camel"):
    """Segments that were settled: their fee, its parts, and what was minted for them on top."""

    segments: int
    fee: str
    provider: str
    burn: str
    scarcity_burn: str
    validators: str
    oracles: str
    stakers: str
    treasury: str
    discount: str
    minted: str


class WorkFlowsJson(msgspec.Struct, frozen=True, rename="camel"):
    """Work in micro-CU, and energy in watt-hours as heartbeats tell it; null where none did."""

    paid: str
    proven: str
    energy_watt_hours: str | None


class DeferredJson(msgspec.Struct, frozen=True, rename="camel"):
    """Mints of work that the breaker held back, and those that it let through later."""

    held_back: str
    paid: str


class HoldFlowsJson(msgspec.Struct, frozen=True):
    """What came on hold for a reason, and how it left: bonds are stake."""

    reason: str
    held: str
    released: str
    paid: str
    burned: str


class TreasuryFlowsJson(msgspec.Struct, frozen=True, rename="camel"):
    """The treasury in an epoch: inflows by source, outflows by spend or bounty."""

    epoch: int
    first_block: int
    last_block: int
    opening: str
    closing: str
    inflows: list[AmountJson]
    outflows: list[AmountJson]


class CheckJson(msgspec.Struct, frozen=True):
    """What an amount must be, by the events, and what it is."""

    name: str
    expected: str
    found: str
    holds: bool


class EconomyFlowsJson(msgspec.Struct, frozen=True, rename="camel"):
    """All that flowed in an epoch; amounts are planck, as decimal strings."""

    epoch: int
    first_block: int
    last_block: int
    is_complete: bool
    """Whether the epoch is over and all its blocks are counted."""
    opening: SumsJson
    closing: SumsJson
    minted: list[AmountJson]
    burned: list[AmountJson]
    fees: FeesJson
    jobs: JobFlowsJson
    deferred: DeferredJson
    work: WorkFlowsJson
    holds: list[HoldFlowsJson]
    layers: list[LayerJson]
    """The same by layer: application, compute, chain."""
    treasury: TreasuryFlowsJson
    checks: list[CheckJson]
    adds_up: bool


class FlowsNamespace:
    """What is asked about flows."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @method("economy_flows")
    def flows(self, epoch: int | None = None) -> EconomyFlowsJson:
        """Return what flowed in an epoch, or in the last that is over, and whether it adds up."""
        newest = self._index.epochs(None, 2)
        if not newest:
            raise missing("the index has no block yet")
        if epoch is None:
            return flows_json(newest[-1], newest[0].epoch)
        _check_epoch(epoch)
        row = next(iter(self._index.epochs(epoch, 1)), None)
        if row is None or row.epoch != epoch:
            raise missing(f"epoch {epoch} is not in the index; the last one is {newest[0].epoch}")
        return flows_json(row, newest[0].epoch)

    @method("treasury_flows")
    def treasury(
        self, epoch: int | None = None, limit: int = DEFAULT_EPOCHS
    ) -> list[TreasuryFlowsJson]:
        """Return what came to the treasury and left it, by epoch from one on back, newest first."""
        if not 1 <= limit <= MAX_EPOCHS:
            raise invalid_params(f"wanted a limit of 1 to {MAX_EPOCHS}, got {limit}")
        if epoch is not None:
            _check_epoch(epoch)
        return [treasury_json(row) for row in self._index.epochs(epoch, limit)]


def row_after(block: DecodedBlock, newest: EpochRow | None) -> EpochRow:
    """Return the row of a block's epoch with the block in it; `newest` is the row before.

    Without one the block is the index's first, whose own flows have nothing before them.
    """
    epoch, number = block.runtime.babe.current_epoch(), block.header.number
    sums = snapshot_of(block.runtime)
    if newest is None:
        return EpochRow(epoch, number + 1, number, number == 0, sums, sums, {})
    flows = flows_of(block.events)
    if newest.epoch == epoch:
        merged = added(newest.flows, flows)
        return EpochRow(epoch, newest.first, number, newest.whole, newest.opening, sums, merged)
    return EpochRow(epoch, number, number, True, newest.closing, sums, flows)


def flows_json(row: EpochRow, newest: int) -> EconomyFlowsJson:
    """Show an epoch; `newest` is the one under way."""
    flows = row.flows
    checks = checks_of(row.opening, row.closing, flows)
    return EconomyFlowsJson(
        epoch=row.epoch,
        first_block=row.first,
        last_block=row.last,
        is_complete=row.whole and row.epoch < newest,
        opening=_sums(row.opening),
        closing=_sums(row.closing),
        minted=_amounts(group(flows, "mint")),
        burned=_amounts(group(flows, "burn")),
        fees=FeesJson(
            **{name: _text(flows, f"fees.{name}") for name in FeesJson.__struct_fields__}
        ),
        jobs=_jobs(flows),
        deferred=DeferredJson(_text(flows, "deferred.held_back"), _text(flows, "deferred.paid")),
        work=_work(flows),
        holds=_holds(flows),
        layers=layers_of(flows),
        treasury=treasury_json(row),
        checks=[_check(one) for one in checks],
        adds_up=all(one.holds for one in checks),
    )


def treasury_json(row: EpochRow) -> TreasuryFlowsJson:
    """Show the treasury in an epoch."""
    return TreasuryFlowsJson(
        epoch=row.epoch,
        first_block=row.first,
        last_block=row.last,
        opening=str(row.opening.treasury),
        closing=str(row.closing.treasury),
        inflows=_amounts(group(row.flows, "treasury.in")),
        outflows=_amounts(group(row.flows, "treasury.out")),
    )


def _jobs(flows: Flows) -> JobFlowsJson:
    names = [
        name for name in JobFlowsJson.__struct_fields__ if name not in ("segments", "provider")
    ]
    amounts = {name: _text(flows, f"jobs.{name}") for name in names}
    return JobFlowsJson(
        segments=flows.get("jobs.segments", 0),
        provider=_text(flows, "jobs.provider_paid"),
        **amounts,
    )


def _work(flows: Flows) -> WorkFlowsJson:
    energy = flows.get("energy.watt_hours")
    return WorkFlowsJson(
        paid=_text(flows, "work.paid"),
        proven=_text(flows, "work.proven"),
        energy_watt_hours=None if energy is None else str(energy),
    )


def _holds(flows: Flows) -> list[HoldFlowsJson]:
    found = []
    for reason in HoldReason:
        moved = group(flows, f"holds.{reason.name.lower()}")
        if moved:
            ways = {way: str(moved.get(way, 0)) for way in ("held", "released", "paid", "burned")}
            found.append(HoldFlowsJson(reason=reason.name.lower(), **ways))
    return found


def _sums(sums: Snapshot) -> SumsJson:
    return SumsJson(
        str(sums.issuance), str(sums.treasury), _amounts(sums.minted), _amounts(sums.burned)
    )


def _amounts(flows: Flows) -> list[AmountJson]:
    return [AmountJson(cause, str(amount)) for cause, amount in sorted(flows.items())]


def _check(one: Check) -> CheckJson:
    return CheckJson(one.name, str(one.expected), str(one.found), one.holds)


def _text(flows: Flows, name: str) -> str:
    return str(flows.get(name, 0))


def _check_epoch(epoch: int) -> None:
    if not 0 <= epoch <= ALL_EPOCHS:
        raise invalid_params(f"wanted the number of an epoch, got {epoch}")
