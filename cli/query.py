"""`starminer query`: read blocks, state, accounts and events."""

from __future__ import annotations

from typing import Any

from cli.accounts import account_of
from cli.errors import UsageError
from cli.events import event_rows
from cli.options import Remote
from cli.printing import jsonable, show
from cli.readable import Display
from cli.sdk.client import BEST, Client, enhex
from cli.sdk.names import find_pallet, items_of
from cli.sdk.session import ask
from cli.sdk.values import Reader
from genesis.notation import format_amount
from runtime.frame.calls import signature_of
from runtime.frame.pallet import Pallet, calls_of, marked
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import decode_extrinsic

LOCAL = Remote()


def head(*, remote: Remote = LOCAL) -> None:
    """Show the best and the final block."""

    async def question(client: Client) -> dict[str, object]:
        best, final = await client.block_hash(BEST), await client.block_hash("final")
        numbers = await client.number(best), await client.number(final)
        health = await client.rpc.call("system_health")
        return {
            "best": numbers[0],
            "best_hash": enhex(best),
            "final": numbers[1],
            "final_hash": enhex(final),
            "peers": health["peers"],
            "syncing": health["isSyncing"],
        }

    show(ask(remote, question), remote.output)


def block(at: str = BEST, /, *, remote: Remote = LOCAL) -> None:
    """Show a block with its extrinsics.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        found = await client.block(await client.block_hash(at))
        return {
            "number": found.number,
            "hash": enhex(found.hash),
            "parent": enhex(found.parent_hash),
            "state_root": enhex(found.state_root),
            "extrinsics_root": enhex(found.extrinsics_root),
            "extrinsics": [
                {"index": i, **extrinsic_row(client, raw)} for i, raw in enumerate(found.extrinsics)
            ],
        }

    show(ask(remote, question), remote.output)


def storage(item: str, /, *keys: str, at: str = BEST, remote: Remote = LOCAL) -> None:
    """Read a value of the state.

    Parameters
    ----------
    item
        Pallet and item, such as Balances.TotalIssuance or System.Account.
    keys
        The keys of a map, as accounts, numbers, hex or JSON.
    at
        best, final, a number or a hash.
    """
    pallet, separator, name = item.partition(".")
    if not separator:
        raise UsageError(f"wanted PALLET.ITEM such as System.Account, got {item!r}")

    async def question(client: Client) -> Any:
        _, declared = client.item(pallet, name)
        if len(keys) != len(declared.hashers):
            raise UsageError(f"{item} takes {len(declared.hashers)} keys, got {len(keys)}")
        reader = Reader(client.config.ss58_prefix, "AGPU")
        typed = zip(keys, declared.annotations, strict=False)
        values = [reader.read(f"key {i}", note, key) for i, (key, note) in enumerate(typed)]
        return await client.storage(pallet, name, *values, at=await client.block_hash(at))

    value = jsonable(ask(remote, question))
    show(value if isinstance(value, dict) else {"value": value}, remote.output)


def account(who: str, /, *, at: str = BEST, remote: Remote = LOCAL) -> None:
    """Show what an account holds.

    Parameters
    ----------
    who
        An address, a public key in hex, or a name such as //Alice.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        where = await client.block_hash(at)
        account_id = account_of(client, who)
        info = await client.account(account_id, where)
        amax = await client.amax(account_id, where)
        held = [("AGPU", info.data), ("AMAX", amax)]
        return {
            "address": client.address(account_id),
            "public_key": enhex(account_id),
            "nonce": info.nonce,
            "balances": [
                {
                    "token": symbol,
                    "free": format_amount(data.free, symbol),
                    "held": format_amount(data.reserved, symbol),
                    "frozen": format_amount(data.frozen, symbol),
                }
                for symbol, data in held
            ],
        }

    show(ask(remote, question), remote.output)


