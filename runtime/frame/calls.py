"""Calls as bytes: pallet index, call index, arguments; and how they find their pallet.

The table is built once per runtime version. A decoded call names its method; it is bound to the
pallet of the block under way when it is dispatched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Annotated, Any, NamedTuple, get_type_hints

from runtime.frame.dispatch import CallInfo, DispatchClass, DispatchError, Origin, Weight
from runtime.frame.pallet import Pallet, calls_of
from runtime.primitives.codec_parts import Decode
from runtime.primitives.record import record
from runtime.primitives.scale import DecodeError, decoder, encode
from runtime.primitives.schema import Custom, Product, Schema, Sequence, schema_of

Signature = tuple[tuple[str, Any], ...]
"""Names and annotations of the arguments of a call, after its origin."""

RUNTIME_CALL = "RuntimeCall"
"""The type of any call, by its name in the metadata."""

MAX_DEPTH = 64
"""Calls inside calls: a fifth of what Python's stack has room for, and far above what people need.

FRAME stops at 256. Stopping early is the same everywhere, running out of stack would not be.
"""

MAX_INNER_CALLS = 16_384
"""Calls inside one call, however deep: reading them takes 50 ms, and any list of them is below."""


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call of the runtime."""

    pallet: str
    """The pallet's name on the wire."""
    name: str
    head: bytes
    info: CallInfo
    schema: Product
    decode_arguments: Decode
    signature: Signature
    fixed_weight: int | None
    """In picoseconds; None where the weight depends on the arguments."""


@record
class Call:
    """A decoded call, ready to be dispatched."""

    entry: CallEntry
    arguments: tuple[Any, ...]

    @property
    def weight(self) -> int:
        """The most this call may cost, in picoseconds."""
        fixed = self.entry.fixed_weight
        if fixed is not None:
            return fixed
        declared = self.entry.info.weight
        assert not isinstance(declared, Weight), "a fixed weight is computed once"
        return declared(*self.arguments).ref_time

    @property
    def declared(self) -> Weight:
        """The most this call and those inside it may cost, by kind of cost."""
        info = self.entry.info
        weight = info.weight if isinstance(info.weight, Weight) else info.weight(*self.arguments)
        inside = () if info.inner is None else info.inner(*self.arguments)
        return sum((one.declared for one in inside), weight)

    def encode(self) -> bytes:
        """Return the bytes that decode to this call."""
        return self.entry.head + encode(self.arguments, self.entry.schema)

    def dispatch(self, pallets: Mapping[str, Pallet], origin: Origin) -> None:
        """Run the call as `origin` on the pallets of a block; raises DispatchError."""
        pallet = pallets[self.entry.pallet]
        method: Callable[..., None] = getattr(pallet, self.entry.name)
        try:
            method(origin, *self.arguments)
        except DispatchError as refusal:
            refusal.met_in(pallet.index, pallet.errors)
            raise


def _read(raw: bytes, offset: int) -> tuple[Call, int]:
    raise AssertionError(f"a call at {offset} of {len(raw)} bytes wants a CallTable to read it")


INNER = Custom(Call.encode, _read, lambda registry: registry.known(RUNTIME_CALL), RUNTIME_CALL)
"""A call inside a call, until a `CallTable` knows which calls there are."""

RuntimeCall = Annotated[Call, INNER]
"""Any call of the runtime, as an argument of another."""


class PalletShape(NamedTuple):
    """What of a pallet decides its calls."""

    kind: type[Pallet]
    name: str
    place: int
    """The pallet's index on the wire."""


