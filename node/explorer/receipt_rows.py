"""The receipts of a block, in one line each: what they prove, who checked them, and how."""

from __future__ import annotations

from collections.abc import Iterator

from node.backend.ledger import block_receipts
from node.backend.work import EVERY_IMPORTER, checked_demand, checked_shares
from node.explorer.decoding import DecodedBlock
from node.explorer.records import ReceiptRow
from node.rpc.values import to_hex
from runtime.compute.gas import shares_gas
from runtime.compute.proofs import PROOFS
from runtime.pallets.receipts import BatchSummary, OpeningSummary

Row = tuple[bytes | None, ReceiptRow]
"""A receipt and its provider; none where the chain has forgotten whose it was."""


def receipt_rows(block: DecodedBlock) -> Iterator[Row]:
    """Yield the receipts of a block in order: openings of jobs, then shares of canonical work."""
    found = block_receipts(block.runtime, block.header.number)
    if found is not None:
        for place, opening in enumerate(found.openings):
            yield _opening(block, place, opening)
        for place, batch in enumerate(found.batches, len(found.openings)):
            yield _batch(block, place, batch)


def _opening(block: DecodedBlock, place: int, opening: OpeningSummary) -> Row:
    jobs = block.runtime.jobs
    segment, spec = jobs.segments.get((opening.job, opening.segment)), jobs.specs.get(opening.job)
    provider = None if segment is None else segment.provider
    by: str | None = None
    how: str | None = None
    if spec is not None:
        validators = len(block.runtime.session.validators)
        by, how = PROOFS[spec.proof].checked_by(spec, validators)
    if opening.case is not None:
        by, how = EVERY_IMPORTER, checked_demand(opening.case)
    row = ReceiptRow(
        block=block.header.number,
        time=block.runtime.timestamp.now,
        place=place,
        kind="opening",
        provider=None if provider is None else block.readable.address(provider),
        job=opening.job,
        segment=opening.segment,
        epoch=None,
        shares=None,
        units=opening.units,
        proof_hash=to_hex(opening.proof_hash),
        verified_by=by,
        how=how,
        cost=None if spec is None or opening.case is not None else PROOFS[spec.proof].gas(spec),
    )
    return provider, row


def _batch(block: DecodedBlock, place: int, batch: BatchSummary) -> Row:
    row = ReceiptRow(
        block=block.header.number,
        time=block.runtime.timestamp.now,
        place=place,
        kind="shares",
        provider=block.readable.address(batch.provider),
        job=None,
        segment=None,
        epoch=batch.epoch,
        shares=batch.shares,
        units=batch.work,
        proof_hash=None,
        verified_by=EVERY_IMPORTER,
        how=checked_shares(batch),
        cost=shares_gas(block.runtime.receipts.parameters, batch.shares),
    )
    return batch.provider, row
