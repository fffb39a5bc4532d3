"""Blocks as clients name and see them: which one is meant, and its JSON."""

from hashlib import blake2b

import msgspec

from node.rpc.backend import HeaderReader
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.values import Hash, to_hex
from runtime.primitives.block import DigestItem, Header
from runtime.primitives.scale import DecodeError, decode, encode


class DigestJson(msgspec.Struct, frozen=True):
    """The digest of a header: each item in SCALE, in hex."""

    logs: tuple[str, ...]


class HeaderJson(msgspec.Struct, frozen=True, rename="camel"):
    """A header; the number is hex."""

    parent_hash: str
    number: str
    state_root: str
    extrinsics_root: str
    digest: DigestJson


def header_json(header: Header) -> HeaderJson:
    """Show a header."""
    return HeaderJson(
        parent_hash=to_hex(header.parent_hash),
        number=hex(header.number),
        state_root=to_hex(header.state_root),
        extrinsics_root=to_hex(header.extrinsics_root),
        digest=DigestJson(tuple(to_hex(encode(item, DigestItem)) for item in header.digest)),
    )


def block_hash_or_best(chain: HeaderReader, at: Hash | None) -> bytes:
    """Return the hash that a call means."""
    return chain.best.hash if at is None else bytes(at)


def known_header(chain: HeaderReader, at: Hash | None) -> Header:
    """Return the header that a call means.

    Raises RpcError.
    """
    header = chain.best if at is None else chain.header(at)
    if header is None:
        shown = "" if at is None else to_hex(at)
        raise RpcError(Code.CLIENT, f"Client error: UnknownBlock: Header was not found: {shown}")
    return header


def extrinsic_to_wire(extrinsic: bytes) -> bytes:
    """Add the length prefix with which clients see extrinsics."""
    return encode(extrinsic, bytes)


def extrinsic_from_wire(wire: bytes) -> bytes:
    """Take the length prefix off.

    Raises RpcError.
    """
    try:
        extrinsic: bytes = decode(wire, bytes)
    except DecodeError as error:
        raise invalid_params(f"wanted an extrinsic with its length in front: {error}") from None
    return extrinsic


def extrinsic_hash(extrinsic: bytes) -> bytes:
    """Return the hash by which clients know an extrinsic: over its bytes with the length prefix."""
    return blake2b(extrinsic_to_wire(extrinsic), digest_size=32).digest()