class CallTable:
    """Every call of a runtime, by its two index bytes and by name.

    Invariant: `_depth` and `_inner` count the calls that hold the one being read, and those read
    inside the outermost one; between two reads the depth is zero.
    """

    def __init__(self, shapes: tuple[PalletShape, ...]) -> None:
        self._depth = self._inner = 0
        self._entries: dict[bytes, CallEntry] = {}
        for pallet in shapes:
            for index, (name, info) in calls_of(pallet.kind).items():
                head = bytes((pallet.place, index))
                signature = signature_of(getattr(pallet.kind, name))
                fixed = info.weight.ref_time if isinstance(info.weight, Weight) else None
                schema = Product(tuple(self._bound(schema_of(note)) for _, note in signature))
                entry = CallEntry(
                    pallet.name, name, head, info, schema, decoder(schema), signature, fixed
                )
                self._entries[head] = entry
        self._by_name = {(e.pallet, e.name): e for e in self._entries.values()}

    @staticmethod
    def of(pallets: Iterable[Pallet]) -> CallTable:
        """Return the table of the calls of some pallets; blocks of one runtime share it."""
        return table_of(tuple(PalletShape(type(one), one.name, one.index) for one in pallets))

    def decode(self, raw: bytes) -> Call:
        """Decode a whole call.

        Raises:
            DecodeError: no such pallet or call, or arguments that are not canonical.
        """
        self._inner = 0
        call, end = self.decode_at(raw, 0)
        if end != len(raw):
            raise DecodeError(f"wanted a call of {end} bytes, got {len(raw)}")
        return call

    def decode_at(self, raw: bytes, offset: int) -> tuple[Call, int]:
        """Decode a call from `offset`; return it and the offset behind it."""
        entry = self._entries.get(raw[offset : offset + 2])
        if entry is None:
            raise DecodeError(f"no call has the index {raw[offset : offset + 2].hex()}")
        arguments, end = entry.decode_arguments(raw, offset + 2)
        if entry.info.inner is not None:
            entry = settled(entry, arguments, entry.info.inner(*arguments))
        return Call(entry, arguments), end

    def encode(self, pallet: str, name: str, *arguments: Any) -> bytes:
        """Encode a call by name.

        Raises:
            KeyError: there is no such call.
        """
        entry = self._by_name[pallet, name]
        return entry.head + encode(arguments, entry.schema)

    def entry(self, pallet: str, name: str) -> CallEntry | None:
        """Return the call of that name, or None."""
        return self._by_name.get((pallet, name))

    def _bound(self, schema: Schema) -> Schema:
        """Return a schema in which this table reads the inner calls."""
        if schema is INNER:
            return Custom(Call.encode, self._decode_inner, INNER.describe, INNER.name)
        if isinstance(schema, Sequence):
            return Sequence(self._bound(schema.item), schema.limit)
        return schema

    def _decode_inner(self, raw: bytes, offset: int) -> tuple[Call, int]:
        self._inner += 1
        if self._depth == MAX_DEPTH:
            raise DecodeError(f"wanted calls inside each other at most {MAX_DEPTH} deep")
        if self._inner > MAX_INNER_CALLS:
            raise DecodeError(f"wanted at most {MAX_INNER_CALLS} calls inside a call")
        self._depth += 1
        try:
            return self.decode_at(raw, offset)
        finally:
            self._depth -= 1


@lru_cache(4)
def table_of(shapes: tuple[PalletShape, ...]) -> CallTable:
    """Return the table of the calls of some pallets, made when it is first asked for."""
    return CallTable(shapes)


def settled(entry: CallEntry, arguments: tuple[Any, ...], inner: tuple[Call, ...]) -> CallEntry:
    """Return the entry of a call with calls inside, now that they are known.

    It weighs what it weighs itself and what they do. It is operational if all of them are, as in
    FRAME, but with nothing inside it is normal. With an inherent inside it is one itself, so that
    no transaction carries it.
    """
    own = Call(entry, arguments).weight
    kinds = [one.entry.info.kind for one in inner]
    if DispatchClass.MANDATORY in kinds:
        kind = DispatchClass.MANDATORY
    elif kinds and DispatchClass.NORMAL not in kinds:
        kind = DispatchClass.OPERATIONAL
    else:
        kind = DispatchClass.NORMAL
    weight = own + sum(one.weight for one in inner)
    return replace(entry, info=replace(entry.info, kind=kind), fixed_weight=weight)


@cache
def signature_of(method: Callable[..., None]) -> Signature:
    """Return the names and annotations of a call's arguments, after its origin.

    `method` is the plain function, not a bound method: the answer is the same for every block. A
    name that Python keeps for itself bears an underscore there, and none here.
    """
    hints = get_type_hints(method, include_extras=True)
    skipped = ("origin", "return")
    return tuple((name.rstrip("_"), hint) for name, hint in hints.items() if name not in skipped)
