"""Calls and storage by the runtime's own classes, so that a type checker sees what fits.

call_of(client, Jobs.cancel_job, 7)
await read(client, entry(Jobs.jobs, 7))          # Job | None
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from cli.errors import UsageError
from cli.sdk.client import Client
from runtime.frame.calls import Call
from runtime.frame.dispatch import Origin
from runtime.frame.pallet import Pallet
from runtime.frame.storage import DoubleMap, Item, Map, TripleMap, Value, storage_key

P = ParamSpec("P")
K = TypeVar("K")
K2 = TypeVar("K2")
K3 = TypeVar("K3")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A place in the chain's state; what is read there is a T."""

    item: Item
    keys: tuple[Any, ...]
    pallet: str | None = None
    """Which of two pallets of one class, such as Amax among the Balances."""

    def of(self, pallet: str) -> Entry[T]:
        """Return the same place in the pallet of a name."""
        return Entry(self.item, self.keys, pallet)


@overload
def entry(item: Value[T]) -> Entry[T]: ...
@overload
def entry(item: Map[K, T], key: K, /) -> Entry[T | None]: ...
@overload
def entry(item: DoubleMap[K, K2, T], key: K, second: K2, /) -> Entry[T | None]: ...
@overload
def entry(item: TripleMap[K, K2, K3, T], key: K, second: K2, third: K3, /) -> Entry[T | None]: ...
def entry(item: Item, *keys: Any) -> Entry[Any]:
    """Return a place in the state: a value, or the keys into a map.

    Raises: UsageError unless there are as many keys as the map has.
    """
    if len(keys) != len(item.hashers):
        name = f"{item.owner.__name__}.{item.attribute}"
        raise UsageError(f"{name}: wanted {len(item.hashers)} keys, got {len(keys)}")
    return Entry(item, keys)


def call_of(
    client: Client,
    method: Callable[Concatenate[Any, Origin, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Call:
    """Return a call of a pallet; the origin is who signs it.

    Raises: UsageError if the chain has no such call, or two pallets of its class: `call_in` then
    says of which.
    """
    return call_in(client, None, method, *args, **kwargs)


def call_in(
    client: Client,
    pallet: str | None,
    method: Callable[Concatenate[Any, Origin, P], None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Call:
    """Return a call of the pallet of that name, or of the only one that has it.

    Raises: UsageError.
    """
    name = method.__name__
    owner = _the_one(
        [one for one in client.pallets if getattr(type(one), name, None) is method],
        method.__qualname__,
        pallet,
    )
    found = client.calls.entry(owner.name, name)
    if found is None:
        raise UsageError(f"{method.__qualname__} is no call: it cannot be sent")
    names = [one for one, _ in found.signature]
    given = dict(zip(names, args, strict=False)) | {key.rstrip("_"): kwargs[key] for key in kwargs}
    if len(args) > len(names) or sorted(given) != sorted(names):
        raise UsageError(f"{owner.name}.{name}: wanted {', '.join(names) or 'no arguments'}")
    return Call(found, tuple(given[one] for one in names))


async def read(client: Client, place: Entry[T], at: bytes | None = None) -> T:
    """Return what a place of the state holds; the item's default, or None, where nothing is.

    Raises: UsageError if the chain has no such item.
    """
    raw = await client.raw_storage(key_of(client, place), at)
    return value_of(place, raw)


def value_of(place: Entry[T], raw: bytes | None) -> T:
    """Return the value in the bytes that a place of the state holds."""
    value: T = place.item.default if raw is None else place.item.read(raw)
    return value


def key_of(client: Client, place: Entry[Any]) -> bytes:
    """Return the storage key of a place of the state.

    Raises: UsageError.
    """
    item = place.item
    owner = _the_one(
        [one for one in client.pallets if getattr(type(one), item.attribute, None) is item],
        f"{item.owner.__name__}.{item.attribute}",
        place.pallet,
    )
    prefix = item.prefix(owner)
    wanted = place.keys[0] if len(place.keys) == 1 else place.keys
    return storage_key(item, prefix, wanted) if item.hashers else prefix


def _the_one(found: Sequence[Pallet], what: str, named: str | None) -> Pallet:
    chosen = [one for one in found if named in (None, one.name)]
    if len(chosen) == 1:
        return chosen[0]
    if not found:
        raise UsageError(f"this chain has no {what}")
    names = " or ".join(one.name for one in found)
    raise UsageError(f"{what}: wanted the pallet's name, {names}, got {named}")
