"""`starminer gov`: what AMAX holders decide, and how to take part.

AMAX votes in referenda that were submitted after it had been set aside for a while: set some aside
first (`gov season`), then submit or wait for a referendum, then vote.
"""

from __future__ import annotations

from cli.accounts import account_of
from cli.options import Remote
from cli.printing import show
from cli.referendum_rows import record_of, row_of, track_row
from cli.sdk.client import Client
from cli.sdk.governance import (
    Side,
    conviction_of,
    referenda,
    referendum,
    submission,
    track_named,
    tracks_of,
    vote_of,
)
from cli.sdk.session import ask
from cli.sdk.spending import ensure_affordable
from cli.sending import USUAL, Sending, amax, make, order_of, send
from cli.tx import Readable, carry_out, encode_call
from runtime.primitives.extrinsic import Id

LOCAL = Remote()


def list_referenda(*, limit: int = 20, at: str = "best", remote: Remote = LOCAL) -> None:
    """List the newest referenda.

    Parameters
    ----------
    limit
        How many, at most.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        found = await referenda(client, limit, await client.block_hash(at))
        return [row_of(client, one) for one in found]

    show(ask(remote, question), remote.output)


def show_referendum(number: int, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show a referendum: what it proposes, what it has, what it would need now.

    Parameters
    ----------
    number
        Its number.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        found = await referendum(client, number, await client.block_hash(at))
        return record_of(client, found)

    show(ask(remote, question), remote.output)


def list_tracks(*, remote: Remote = LOCAL) -> None:
    """List the tracks: what each costs, how long it takes, and what it needs at its end."""

    async def question(client: Client) -> list[dict[str, object]]:
        return [track_row(track) for track in tracks_of(client).values()]

    show(ask(remote, question), remote.output)


def submit(
    call: str,
    /,
    *arguments: str,
    track: str,
    after: int = 0,
    anyway: bool = False,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Propose a call; an event tells the number of its referendum.

    Parameters
    ----------
    call
        Pallet and call, such as treasury.spend_local.
    arguments
        Each as name=value, such as amount=5AGPU beneficiary=//Bob.
    track
        The name or number of the track that decides: see `gov tracks`.
    after
        Blocks from its approval until the call is made; the track's own delay at least.
    anyway
        Propose also a spend above what the track may spend as the treasury is now.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        chosen, proposal = track_named(client, track), encode_call(client, call, arguments)
        if not anyway:
            await ensure_affordable(client, client.calls.decode(proposal.encoded), chosen)
        encoded = submission(client, proposal.encoded, chosen, after)
        shown = f"Referenda.submit({chosen.rules.name}: {proposal.shown})"
        await carry_out(client, Readable(encoded, shown), order, remote.output)

    ask(remote, send_it)


def place_deposit(number: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Place the decision deposit of a referendum, without which it is not decided.

    Parameters
    ----------
    number
        Its number.
    """
    send(sending, remote, "referenda.place_decision_deposit", number)


def season(amount: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Set AMAX aside for voting; it votes in referenda that are submitted seven eras later.

    Parameters
    ----------
    amount
        Such as 100AMAX.
    """
    send(sending, remote, "conviction_voting.season", amax(amount))


def unseason(amount: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take AMAX back that was set aside for voting.

    Parameters
    ----------
    amount
        Such as 100AMAX.
    """
    send(sending, remote, "conviction_voting.unseason", amax(amount))


def vote(
    number: int,
    side: Side,
    /,
    *,
    amount: str,
    conviction: str = "1x",
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Vote in a referendum.

    Parameters
    ----------
    number
        Its number.
    side
        For it, against it, or only for deciding it.
    amount
        AMAX that was set aside, such as 100AMAX.
    conviction
        0.1x is free again at once; 1x to 6x bind the winners for 1 to 32 lock periods.
    """
    cast = vote_of(side, amax(amount), conviction)
    send(sending, remote, "conviction_voting.vote", number, cast)


def delegate(
    track: str,
    to: str,
    /,
    *,
    amount: str,
    conviction: str = "1x",
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Let another account vote for you on a track.

    Parameters
    ----------
    track
        Its name or number.
    to
        An address or a development name.
    amount
        AMAX that was set aside, such as 100AMAX.
    conviction
        0.1x, or 1x to 6x.
    """
    order, stake, strength = order_of(sending), amax(amount), conviction_of(conviction)

    async def send_it(client: Client) -> None:
        target = Id(account_of(client, to))
        chosen, path = track_named(client, track).number, "conviction_voting.delegate"
        await make(client, order, remote, path, chosen, target, strength, stake)

    ask(remote, send_it)


def undelegate(track: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Vote for yourself again on a track.

    Parameters
    ----------
    track
        Its name or number.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        chosen = track_named(client, track).number
        await make(client, order, remote, "conviction_voting.undelegate", chosen)

    ask(remote, send_it)
