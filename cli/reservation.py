"""`starminer reservation`: compute paid for ahead, passed on and redeemed."""

from __future__ import annotations

from cli.accounts import account_of
from cli.errors import CommandError
from cli.options import Remote
from cli.printing import progress, show
from cli.sdk.client import Client
from cli.sdk.jobs import DEFAULT_MARKET, number_of
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of, send
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.compute.job import PERBILL, Market
from runtime.pallets.reservations import MAX_RESERVATIONS, PREMIUM, Reservation, place_price
from runtime.terms import Queueing

LOCAL = Remote()


def create(
    units: int,
    /,
    *,
    max_price: str,
    epochs: int = 1,
    tier: int = DEFAULT_MARKET.tier,
    region: int = DEFAULT_MARKET.region,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Pay for work ahead; jobs paid from it wait in front.

    What it comes to goes on hold. On top a fiftieth of it is burned, and the price of a place for
    each epoch, which grows with the square of how many are taken and is shown first.

    Parameters
    ----------
    units
        Micro-CU in each epoch.
    max_price
        The most that a CU may cost, such as 2AGPU.
    epochs
        For how many epochs from now.
    tier
        The class of hardware.
    region
        Where it stands.
    """
    order, price = order_of(sending), amount_of("--max-price", max_price)
    terms = (Market(tier, region), units, epochs, price)

    async def dialogue(client: Client) -> None:
        progress(await place_words(client, epochs))
        await make(client, order, remote, "reservations.reserve", *terms)

    ask(remote, dialogue)


def list_reservations(*, owner: str | None = None, remote: Remote = LOCAL) -> None:
    """List what is reserved, and what is left of it.

    Parameters
    ----------
    owner
        Whose, an address or //Alice; everybody's, if it is left out.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        wanted = None if owner is None else account_of(client, owner)
        at = await client.block_hash()
        rows = []
        for number in await client.storage("Reservations", "Open", at=at):
            record: Reservation | None = await client.storage(
                "Reservations", "Reservations", number, at=at
            )
            if record is not None and wanted in (None, record.owner):
                rows.append(reservation_row(client, number, record))
        return rows

    show(ask(remote, question), remote.output)


def redeem(
    reservation: int, job: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Pay a job that waits from a reservation; it then waits in front.

    Parameters
    ----------
    reservation
        Its number.
    job
        The number of the job.
    """
    send(sending, remote, "jobs.redeem", reservation, number_of(job))


def transfer(
    reservation: int, to: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Give a reservation, with all that is left of it, to another account.

    Parameters
    ----------
    reservation
        Its number.
    to
        The new owner, an address or //Alice.
    """
    order = order_of(sending)

    async def dialogue(client: Client) -> None:
        new = account_of(client, to)
        call = "reservations.transfer_reservation"
        await make(client, order, remote, call, reservation, new)

    ask(remote, dialogue)


def close(reservation: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """End a reservation; what is left of it comes back.

    Parameters
    ----------
    reservation
        Its number.
    """
    send(sending, remote, "reservations.close_reservation", reservation)


async def place_words(client: Client, epochs: int) -> str:
    """Say what the next place burns for so many epochs, beside the part of what is set aside.

    Raises: CommandError if all are taken.
    """
    at = await client.block_hash()
    taken = len(await client.storage("Reservations", "Open", at=at))
    if taken >= MAX_RESERVATIONS:
        raise CommandError(f"all {MAX_RESERVATIONS} places of reservations are taken")
    terms: Queueing = await client.storage("Parameters", "Queue", at=at)
    price = epochs * place_price(terms.deposit, taken)
    percent = PREMIUM * 100 // PERBILL
    return (
        f"place {taken + 1} of {MAX_RESERVATIONS}: {format_amount(price)} is burned for it, "
        f"and {percent} % of what is set aside"
    )


def reservation_row(client: Client, number: int, record: Reservation) -> dict[str, object]:
    """Return a reservation in one line."""
    return {
        "reservation": number,
        "owner": client.address(record.owner),
        "tier": record.market.tier,
        "region": record.market.region,
        "units_per_epoch": record.units,
        "epochs": record.epochs,
        "from_block": record.starts,
        "left": format_amount(record.held),
    }
