"""Typed storage items: what a pallet declares, and what it then reads and writes.

    total_issuance: Value[Balance] = Value(default=0)        # self.total_issuance += amount
    account: Map[AccountId, Account] = Map(default=Account()) # self.account[who]

The annotation gives the key and value types; the call gives the options. On the wire an item
bears its name in FRAME's spelling (`TotalIssuance`). A value equal to its default is not stored,
so two states that read the same have the same root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_type_hints, overload

from runtime.primitives.hashing import BLAKE2_128_CONCAT, Hasher, storage_prefix
from runtime.primitives.scale import Codec, DecodeError, codec_of, decoder, encode
from runtime.primitives.schema import Option, Schema, schema_of

if TYPE_CHECKING:
    from runtime.frame.pallet import Pallet
    from runtime.state.overlay import Overlay

K = TypeVar("K")
K2 = TypeVar("K2")
K3 = TypeVar("K3")
V = TypeVar("V")


def camel_case(name: str) -> str:
    """Return a Python name in FRAME's spelling: `total_issuance` → `TotalIssuance`."""
    return "".join(part[:1].upper() + part[1:].lower() for part in name.split("_"))


class Item:
    """A storage declaration; knows its name and, from its annotation, its types."""

    def __init__(self, default: Any, hashers: tuple[Hasher, ...], name: str) -> None:
        self.default, self.hashers, self._wire_name = default, hashers, name

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.attribute = owner, name

    @cached_property
    def name(self) -> str:
        """The name of the item on the wire."""
        return self._wire_name or camel_case(self.attribute)

    @cached_property
    def annotations(self) -> tuple[Any, ...]:
        """The types between the brackets of the annotation: the keys, then the value."""
        return get_args(get_type_hints(self.owner, include_extras=True)[self.attribute])

    @cached_property
    def key_parts(self) -> tuple[tuple[int, Callable[[bytes, int], tuple[Any, int]]], ...]:
        """Of each key: the bytes of its hash before it, and what reads it out of a storage key."""
        decoders = (codec_of(annotation).decode for annotation in self.annotations)
        hashes = (hasher.digest_bytes for hasher in self.hashers)
        return tuple(zip(hashes, decoders, strict=False))

    @cached_property
    def value_schema(self) -> Schema:
        """What is stored: of an optional value only what is there, since None is not stored."""
        schema = schema_of(self.annotations[-1])
        return schema.some if self.default is None and isinstance(schema, Option) else schema

    @cached_property
    def value_codec(self) -> Codec:
        """The codec of the stored value."""
        return codec_of(self.value_schema)

    @cached_property
    def read(self) -> Callable[[bytes], Any]:
        """The function from stored bytes to the value."""
        decode_at = decoder(self.value_schema)

        def read(raw: bytes) -> Any:
            value, end = decode_at(raw, 0)
            if end != len(raw):
                raise DecodeError(f"{self.name}: wanted {end} bytes, got {len(raw)}")
            return value

        return read

    def prefix(self, pallet: Pallet) -> bytes:
        """Return the key prefix of this item in `pallet`, 32 bytes."""
        return storage_prefix(pallet.name, self.name)


class Value(Item, Generic[V]):
    """One value, read and written as an attribute of its pallet."""

    def __init__(self, default: V, *, name: str = "") -> None:
        super().__init__(default, (), name)

    @overload
    def __get__(self, pallet: None, owner: type) -> Value[V]: ...
    @overload
    def __get__(self, pallet: Pallet, owner: type) -> V: ...
    def __get__(self, pallet: Pallet | None, owner: type) -> Value[V] | V:
        if pallet is None:
            return self
        slot = pallet.slots.get(self.attribute) or self._slot(pallet)
        value: V | None = pallet.overlay.get(slot, self.read)
        return self.default if value is None else value

    def __set__(self, pallet: Pallet, value: V) -> None:
        slot = pallet.slots.get(self.attribute) or self._slot(pallet)
        stored = None if value == self.default else value
        pallet.overlay.put(slot, stored, self.value_codec.encode)

    def _slot(self, pallet: Pallet) -> bytes:
        """Return the storage key, and keep it: from now on it is found without this call."""
        slot = pallet.slots[self.attribute] = self.prefix(pallet)
        return slot


class Map(Item, Generic[K, V]):
    """Values under keys, read and written as a mapping on its pallet."""

    def __init__(
        self, default: V | None = None, *, hasher: Hasher = BLAKE2_128_CONCAT, name: str = ""
    ) -> None:
        super().__init__(default, (hasher,), name)

    @overload
    def __get__(self, pallet: None, owner: type) -> Map[K, V]: ...
    @overload
    def __get__(self, pallet: Pallet, owner: type) -> BoundMap[K, V]: ...
    def __get__(self, pallet: Pallet | None, owner: type) -> Map[K, V] | BoundMap[K, V]:
        if pallet is None:
            return self
        bound: BoundMap[K, V] = BoundMap(pallet.overlay, self, self.prefix(pallet))
        # found before this descriptor from now on: a read of the map costs one dict lookup
        vars(pallet)[self.attribute] = bound
        return bound


class DoubleMap(Item, Generic[K, K2, V]):
    """Values under pairs of keys: `self.segment[job, index]`; one first key can be listed."""

    def __init__(
        self,
        default: V | None = None,
        *,
        hashers: tuple[Hasher, Hasher] = (BLAKE2_128_CONCAT, BLAKE2_128_CONCAT),
        name: str = "",
    ) -> None:
        super().__init__(default, hashers, name)

    @overload
    def __get__(self, pallet: None, owner: type) -> DoubleMap[K, K2, V]: ...
    @overload
    def __get__(self, pallet: Pallet, owner: type) -> BoundMap[tuple[K, K2], V]: ...
    def __get__(
        self, pallet: Pallet | None, owner: type
    ) -> DoubleMap[K, K2, V] | BoundMap[tuple[K, K2], V]:
        if pallet is None:
            return self
        bound: BoundMap[tuple[K, K2], V] = BoundMap(pallet.overlay, self, self.prefix(pallet))
        vars(pallet)[self.attribute] = bound
        return bound


