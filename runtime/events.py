"""The record of a block's events, as clients decode it: phase, event, topics.

Source: `frame_system::EventRecord`.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime.frame.pallet import FINALIZATION, INITIALIZATION, Pallet, Record
from runtime.primitives.codec_parts import Encode
from runtime.primitives.compact import DecodeError, decode_compact, encode_compact
from runtime.primitives.scale import codec_of, decode_at

Writer = tuple[bytes, Encode]
Writers = dict[tuple[Pallet, type], Writer]
Kinds = dict[tuple[int, int], tuple[Pallet, type]]

APPLY = b"\x00"
PHASES = {FINALIZATION: b"\x01", INITIALIZATION: b"\x02"}
NO_TOPICS = b"\x00"


def encode_records(records: list[Record]) -> bytes:
    """Encode the events of a block."""
    parts = [encode_compact(len(records))]
    writers: Writers = {}
    current, phase = INITIALIZATION, PHASES[INITIALIZATION]
    for index, pallet, event in records:
        if index != current:
            current = index
            phase = PHASES.get(index) or APPLY + index.to_bytes(4, "little")
        kind = type(event)
        head, encode = writers.get((pallet, kind)) or _writer(writers, pallet, kind)
        parts += (phase, head, encode(event), NO_TOPICS)
    return b"".join(parts)


def decode_records(raw: bytes, pallets: Iterable[Pallet]) -> list[Record]:
    """Decode the events of a block; events compare equal to those deposited.

    Raises:
        DecodeError: not a record of these pallets' events.
    """
    kinds = {
        (pallet.index, event_index(type(pallet), kind)): (pallet, kind)
        for pallet in pallets
        for kind in pallet.events
    }
    try:
        records, end = _decode_records(raw, kinds)
    except IndexError as error:
        raise DecodeError(f"the input of {len(raw)} bytes ends inside an event") from error
    if end != len(raw):
        raise DecodeError(f"wanted events of {end} bytes, got {len(raw)}")
    return records


def _decode_records(raw: bytes, kinds: Kinds) -> tuple[list[Record], int]:
    """Decode records from the start; raises IndexError where they end too early."""
    count, offset = decode_compact(raw, 0)
    records = []
    for _ in range(count):
        phase, offset = _decode_phase(raw, offset)
        found = kinds.get((raw[offset], raw[offset + 1]))
        if found is None:
            raise DecodeError(f"no event has the index {raw[offset : offset + 2].hex()}")
        pallet, kind = found
        event, offset = decode_at(raw, offset + 2, kind)
        topics, offset = decode_compact(raw, offset)
        if topics:
            raise DecodeError("events of this runtime have no topics")
        records.append(Record(phase, pallet, event))
    return records, offset


def event_index(pallet: type[Pallet], kind: type) -> int:
    """Return the index of an event on the wire: its own, or its place in the pallet's list."""
    assert kind in pallet.events, f"{pallet.__name__} does not declare {kind.__name__}"
    own: int | None = getattr(kind, "index", None)
    return pallet.events.index(kind) if not isinstance(own, int) else own


def _decode_phase(raw: bytes, offset: int) -> tuple[int, int]:
    tag = raw[offset : offset + 1]
    if tag == APPLY:
        return int.from_bytes(raw[offset + 1 : offset + 5], "little"), offset + 5
    for index, byte in PHASES.items():
        if byte == tag:
            return index, offset + 1
    raise DecodeError(f"no phase {tag.hex()}")


def _writer(writers: Writers, pallet: Pallet, kind: type) -> Writer:
    """Return the index bytes and the encoder of an event, and remember them for the block."""
    head = bytes((pallet.index, event_index(type(pallet), kind)))
    writer = writers[pallet, kind] = (head, codec_of(kind).encode)
    return writer
