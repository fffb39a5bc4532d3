"""The chain's state by pallet and item, decoded: what the state browser asks for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, get_args, get_origin

import msgspec

from node.explorer.blocks import BlocksNamespace, missing
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.entries import UNLISTED
from node.explorer.readable import Json, is_account
from node.rpc.addresses import Addresses
from node.rpc.errors import RpcError, invalid_params
from node.rpc.registry import method
from node.rpc.values import Hex, to_hex
from node.store.blocks import UnknownBlock
from runtime.frame.metadata.registry import variant_name
from runtime.frame.pallet import Pallet, calls_of
from runtime.frame.storage import BoundMap, Item
from runtime.primitives.scale import DecodeError, decode
from runtime.primitives.schema import Compact, Fixed, Int, Uint, schema_of

ENTRIES_LISTED = 50
"""Entries of a map that one call shows."""


class ItemJson(msgspec.Struct, frozen=True):
    """A storage item: how its keys are called, and whether it is a map."""

    name: str
    keys: list[str]


class PalletJson(msgspec.Struct, frozen=True):
    """A pallet with what it stores, does and says."""

    name: str
    index: int
    doc: str
    items: list[ItemJson]
    calls: list[str]
    events: list[str]
    unlisted: list[str]
    """Those of the events that come with every extrinsic or block, and are not listed by name."""


class EntryJson(msgspec.Struct, frozen=True, rename="camel"):
    """A value of the state; `keys` are those of its map, `storage_key` is where it lies."""

    keys: list[Json]
    value: Json
    storage_key: str


class StateNamespace:
    """What is asked about any part of the state."""

    def __init__(self, decoder: Decoder, blocks: BlocksNamespace, addresses: Addresses) -> None:
        self._decoder, self._blocks, self._addresses = decoder, blocks, addresses

    @method("explorer_pallets")
    def pallets(self) -> list[PalletJson]:
        """Return the pallets of the best block's runtime."""
        return [pallet_json(pallet) for pallet in self._decoder.best().runtime.pallets]

    @method("explorer_state")
    def state(
        self,
        pallet: str,
        item: str,
        keys: list[str] | None = None,
        block: str = "best",
        after: str = "",
    ) -> list[EntryJson]:
        """Return a value of the state, or 50 entries of a map in the order of their storage keys.

        A key is an address, a number, or its SCALE bytes in hex; `after` is the storage key of the
        last entry of the page before.
        """
        try:
            found = self._decoder.block(self._blocks.hash_of(block))
        except UnknownBlock as error:
            raise missing(str(error)) from None
        owner = found.runtime.by_name.get(pallet)
        declared = None if owner is None else items_of(owner).get(item)
        if owner is None or declared is None:
            raise invalid_params(f"no storage item is called {pallet}.{item}")
        return list(self._entries(found, owner, declared, keys or [], after))

    def _entries(
        self, found: DecodedBlock, owner: Pallet, item: Item, keys: list[str], after: str
    ) -> Iterator[EntryJson]:
        value_note, notes = item.annotations[-1], item.annotations[:-1]
        value = getattr(owner, item.attribute)
        show = found.readable.show
        if not isinstance(value, BoundMap):
            shown = show(value_note, value, owner.name)
            yield EntryJson([], shown, to_hex(item.prefix(owner)))
            return
        if keys:
            if len(keys) != len(notes):
                raise invalid_params(f"wanted {len(notes)} keys, got {len(keys)}")
            read = tuple(self._key(note, key) for note, key in zip(notes, keys, strict=True))
            pairs = iter([(read, value.get(read[0] if len(read) == 1 else read))])
        else:
            state = self._decoder.chain.state_at(found.header.hash)
            start, prefix = place_behind(after, item.prefix(owner)), item.prefix(owner)
            listed = (
                value.key_of(one) for one in islice(state.keys(prefix, start), ENTRIES_LISTED)
            )
            pairs = ((key if len(notes) > 1 else (key,), value.get(key)) for key in listed)
        for key, held in pairs:
            shown_keys = [show(note, one, owner.name) for note, one in zip(notes, key, strict=True)]
            slot = value.slot(key if len(notes) > 1 else key[0])
            yield EntryJson(shown_keys, show(value_note, held, owner.name), to_hex(slot))

    def _key(self, note: Any, text: str) -> Any:
        """Read a key as a person types it.

        Raises RpcError.
        """
        if is_account(note):
            return self._addresses.decode(text.strip())
        schema = schema_of(note)
        try:
            if isinstance(schema, Uint | Int | Compact) and text.strip().isdecimal():
                return int(text)
            raw = bytes(Hex.from_json(text.strip()))
            return raw if isinstance(schema, Fixed) else decode(raw, note)
        except (DecodeError, ValueError) as error:
            raise _bad_key(note, text, error) from None


def _bad_key(note: Any, text: str, error: Exception) -> RpcError:
    return invalid_params(f"wanted a key of type {type_name(note)}, got {text[:80]!r}: {error}")


def place_behind(text: str, prefix: bytes) -> bytes | None:
    """Read the storage key that a page of a map goes on from; none for the first page.

    Raises RpcError.
    """
    if not text:
        return None
    try:
        raw = bytes(Hex.from_json(text.strip()))
    except ValueError as error:
        raise invalid_params(f"after: {error}") from None
    if not raw.startswith(prefix):
        raise invalid_params(f"after: wanted a storage key of this map, got {text[:80]}")
    return raw


def pallet_json(pallet: Pallet) -> PalletJson:
    """Describe a pallet."""
    kind = type(pallet)
    events = [variant_name(one) for one in kind.events]
    return PalletJson(
        name=pallet.name,
        index=pallet.index,
        doc=(kind.__doc__ or "").partition("\n\n")[0],
        items=[
            ItemJson(name, [type_name(note) for note in item.annotations[:-1]])
            for name, item in items_of(pallet).items()
        ],
        calls=[name for name, _ in calls_of(kind).values()],
        events=events,
        unlisted=[one for one in events if f"{pallet.name}.{one}" in UNLISTED],
    )


def items_of(pallet: Pallet) -> dict[str, Item]:
    """Return the storage items of a pallet by their names on the wire."""
    members = vars(type(pallet)).values()
    return {member.name: member for member in members if isinstance(member, Item)}


def type_name(note: Any) -> str:
    """Return how the type of a key is called."""
    if is_account(note):
        return "account"
    base = get_args(note)[0] if get_origin(note) is Annotated else note
    name = getattr(base, "__name__", str(base))
    return {"int": "number", "bytes": "hex"}.get(name, name)
