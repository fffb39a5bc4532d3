"""What accounts hold, as the state of a block has it: all of them, or some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.transport import RpcRefusal
from runtime.books.books import AGPU, AMAX
from runtime.books.flows import Snapshot
from runtime.books.ledger import Holding, holding_of
from runtime.constants import TREASURY
from runtime.frame.accounts import NO_DATA, AccountData
from runtime.frame.fungible import AGPU_MINTS, BurnReason
from runtime.frame.storage import Item, storage_key
from runtime.primitives.types import AccountId

PAGE_KEYS = 1000
"""Keys in one answer, as nodes allow."""

ACCOUNT_BYTES = 32
STATE_IS_GONE = 4003

ACCOUNTS = {AGPU: "System", AMAX: "Amax"}
"""The pallet that keeps the accounts of each ledger."""


@dataclass(frozen=True, slots=True)
class Place:
    """A storage key, and how the value under it is read."""

    key: bytes
    item: Item

    def read(self, raw: bytes | None) -> Any:
        """Return the value, or the default where there is none."""
        return self.item.default if raw is None else self.item.read(raw)


def place(client: Client, pallet: str, item: str, *keys: Any) -> Place:
    """Return where a value stands."""
    owner, declared = client.item(pallet, item)
    prefix = declared.prefix(owner)
    wanted = keys[0] if len(keys) == 1 else keys
    return Place(storage_key(declared, prefix, wanted) if keys else prefix, declared)


async def values(client: Client, keys: Sequence[bytes], at: bytes) -> dict[bytes, bytes | None]:
    """Return the bytes under storage keys after a block.

    Raises: CommandError where the node does not have that state any more.
    """
    found: dict[bytes, bytes | None] = {}
    for start in range(0, len(keys), PAGE_KEYS):
        page = [enhex(key) for key in keys[start : start + PAGE_KEYS]]
        try:
            (answer,) = await client.rpc.call("state_queryStorageAt", page, enhex(at))
        except RpcRefusal as refusal:
            raise _gone(refusal, at) from refusal
        for key, value in answer["changes"]:
            found[unhex(key)] = None if value is None else unhex(value)
    return found


async def all_holdings(client: Client, ledger: str, at: bytes) -> dict[AccountId, Holding]:
    """Return what everybody has of a token after a block."""
    whole = place(client, ACCOUNTS[ledger], "Account")
    people = [key[-ACCOUNT_BYTES:] for key in await keys_under(client, whole.key, at)]
    holders = place(client, ledger, "Holds")
    people += [key[-ACCOUNT_BYTES:] for key in await keys_under(client, holders.key, at)]
    found = await holdings(client, ledger, dict.fromkeys(people), at)
    return {who: one for who, one in found.items() if not one.is_empty}


async def holdings(
    client: Client, ledger: str, people: Iterable[AccountId], at: bytes
) -> dict[AccountId, Holding]:
    """Return what some have of a token after a block."""
    places = {
        who: (place(client, ACCOUNTS[ledger], "Account", who), place(client, ledger, "Holds", who))
        for who in people
    }
    keys = [one.key for pair in places.values() for one in pair]
    raw = await values(client, keys, at) if keys else {}
    return {
        who: holding_of(_data(account.read(raw.get(account.key))), held.read(raw.get(held.key)))
        for who, (account, held) in places.items()
    }


def sum_places(client: Client) -> list[Place]:
    """Return where the sums of AGPU stand: issuance, minted by reason, burned by reason."""
    return [
        place(client, AGPU, "TotalIssuance"),
        *(place(client, AGPU, "MintedByReason", one) for one in AGPU_MINTS),
        *(place(client, AGPU, "BurnedByReason", one) for one in BurnReason),
        place(client, "System", "Account", TREASURY),
    ]


def sums_of(places: Sequence[Place], raw: dict[bytes, bytes | None]) -> Snapshot:
    """Read what `sum_places` named."""
    issuance, *rest, treasury = (one.read(raw.get(one.key)) for one in places)
    data = _data(treasury)
    minted = dict(zip((one.name.lower() for one in AGPU_MINTS), rest, strict=False))
    burned = zip((one.name.lower() for one in BurnReason), rest[len(AGPU_MINTS) :], strict=True)
    return Snapshot(issuance, data.free + data.reserved, minted, dict(burned))


def _data(found: Any) -> AccountData:
    """Return the balances of an account, which System keeps with its nonce."""
    data: AccountData = found if isinstance(found, AccountData) else getattr(found, "data", NO_DATA)
    return data


async def keys_under(client: Client, prefix: bytes, at: bytes) -> list[bytes]:
    """Return every storage key under a prefix after a block."""
    found: list[bytes] = []
    while True:
        start = [enhex(found[-1])] if found else [None]
        try:
            page = await client.rpc.call(
                "state_getKeysPaged", enhex(prefix), PAGE_KEYS, *start, enhex(at)
            )
        except RpcRefusal as refusal:
            raise _gone(refusal, at) from refusal
        found += [unhex(key) for key in page]
        if len(page) < PAGE_KEYS:
            return found


def _gone(refusal: RpcRefusal, at: bytes) -> CommandError:
    """Return what to do about an answer that did not come."""
    if refusal.code != STATE_IS_GONE:
        return refusal
    return CommandError(
        f"the node has not the state of block {enhex(at)} any more: ask one that runs with "
        f"--state-pruning archive ({refusal})"
    )
