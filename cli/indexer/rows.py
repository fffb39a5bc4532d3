"""From a decoded block to rows: what happened, who took part, and what it left in the market."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cli.indexer.market_rows import market_rows, price_rows
from cli.indexer.tables import (
    Activity,
    Amount,
    Block,
    Event,
    Extrinsic,
    Flow,
    Json,
    TransferRow,
)
from node.backend.ledger import author_of, slot_claim
from node.explorer.decoding import PHASES, Decoded, DecodedBlock
from node.explorer.entries import NOISE, accounts_in, event_name
from runtime.books.books import AGPU, AMAX
from runtime.books.flows import flows_of
from runtime.frame.pallet import Record
from runtime.pallets.assets.events import Transferred
from runtime.pallets.balances.types import Transfer

Row = tuple[object, ...]

SYMBOLS = {AGPU: "AGPU", AMAX: "AMAX"}

TREASURY_WAYS = ("treasury.in", "treasury.out")
"""Groups of flows whose names have two parts; of all others the first part is the group."""


def rows_of(block: DecodedBlock, *, is_first: bool) -> list[Row]:
    """Return the rows of a block; the first one of an epoch has prices."""
    epoch = block.runtime.babe.current_epoch()
    rows: list[Row] = [_block(block, epoch)]
    for decoded in block.extrinsics():
        rows += _extrinsic(block, decoded)
    for place, record in enumerate(block.events):
        rows += _event(block, place, record)
    rows += _flows(block)
    rows += market_rows(block)
    if is_first:
        rows += price_rows(block, epoch)
    return rows


def _block(block: DecodedBlock, epoch: int) -> Block:
    header, claim = block.header, slot_claim(block.header)
    author = author_of(block.runtime, header)
    return Block(
        number=header.number,
        hash=hexed(header.hash),
        parent_hash=hexed(header.parent_hash),
        state_root=hexed(header.state_root),
        extrinsics_root=hexed(header.extrinsics_root),
        author=None if author is None else block.readable.address(author),
        slot=None if claim is None else claim.slot,
        time_ms=block.runtime.timestamp.now,
        epoch=epoch,
        spec_version=block.spec_version,
        extrinsic_count=len(block.body),
        event_count=len(block.events),
        size_bytes=sum(map(len, block.body)),
        fees=Amount(sum(outcome.fee for outcome in block.outcomes.values())),
    )


def _extrinsic(block: DecodedBlock, decoded: Decoded) -> Iterator[Row]:
    outcome, extra = block.outcomes[decoded.index], decoded.extrinsic.extra
    number, entry = block.header.number, decoded.call.entry
    signer = None if decoded.signer is None else block.readable.address(decoded.signer)
    yield Extrinsic(
        block_number=number,
        extrinsic_index=decoded.index,
        hash=hexed(decoded.hash),
        pallet=entry.pallet,
        call=entry.name,
        arguments=json_of(block.readable.call(decoded.call)["fields"]),
        signer=signer,
        nonce=None if extra is None else extra.nonce,
        tip=Amount(outcome.tip),
        fee=Amount(outcome.fee),
        success=outcome.ok,
        error=None if outcome.error is None else outcome.error["name"],
    )
    if signer is not None:
        yield Activity(signer, number, "extrinsic", decoded.index, decoded.name)


def _event(block: DecodedBlock, place: int, record: Record) -> Iterator[Row]:
    number, full_name, event = block.header.number, event_name(record), record.event
    pallet, _, name = full_name.partition(".")
    address, is_extrinsic = block.readable.address, record.phase >= 0
    yield Event(
        block_number=number,
        event_index=place,
        extrinsic_index=record.phase if is_extrinsic else None,
        phase="extrinsic" if is_extrinsic else PHASES[record.phase],
        pallet=pallet,
        name=name,
        fields=json_of(block.readable.fields(event, record.pallet.name)),
    )
    if isinstance(event, Transfer | Transferred):
        token = SYMBOLS[pallet] if isinstance(event, Transfer) else f"{pallet} {event.asset_id}"
        parties = (address(event.from_), address(event.to))
        yield TransferRow(number, place, token, *parties, Amount(event.amount))
    if full_name not in NOISE:
        for account in dict.fromkeys(accounts_in(event)):
            yield Activity(address(account), number, "event", place, full_name)


def _flows(block: DecodedBlock) -> Iterator[Flow]:
    for full_name, amount in flows_of(block.events).items():
        way = next((way for way in TREASURY_WAYS if full_name.startswith(f"{way}.")), None)
        group = full_name.partition(".")[0] if way is None else way
        cause = full_name[len(group) + 1 :]
        yield Flow(block.header.number, group, cause, Amount(amount))


def json_of(shown: Any) -> Json:
    """Return what a page would show, as JSON text."""
    return Json(msgspec.json.encode(shown).decode())


def hexed(raw: bytes) -> str:
    """Return bytes as RPC writes them."""
    return "0x" + raw.hex()
