"""`starminer tx decode|status|dry-run`: what a transaction says, where it is, what it would do."""

from __future__ import annotations

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.query import extrinsic_row
from cli.rehearsing import outcome, require_success
from cli.sdk.client import BEST, Client, enhex, hash_of, unhex, without_length
from cli.sdk.session import ask
from cli.sdk.transactions import failure_in, on_wire
from genesis.notation import format_amount
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import Extrinsic, decode_extrinsic
from runtime.primitives.hashing import blake2_256

LOCAL = Remote()
MOST_BLOCKS = 2400
"""Two hours of three-second blocks; a transaction that waits is dropped after 64."""


def decode(transaction: str, /, *, remote: Remote = LOCAL) -> None:
    """Show what a transaction says: its call, its signer, its nonce and its tip.

    Parameters
    ----------
    transaction
        In hex, with its length in front or without.
    """
    raw = extrinsic_of(transaction)
    show(ask(remote, lambda client: decoded(client, raw)), remote.output)


async def decoded(client: Client, raw: bytes) -> dict[str, object]:
    """Return what a transaction says."""
    found, signature = decode_extrinsic(raw), decode_extrinsic(raw).signature
    record: dict[str, object] = {"hash": enhex(blake2_256(raw)), **extrinsic_row(client, raw)}
    if signature is None:
        return record
    extra = signature.extra
    return record | {
        "scheme": signature.kind.name.lower(),
        "nonce": extra.nonce,
        "tip": format_amount(extra.tip),
        "bytes": len(found.raw),
    }


def status(transaction: str, /, *, blocks: int = 100, remote: Remote = LOCAL) -> None:
    """Say where a transaction is: waiting, in a block, or final; and whether it did what it said.

    Parameters
    ----------
    transaction
        Its hash.
    blocks
        How many of the newest blocks to look through, 1 to 2400.
    """
    if not 1 <= blocks <= MOST_BLOCKS:
        raise UsageError(f"--blocks: wanted 1 to {MOST_BLOCKS}, got {blocks}")
    digest = hash_of(transaction)
    show(ask(remote, lambda client: whereabouts(client, digest, blocks)), remote.output)


async def whereabouts(client: Client, digest: bytes, blocks: int) -> dict[str, object]:
    """Find a transaction in the newest blocks, or among those that wait.

    Raises: CommandError if it is nowhere.
    """
    record: dict[str, object] = {"hash": enhex(digest)}
    best = await client.number(await client.block_hash(BEST))
    final = await client.number(await client.block_hash("final"))
    for number in range(best, max(best - blocks, 0), -1):
        block_hash = await client.block_hash(str(number))
        block = await client.block(block_hash)
        for index, raw in enumerate(block.extrinsics):
            if blake2_256(raw) == digest:
                events = await client.events(block_hash)
                own = [one for one in events if one.phase == index]
                return {
                    **record,
                    "status": "finalized" if number <= final else "included",
                    "block": number,
                    "index": index,
                    "call": extrinsic_row(client, raw)["call"],
                    "error": failure_in(client.pallets, own),
                }
    waiting = await client.rpc.call("author_pendingExtrinsics")
    if any(blake2_256(without_length(unhex(raw))) == digest for raw in waiting):
        return record | {"status": "waiting", "block": None, "index": None}
    raise CommandError(
        f"{enhex(digest)} neither waits nor is in the newest {min(blocks, best)} blocks: "
        "look further back with --blocks"
    )


def dry_run(transaction: str, /, *, remote: Remote = LOCAL) -> None:
    """Have a node apply a signed transaction to a copy of its state, and say how that ends.

    The node answers this to its own machine only (--rpc-methods). `starminer tx … --dry-run` shows
    the transaction in hex, signed. Exit code 1 if it would be refused.

    Parameters
    ----------
    transaction
        In hex, with its length in front or without.
    """
    raw = extrinsic_of(transaction)
    record = ask(remote, lambda client: outcome(client, raw))
    show(record, remote.output)
    require_success(record)


def extrinsic_of(text: str) -> bytes:
    """Read a transaction in hex.

    Raises: UsageError.
    """
    try:
        raw = unhex(text)
    except ValueError as error:
        raise UsageError(f"wanted a transaction in hex, got {text[:20]!r}") from error
    for candidate in (raw, stripped(raw)):
        found = canonical(candidate)
        if found is not None:
            return found.raw
    raise UsageError(f"wanted a transaction, got {len(raw)} bytes that are none")


def stripped(raw: bytes) -> bytes:
    """Return bytes without the length in front of them, if that is what it is."""
    try:
        rest = without_length(raw)
    except (DecodeError, IndexError):
        return raw
    return rest if on_wire(rest) == raw else raw


def canonical(raw: bytes) -> Extrinsic | None:
    """Return the transaction in some bytes, or None."""
    try:
        return decode_extrinsic(raw)
    except DecodeError:
        return None
