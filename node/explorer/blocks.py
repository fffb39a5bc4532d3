"""Blocks, extrinsics and events, decoded: what the explorer's pages of one block ask for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from node.backend.ledger import author_of, slot_claim
from node.explorer.decoding import PHASES, Decoded, DecodedBlock, Decoder, Outcome
from node.explorer.entries import UNLISTED, event_name
from node.explorer.index import Index
from node.explorer.readable import Json
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.registry import method
from node.rpc.values import HASH_BYTES, Hash, to_hex
from node.store.blocks import UnknownBlock
from runtime.frame.pallet import Record
from runtime.pallets.transaction_payment import divided
from runtime.primitives.block import Block, DigestItem, Header
from runtime.primitives.scale import encode

MAX_ROWS = 100
"""Extrinsics, and events, of one answer about a block: decoding them takes some 10 ms."""

RAW_BYTES = 1 << 16
"""Of an extrinsic, shown as it is on the wire; more is behind chain_getBlock."""


class ExtrinsicRowJson(msgspec.Struct, frozen=True):
    """An extrinsic in one line; fees are planck, as decimal strings."""

    index: int
    hash: str
    name: str
    signer: str | None
    ok: bool
    fee: str


class EventJson(msgspec.Struct, frozen=True):
    """An event; `extrinsic` is None for what the chain itself did, in `phase`."""

    block: int
    index: int
    phase: str
    extrinsic: int | None
    name: str
    listed: bool
    """Whether explorer_events lists those of its name: not what every extrinsic or block brings."""
    doc: str
    fields: dict[str, Json]


class FeePartsJson(msgspec.Struct, frozen=True, rename="camel"):
    """What a fee is made of, and who has it; planck, as decimal strings.

    Base, length, weight and tip are the fee, and so are the parts of burn, treasury and author.
    """

    base: str
    length: str
    weight: str
    tip: str
    burned: str
    treasury: str
    author: str


class BlockPageJson(msgspec.Struct, frozen=True, rename="camel"):
    """A block; weights are picoseconds of the reference machine."""

    number: int
    hash: str
    parent_hash: str
    has_parent: bool
    """Whether that block is here: below genesis, and the first block of a fork, there is none."""
    next_hash: str | None
    state_root: str
    extrinsics_root: str
    digest: list[str]
    raw_header: str
    """As it is hashed."""
    author: str | None
    slot: int | None
    time_ms: int
    is_final: bool
    is_canonical: bool
    spec_version: int
    size_bytes: int
    used_picoseconds: int
    max_picoseconds: int
    fees: str
    receipts: list[msgspec.Raw]
    """What it proves, as explorer_receipts tells it; of a canonical block in the index."""
    extrinsic_count: int
    event_count: int
    extrinsics: list[ExtrinsicRowJson]
    events: list[EventJson]


class ExtrinsicJson(msgspec.Struct, frozen=True, rename="camel"):
    """An extrinsic with all that it says and did."""

    block: int
    block_hash: str
    time_ms: int
    is_final: bool
    index: int
    hash: str
    name: str
    doc: str
    arguments: dict[str, Json]
    signer: str | None
    nonce: int | None
    tip: str
    era: str | None
    ok: bool
    error: Json
    fee: str
    fee_parts: FeePartsJson | None
    """None where nothing was paid."""
    picoseconds: int
    max_picoseconds: int
    size_bytes: int
    raw: str
    events: list[EventJson]


class BlocksNamespace:
    """What is asked about one block, or about a place in it."""

    def __init__(self, decoder: Decoder, index: Index) -> None:
        self._decoder, self._index = decoder, index
        self._chain = decoder.chain

    @method("explorer_block")
    def block(self, block: str, extrinsics: int = 0, events: int = 0) -> BlockPageJson:
        """Return a block, named by number, by hash, or as `best` or `final`.

        Of its extrinsics and its events 100 each, from these places on.
        """
        if extrinsics < 0 or events < 0:
            raise invalid_params(f"wanted places from 0 on, got {extrinsics} and {events}")
        return self._block_json(self._decoded(self.hash_of(block)), extrinsics, events)

    @method("explorer_blockBytes")
    def block_bytes(self, block: str) -> str:
        """Return a whole block as SCALE, in hex: what a file of exported blocks holds of it."""
        block_hash = self.hash_of(block)
        header, body = self._chain.header(block_hash), self._chain.body(block_hash)
        if header is None:
            raise missing(f"wanted a stored block, got {to_hex(block_hash)}")
        if body is None:
            raise missing(self._chain.blocks.bodies.why_missing(header.number))
        return to_hex(encode(Block(header, body), Block))

    @method("explorer_extrinsic")
    def extrinsic(self, id: str) -> ExtrinsicJson:
        """Return an extrinsic, named by hash, or by its block and place as in `12-1`."""
        number, place = self._located(id) if id[:2] == "0x" else place_in(id)
        found = self._decoded(self.hash_of(str(number)))
        if place >= len(found.body):
            raise missing(f"block {number} has {len(found.body)} extrinsics, no number {place}")
        return self._extrinsic_json(found, found.extrinsic(place))

    @method("explorer_event")
    def event(self, id: str) -> EventJson:
        """Return an event, named by its block and place as in `12-4`."""
        number, place = place_in(id)
        found = self._decoded(self.hash_of(str(number)))
        if place >= len(found.events):
            raise missing(f"block {number} has {len(found.events)} events, no number {place}")
        return event_json(found, place, found.events[place])

    def hash_of(self, block: str) -> bytes:
        """Return the hash of a block that a caller named.

        Raises RpcError.
        """
        if block in ("best", "final"):
            return (self._chain.best if block == "best" else self._chain.finalized).hash
        if block[:2] == "0x":
            try:
                return Hash.from_json(block)
            except ValueError as error:
                raise invalid_params(f"block: {error}") from None
        if not block.isascii() or not block.isdecimal():
            raise invalid_params(f"wanted a block's number or hash, best or final, got {block!r}")
        found = self._chain.hash_at(int(block)) if len(block) <= len(str(2**32)) else None
        if found is None:
            raise missing(f"block {block} is not here: the best one is {self._chain.best.number}")
        return found

    def _decoded(self, block_hash: bytes) -> DecodedBlock:
        try:
            return self._decoder.block(block_hash)
        except UnknownBlock as error:
            raise missing(str(error)) from None

    def _located(self, extrinsic_hash: str) -> tuple[int, int]:
        try:
            wanted = Hash.from_json(extrinsic_hash)
        except ValueError as error:
            raise invalid_params(f"id: {error}") from None
        found = self._index.extrinsic(wanted)
        if found is None:
            raise missing(f"no extrinsic {extrinsic_hash} in the blocks of the index")
        return found

    def _block_json(self, found: DecodedBlock, extrinsic: int, event: int) -> BlockPageJson:
        header, runtime, chain = found.header, found.runtime, self._chain
        following = chain.hash_at(header.number + 1)
        claim, author = slot_claim(header), author_of(runtime, header)
        used, outcomes = runtime.system.block_weight, found.outcomes
        return BlockPageJson(
            number=header.number,
            hash=to_hex(header.hash),
            parent_hash=to_hex(header.parent_hash),
            has_parent=chain.header(header.parent_hash) is not None,
            next_hash=None if following is None else to_hex(following),
            state_root=to_hex(header.state_root),
            extrinsics_root=to_hex(header.extrinsics_root),
            digest=[to_hex(encode(item, DigestItem)) for item in header.digest],
            raw_header=to_hex(encode(header, Header)),
            author=None if author is None else found.readable.address(author),
            slot=None if claim is None else claim.slot,
            time_ms=runtime.timestamp.now,
            is_final=chain.is_final(header.hash),
            is_canonical=chain.hash_at(header.number) == header.hash,
            spec_version=found.spec_version,
            size_bytes=sum(map(len, found.body)),
            used_picoseconds=sum(
                part.ref_time for part in (used.normal, used.operational, used.mandatory)
            ),
            max_picoseconds=runtime.system.config.limits.max_picoseconds,
            fees=str(sum(outcome.fee for outcome in outcomes.values())),
            receipts=[*self._receipts(header)],
            extrinsic_count=len(found.body),
            event_count=len(found.events),
            extrinsics=[
                extrinsic_row(found, found.extrinsic(index))
                for index in range(len(found.body))[extrinsic : extrinsic + MAX_ROWS]
            ],
            events=[
                event_json(found, index, record)
                for index, record in enumerate(found.events[event : event + MAX_ROWS], event)
            ],
        )

    def _receipts(self, header: Header) -> Iterator[msgspec.Raw]:
        if self._chain.hash_at(header.number) != header.hash:
            return
        place = 0
        while (row := self._index.receipt(header.number, place)) is not None:
            yield row
            place += 1

    def _extrinsic_json(self, found: DecodedBlock, decoded: Decoded) -> ExtrinsicJson:
        outcome, extra = outcome_of(found, decoded), decoded.extrinsic.extra
        method_of = getattr(
            found.runtime.by_name[decoded.call.entry.pallet], decoded.call.entry.name
        )
        return ExtrinsicJson(
            block=found.header.number,
            block_hash=to_hex(found.header.hash),
            time_ms=found.runtime.timestamp.now,
            is_final=self._chain.is_final(found.header.hash),
            index=decoded.index,
            hash=to_hex(decoded.hash),
            name=decoded.name,
            doc=method_of.__doc__ or "",
            arguments=found.readable.call(decoded.call)["fields"],
            signer=None if decoded.signer is None else found.readable.address(decoded.signer),
            nonce=None if extra is None else extra.nonce,
            tip=str(outcome.tip),
            era=None if extra is None else era_words(extra.era.period, found.header.number),
            ok=outcome.ok,
            error=outcome.error,
            fee=str(outcome.fee),
            fee_parts=fee_parts_of(found, outcome, len(decoded.raw)),
            picoseconds=outcome.picoseconds,
            max_picoseconds=found.runtime.system.config.limits.max_picoseconds,
            size_bytes=len(decoded.raw),
            raw=to_hex(decoded.raw[:RAW_BYTES]),
            events=[
                event_json(found, place, record) for place, record in found.events_of(decoded.index)
            ],
        )


def extrinsic_row(found: DecodedBlock, decoded: Decoded) -> ExtrinsicRowJson:
    """Return an extrinsic in one line."""
    outcome = outcome_of(found, decoded)
    return ExtrinsicRowJson(
        index=decoded.index,
        hash=to_hex(decoded.hash),
        name=decoded.name,
        signer=None if decoded.signer is None else found.readable.address(decoded.signer),
        ok=outcome.ok,
        fee=str(outcome.fee),
    )


def fee_parts_of(found: DecodedBlock, outcome: Outcome, length: int) -> FeePartsJson | None:
    """Take a fee apart: what is neither base nor length nor tip was paid for weight.

    Each block divides its fees once, so that a part of one may differ from here by a planck.
    """
    if not outcome.fee:
        return None
    payment, fee = found.runtime.transaction_payment, outcome.fee - outcome.tip
    base, for_length, _ = payment.fee_parts(length, 0)
    treasury, burned = divided(fee, outcome.tip, payment.terms.transactions)
    if not payment.ceiling.takes_fees():
        treasury, burned = 0, burned + treasury
    return FeePartsJson(
        base=str(base),
        length=str(for_length),
        weight=str(fee - base - for_length),
        tip=str(outcome.tip),
        burned=str(burned),
        treasury=str(treasury),
        author=str(outcome.fee - treasury - burned),
    )


def outcome_of(found: DecodedBlock, decoded: Decoded) -> Outcome:
    """Return how an extrinsic ended; the events of its block say so for every one."""
    return found.outcomes[decoded.index]


def event_json(found: DecodedBlock, place: int, record: Record) -> EventJson:
    """Return an event of a block."""
    is_extrinsic = record.phase >= 0
    return EventJson(
        block=found.header.number,
        index=place,
        phase=f"extrinsic {record.phase}" if is_extrinsic else PHASES[record.phase],
        extrinsic=record.phase if is_extrinsic else None,
        name=event_name(record),
        listed=event_name(record) not in UNLISTED,
        doc=type(record.event).__doc__ or "",
        fields=found.readable.fields(record.event, record.pallet.name),
    )


def era_words(period: int, number: int) -> str:
    """Return for how long an extrinsic in a block was valid."""
    return "immortal" if not period else f"{period} blocks around #{number}"


def place_in(id: str) -> tuple[int, int]:
    """Read a block and a place in it.

    Raises RpcError.
    """
    number, _, place = id.partition("-")
    is_place = all(part.isascii() and part.isdecimal() for part in (number, place))
    if not is_place or len(id) > HASH_BYTES:
        raise invalid_params(f"wanted a block and a place in it, as in 12-1, got {id!r}")
    return int(number), int(place)


def missing(what: str) -> RpcError:
    """Return the error for what is not here."""
    return RpcError(Code.CLIENT, what)
