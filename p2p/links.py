"""What sync reads of a header, and the checks that make a list of blocks a chain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from p2p.messages import BlockData
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError, decode


@dataclass(frozen=True, slots=True)
class Link:
    """A block's place: its number, its hash and its parent's."""

    number: int
    hash: bytes
    parent: bytes


ReadLink = Callable[[bytes], Link]
"""Reads the link of an encoded header; raises BadLink."""


class BadLink(ValueError):
    """Blocks from a peer that are not the chain that was asked for."""


def link_of(header: bytes) -> Link:
    """Read the link of an encoded header.

    Raises BadLink.
    """
    try:
        decoded: Header = decode(header, Header)
    except DecodeError as error:
        raise BadLink(f"wanted a header: {error}") from error
    return Link(decoded.number, decoded.hash, decoded.parent_hash)


def ascending(blocks: Sequence[BlockData], parent: Link, read: ReadLink) -> tuple[Link, ...]:
    """Check that blocks follow each other from `parent` up, and return their links.

    Raises BadLink.
    """
    links: list[Link] = []
    for block in blocks:
        link = read(block.header)
        if link.parent != parent.hash or link.number != parent.number + 1:
            raise BadLink(
                f"wanted block {parent.number + 1} on {parent.hash.hex()}, "
                f"got {link.number} on {link.parent.hex()}"
            )
        links.append(link)
        parent = link
    return tuple(links)


def descending(blocks: Sequence[BlockData], first: bytes, read: ReadLink) -> tuple[Link, ...]:
    """Check that blocks are `first` and its ancestors, and return their links.

    Raises BadLink.
    """
    links: list[Link] = []
    for block in blocks:
        link = read(block.header)
        if link.hash != first:
            raise BadLink(f"wanted block {first.hex()}, got {link.hash.hex()}")
        if links and link.number != links[-1].number - 1:
            raise BadLink(f"wanted block {links[-1].number - 1}, got {link.number}")
        links.append(link)
        first = link.parent
    return tuple(links)
