"""`starminer identity`: what an account says of itself, if it wants to."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cyclopts import Parameter

from cli.accounts import account_of
from cli.errors import UsageError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, send
from genesis.notation import format_amount
from runtime.pallets.identity import NO_DATA, Data, DataKind, IdentityInfo, Registration, raw
from runtime.pallets.identity.types import MAX_RAW_BYTES

LOCAL = Remote()


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Description:
    """What an account may say, each in up to 32 bytes of UTF-8."""

    display: str = ""
    """A name to show."""

    legal: str = ""
    """The name before the law."""

    web: str = ""
    """An address on the web."""

    matrix: str = ""
    """A name in the Matrix network."""

    email: str = ""
    """An address for mail."""

    twitter: str = ""
    """A name on Twitter."""


SILENT = Description()
SHOWN = {"riot": "matrix"}
"""Fields that FRAME calls by the name of an older program."""


def set_identity(
    *, description: Description = SILENT, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Describe yourself; a deposit by its length is held, and it replaces what you said before."""
    send(sending, remote, "identity.set_identity", info_of(description))


def clear(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take your description back; you have the deposits again."""
    send(sending, remote, "identity.clear_identity")


def show_identity(account: str, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show what an account says of itself, and how that was judged.

    Parameters
    ----------
    account
        An address or a development name.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        who = account_of(client, account)
        return await identity_of(client, who, await client.block_hash(at))

    show(ask(remote, question), remote.output)


def info_of(description: Description) -> IdentityInfo:
    """Return a description as the chain keeps it.

    Raises: UsageError if a field is too long.
    """
    return IdentityInfo(
        display=data_of("display", description.display),
        legal=data_of("legal", description.legal),
        web=data_of("web", description.web),
        riot=data_of("matrix", description.matrix),
        email=data_of("email", description.email),
        twitter=data_of("twitter", description.twitter),
    )


def data_of(name: str, text: str) -> Data:
    """Return a field as the chain keeps it; nothing for an empty one.

    Raises: UsageError if it is too long.
    """
    value = text.encode()
    if len(value) > MAX_RAW_BYTES:
        raise UsageError(f"--{name}: wanted up to {MAX_RAW_BYTES} bytes, got {len(value)}")
    return raw(value) if value else NO_DATA


async def identity_of(client: Client, who: bytes, at: bytes) -> dict[str, object]:
    """Return what an account says of itself in a block; what it left out is not there."""
    found: Registration | None = await client.storage("Identity", "IdentityOf", who, at=at)
    under: tuple[bytes, Data] | None = await client.storage("Identity", "SuperOf", who, at=at)
    record: dict[str, object] = {"account": client.address(who)}
    if under is not None:
        record |= {"under": client.address(under[0]), "name_there": text_of(under[1])}
    if found is None:
        return record | {"described": False}
    said = {
        SHOWN.get(one.name, one.name): text_of(value)
        for one in fields(IdentityInfo)
        if isinstance(value := getattr(found.info, one.name), Data) and value != NO_DATA
    }
    judgements = [
        {"registrar": index, "judgement": type(one).__name__} for index, one in found.judgements
    ]
    deposit = format_amount(found.deposit)
    return record | {"described": True} | said | {"deposit": deposit, "judgements": judgements}


def text_of(data: Data) -> str:
    """Return a field as people read it: its text, or the hash that stands for it."""
    if data.kind is DataKind.RAW:
        return data.value.decode(errors="replace")
    return f"{data.kind.name.lower()}:0x{data.value.hex()}" if data.value else ""