def events(at: str = BEST, /, *, remote: Remote = LOCAL) -> None:
    """Show what happened in a block.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        return event_rows(client, await client.events(await client.block_hash(at)))

    show(ask(remote, question), remote.output)


def metadata(pallet: str | None = None, /, *, remote: Remote = LOCAL) -> None:
    """List the runtime's pallets, calls and storage.

    Parameters
    ----------
    pallet
        One of them, in detail.
    """

    async def question(client: Client) -> tuple[Pallet, ...]:
        return client.pallets

    pallets = ask(remote, question)
    if pallet is None:
        show([pallet_row(one) for one in pallets], remote.output)
        return
    found = find_pallet(pallets, pallet)
    calls = [
        {"call": name, "arguments": [key for key, _ in signature_of(getattr(type(found), name))]}
        for name, _ in calls_of(type(found)).values()
    ]
    items = [{"item": name, "keys": len(item.hashers)} for name, item in items_of(found).items()]
    kinds = [kind.__name__ for kind in found.events]
    record = {"pallet": found.name, "index": found.index, "events": kinds}
    show(record | {"calls": calls, "storage": items}, remote.output)


def pallet_row(pallet: Pallet) -> dict[str, object]:
    """Return a pallet in one line."""
    return {
        "pallet": pallet.name,
        "index": pallet.index,
        "calls": len(calls_of(type(pallet))),
        "storage": len(items_of(pallet)),
        "events": len(pallet.events),
    }


def extrinsic_row(client: Client, raw: bytes) -> dict[str, object]:
    """Return an extrinsic in one line."""
    try:
        extrinsic = decode_extrinsic(raw)
        called = client.calls.decode(extrinsic.call)
    except DecodeError as error:
        return {"call": f"(undecodable: {error})", "signer": None, "arguments": enhex(raw)}
    signer = None if extrinsic.signature is None else client.address(extrinsic.signature.signer)
    entry = called.entry
    names, notes = zip(*entry.signature, strict=True) if entry.signature else ((), ())
    display = Display(client.config.ss58_prefix, entry.pallet)
    arguments = display.arguments(list(names), list(notes), called.arguments)
    return {"call": f"{entry.pallet}.{entry.name}", "signer": signer, "arguments": arguments}


def const(item: str, /, *, remote: Remote = LOCAL) -> None:
    """Show a constant of the runtime, or all of a pallet.

    For example: starminer query const Balances.existential_deposit

    Parameters
    ----------
    item
        A pallet, or one of its constants, such as Balances.existential_deposit.
    """
    pallet, _, name = item.partition(".")

    async def question(client: Client) -> Pallet:
        return find_pallet(client.pallets, pallet)

    show(constant_rows(ask(remote, question), name), remote.output)


def constant_rows(pallet: Pallet, name: str) -> list[dict[str, object]]:
    """Return the constants of a pallet, or the one of a name.

    Raises: UsageError, naming those that there are.
    """
    found = dict(marked(type(pallet), "__constant__"))
    wanted = {known: known.replace("_", "").lower() for known in found}
    chosen = [known for known in found if wanted[known] == name.replace("_", "").lower()]
    if name and not chosen:
        known = ", ".join(found) or "none"
        raise UsageError(f"{pallet.name} has no constant {name!r}: it has {known}")
    return [
        {
            "constant": known,
            "value": jsonable(found[known](pallet)),
            "meaning": (found[known].__doc__ or "").partition("\n")[0],
        }
        for known in (chosen or found)
    ]


def runtime(*, at: str = BEST, remote: Remote = LOCAL) -> None:
    """Show which runtime executes the chain.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        digest = enhex(await client.block_hash(at))
        version = await client.rpc.call("state_getRuntimeVersion", digest)
        return {
            "name": version["specName"],
            "version": version["specVersion"],
            "implementation": version["implVersion"],
            "transactions": version["transactionVersion"],
            "pallets": len(client.pallets),
        }

    show(ask(remote, question), remote.output)
