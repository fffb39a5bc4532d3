"""The few DNS messages that multicast discovery needs: one question, and its answer.

Source: RFC 1035 section 4 (messages), RFC 6763 (service discovery), libp2p's mDNS specification.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_PACKET_BYTES: Final = 9000
"""RFC 6762, section 17."""

MAX_LABELS: Final = 32
MAX_JUMPS: Final = 8
"""Pointers in one name: a name may point into another, and must not go round in circles."""

MAX_RECORDS: Final = 64
MAX_ADDRESSES: Final = 16
TTL_SECONDS: Final = 120

PTR: Final = 12
TXT: Final = 16
INTERNET: Final = 1
ANSWER_FLAGS: Final = 0x8400
IS_ANSWER: Final = 0x8000
POINTER: Final = 0xC0

HEADER: Final = struct.Struct("!6H")
QUESTION: Final = struct.Struct("!2H")
RECORD: Final = struct.Struct("!2HIH")

PREFIX: Final = b"dnsaddr="
"""How libp2p marks a multiaddress in a TXT record."""

Name = tuple[bytes, ...]


class BadPacket(ValueError):
    """Bytes that are not a DNS message."""


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody asks who offers our service."""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody says where our service is."""

    addresses: tuple[str, ...]


def encode_question(service: Name) -> bytes:
    """Ask who offers a service."""
    return HEADER.pack(0, 0, 1, 0, 0, 0) + _name(service) + QUESTION.pack(PTR, INTERNET)


def encode_answer(service: Name, instance: bytes, addresses: Iterable[str]) -> bytes:
    """Say that we offer a service, at these addresses."""
    me = (instance, *service)
    texts = [PREFIX + address.encode() for address in list(addresses)[:MAX_ADDRESSES]]
    text = b"".join(bytes([len(each)]) + each for each in texts if len(each) < 256)
    return (
        HEADER.pack(0, ANSWER_FLAGS, 0, 1, 0, 1)
        + _record(service, PTR, _name(me))
        + _record(me, TXT, text)
    )


def decode(raw: bytes, service: Name) -> Question | Told | None:
    """Read what a message says about a service; None when that is nothing.

    Raises BadPacket.
    """
    if not HEADER.size <= len(raw) <= MAX_PACKET_BYTES:
        raise BadPacket(f"wanted {HEADER.size} to {MAX_PACKET_BYTES} bytes, got {len(raw)}")
    _, flags, questions, *records = HEADER.unpack_from(raw)
    if questions + sum(records) > MAX_RECORDS:
        raise BadPacket(f"wanted at most {MAX_RECORDS} records, got {questions + sum(records)}")
    try:
        offset, is_asked = HEADER.size, False
        for _ in range(questions):
            name, offset = _read_name(raw, offset)
            kind, _ = QUESTION.unpack_from(raw, offset)
            offset += QUESTION.size
            is_asked = is_asked or (name == service and kind == PTR)
        if not flags & IS_ANSWER:
            return Question() if is_asked else None
        return _told(raw, offset, sum(records), service)
    except (struct.error, IndexError) as error:
        raise BadPacket(f"wanted more bytes: {error}") from error


def _told(raw: bytes, offset: int, count: int, service: Name) -> Told | None:
    found: list[str] = []
    for _ in range(count):
        name, offset = _read_name(raw, offset)
        kind, _, _, size = RECORD.unpack_from(raw, offset)
        offset += RECORD.size
        if kind == TXT and name[1:] == service:
            found += _addresses(raw[offset : offset + size])
        offset += size
    return Told(tuple(found[:MAX_ADDRESSES])) if found else None


def _addresses(text: bytes) -> Iterable[str]:
    while text:
        each, text = text[1 : 1 + text[0]], text[1 + text[0] :]
        if each.startswith(PREFIX) and each.isascii():
            yield each[len(PREFIX) :].decode()


def _record(name: Name, kind: int, content: bytes) -> bytes:
    return _name(name) + RECORD.pack(kind, INTERNET, TTL_SECONDS, len(content)) + content


def _name(labels: Name) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _read_name(raw: bytes, offset: int) -> tuple[Name, int]:
    """Read a name; return it and where the bytes after it begin."""
    labels: list[bytes] = []
    end, jumps = None, 0
    while size := raw[offset]:
        if size & POINTER == POINTER:
            end = end or offset + 2
            offset = (size & ~POINTER) << 8 | raw[offset + 1]
            jumps += 1
        else:
            labels.append(raw[offset + 1 : offset + 1 + size])
            offset += 1 + size
        if jumps > MAX_JUMPS or len(labels) > MAX_LABELS:
            raise BadPacket(f"wanted a name of at most {MAX_LABELS} labels")
    return tuple(labels), end or offset + 1
