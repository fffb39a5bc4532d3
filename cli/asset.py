"""`starminer asset`: issue assets beside AGPU, and pass them on. Amounts are in least units."""

from __future__ import annotations

from cli.accounts import account_of
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of, send
from runtime.primitives.extrinsic import Id

LOCAL = Remote()


def show_account(who: str, /, *, remote: Remote = LOCAL) -> None:
    """Show what an account has of each asset.

    Parameters
    ----------
    who
        An address or a development name.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        address = client.address(account_of(client, who))
        found: list[dict[str, object]] = await client.rpc.call("liquidity_balances", address)
        return found

    show(ask(remote, question), remote.output)


def create(
    asset: int, /, *, least: int = 1, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Create an asset that you own and issue, for a deposit of 10 AGPU.

    Parameters
    ----------
    asset
        An id that nobody has taken.
    least
        Units that an account holds at least.
    """
    owner = Id(order_of(sending).pair.account)
    send(sending, remote, "assets.create", asset, owner, least)


def name(
    asset: int,
    name: str,
    symbol: str,
    /,
    *,
    decimals: int = 0,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Say how wallets show an asset of yours.

    Parameters
    ----------
    asset
        Its id.
    name
        Up to 50 bytes.
    symbol
        Up to 50 bytes, such as USDX.
    decimals
        Digits of a least unit behind the point.
    """
    shown = (name.encode(), symbol.encode(), decimals)
    send(sending, remote, "assets.set_metadata", asset, *shown)


def mint(
    asset: int, amount: int, to: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Create units of an asset that you issue.

    Parameters
    ----------
    asset
        Its id.
    amount
        Units.
    to
        An address or a development name.
    """
    _give("assets.mint", (asset, amount), to, sending, remote)


def transfer(
    asset: int, amount: int, to: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Send units of an asset; for an account that has none yet, 0.02 AGPU of yours go on hold.

    Parameters
    ----------
    asset
        Its id.
    amount
        Units.
    to
        An address or a development name.
    """
    _give("assets.transfer_keep_alive", (asset, amount), to, sending, remote)


def _give(path: str, units: tuple[int, int], to: str, sending: Sending, remote: Remote) -> None:
    """Make a call that gives units, an asset's id and how many, to an account."""
    order, (asset, amount) = order_of(sending), units

    async def send_it(client: Client) -> None:
        await make(client, order, remote, path, asset, Id(account_of(client, to)), amount)

    ask(remote, send_it)