class TripleMap(Item, Generic[K, K2, K3, V]):
    """Values under three keys: `self.page[era, validator, 0]`; one first key can be listed."""

    def __init__(
        self,
        *,
        hashers: tuple[Hasher, Hasher, Hasher] = (BLAKE2_128_CONCAT,) * 3,
        name: str = "",
    ) -> None:
        super().__init__(None, hashers, name)

    @overload
    def __get__(self, pallet: None, owner: type) -> TripleMap[K, K2, K3, V]: ...
    @overload
    def __get__(self, pallet: Pallet, owner: type) -> BoundMap[tuple[K, K2, K3], V]: ...
    def __get__(
        self, pallet: Pallet | None, owner: type
    ) -> TripleMap[K, K2, K3, V] | BoundMap[tuple[K, K2, K3], V]:
        if pallet is None:
            return self
        bound: BoundMap[tuple[K, K2, K3], V] = BoundMap(pallet.overlay, self, self.prefix(pallet))
        vars(pallet)[self.attribute] = bound
        return bound


class BoundMap(Generic[K, V]):
    """A map of one pallet, over the state of one block."""

    __slots__ = (
        "_default",
        "_encode",
        "_encode_key",
        "_item",
        "_overlay",
        "_place",
        "_prefix",
        "_read",
        "_slots",
    )

    def __init__(self, overlay: Overlay, item: Item, prefix: bytes) -> None:
        self._overlay, self._item, self._prefix = overlay, item, prefix
        self._default: V | None = item.default
        self._read, self._encode = item.read, item.value_codec.encode
        self._slots: dict[K, bytes] = {}
        single = len(item.hashers) == 1
        self._place = item.hashers[0].apply if single else None
        self._encode_key = codec_of(item.annotations[0]).encode

    def __getitem__(self, key: K) -> V:
        """Return the value under `key`, or the default.

        Raises:
            KeyError: absent, and the map has no default. Absence is then a bug in the caller;
                for a key that a user chose, write `require(items.get(key), Error.UNKNOWN)`.
        """
        slot = self._slots.get(key)
        value: V | None = self._overlay.get(slot or self.slot(key), self._read)
        if value is None:
            value = self._default
            if value is None:
                raise KeyError(key)
        return value

    def get(self, key: K) -> V | None:
        """Return the value under `key`, the default if there is one, or None."""
        slot = self._slots.get(key)
        value: V | None = self._overlay.get(slot or self.slot(key), self._read)
        return self._default if value is None else value

    def __setitem__(self, key: K, value: V) -> None:
        slot = self._slots.get(key) or self.slot(key)
        self._overlay.put(slot, None if value == self._default else value, self._encode)

    def __delitem__(self, key: K) -> None:
        self._overlay.put(self.slot(key), None, self._encode)

    def __contains__(self, key: K) -> bool:
        return self._overlay.get(self.slot(key), self._read) is not None

    def items(self) -> Iterator[tuple[K, V]]:
        """Yield every stored pair in order of hashed key: the same order on every node.

        The cost grows with the map. For invariants, migrations and queries, never for a call.
        """
        for slot in self._overlay.keys(self._prefix):
            yield self.key_of(slot), self._overlay.get(slot, self._read)

    def items_under(self, first: Any) -> Iterator[tuple[K, V]]:
        """Yield the pairs of a double map whose first key is `first`; the cost is their number."""
        for slot in self._overlay.keys(self._under(first)):
            yield self.key_of(slot), self._overlay.get(slot, self._read)

    def some_under(self, first: Any, most: int) -> list[tuple[K, V]]:
        """Return up to `most` pairs whose first key is `first`, the least hashed keys first.

        What is there besides costs nothing, so that a call can clear a map little by little.
        """
        slots = self._overlay.first_keys(self._under(first), most)
        return [(self.key_of(slot), self._overlay.get(slot, self._read)) for slot in slots]

    def _under(self, first: Any) -> bytes:
        """Return the prefix of the storage keys whose first key is `first`."""
        hasher, annotation = self._item.hashers[0], self._item.annotations[0]
        return self._prefix + hasher.apply(encode(first, annotation))

    def slot(self, key: K) -> bytes:
        """Return the storage key of `key`."""
        slot = self._slots.get(key)
        if slot is None:
            if self._place is None:
                slot = storage_key(self._item, self._prefix, key)
            else:
                slot = self._prefix + self._place(self._encode_key(key))
            self._slots[key] = slot
        return slot

    def key_of(self, slot: bytes) -> K:
        """Return the key that a storage key was made from."""
        offset, parts = len(self._prefix), self._item.key_parts
        if len(parts) == 1:
            digest_bytes, decode = parts[0]
            return decode(slot, offset + digest_bytes)[0]  # type: ignore[no-any-return]
        keys = []
        for digest_bytes, decode in parts:
            key, offset = decode(slot, offset + digest_bytes)
            keys.append(key)
        return tuple(keys)  # type: ignore[return-value]


def storage_key(item: Item, prefix: bytes, key: Any) -> bytes:
    """Return the storage key of `key` in the map that `item` declares under `prefix`."""
    keys = (key,) if len(item.hashers) == 1 else key
    parts = zip(item.hashers, keys, item.annotations, strict=False)
    return prefix + b"".join(hasher.apply(encode(one, note)) for hasher, one, note in parts)
