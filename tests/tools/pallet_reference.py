"""Writes docs/reference/pallets.md from the metadata that wallets read.

Run it: `python -m tests.tools.pallet_reference`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runtime.api import describe_runtime
from runtime.frame.metadata.shapes import (
    ArrayDef,
    CompactDef,
    CompositeDef,
    Constant,
    Field,
    MapEntry,
    Modifier,
    PalletMetadata,
    PrimitiveDef,
    PrimitiveKind,
    SequenceDef,
    TupleDef,
    VariantDef,
)
from runtime.primitives.scale import decode_compact
from tests.support.chain import MemoryChain

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pallets.md"

INTRODUCTION = """\
# Pallets

Generated from the metadata by `python -m tests.tools.pallet_reference`; a test compares. A live chain answers with its own:
`starminer query metadata`, `state_getMetadata`, the chain state page of the explorer.

A call is sent with `starminer tx PALLET.CALL NAME=VALUE`, a storage item read with `starminer query storage PALLET.ITEM KEY`. Numbers
before calls, events and errors are their indices on the wire; constants are those of the development chain. Amounts are in planck
(10^-12 AGPU or AMAX).
"""  # noqa: E501

SIZES = {"U8": 1, "U16": 2, "U32": 4, "U64": 8, "U128": 16, "U256": 32}
"""Bytes of the integers that constants are made of."""


VALUE_CHARACTERS = 200
"""A line or two of a page; the tracks of governance are longer."""


class Pages:
    """The text of each pallet, from one description of the runtime."""

    def __init__(self) -> None:
        self._found = describe_runtime(MemoryChain().rules)
        self._types = [item.type for item in self._found.types + self._found.verifying_types]

    def text(self) -> str:
        """Return the whole page."""
        described = sorted(self._found.pallets, key=lambda item: item[0].name)
        lines = [INTRODUCTION]
        lines += [f"- [{one.name}](#{one.name.lower()}): {docs[0]}" for one, docs in described]
        for pallet, docs in described:
            lines += ["", f"## {pallet.name}", "", f"{docs[0]} Index {pallet.index}."]
            lines += self._pallet(pallet)
        return "\n".join(lines) + "\n"

    def _pallet(self, pallet: PalletMetadata) -> Iterator[str]:
        for title, number in (
            ("Calls", pallet.calls),
            ("Events", pallet.event),
            ("Errors", pallet.error),
        ):
            yield from listed(title, () if number is None else self._variants(number))
        entries = pallet.storage.entries if pallet.storage else ()
        yield from listed("Storage", (self._entry(entry) for entry in entries))
        yield from listed("Constants", map(self._constant, pallet.constants))

    def _variants(self, number: int) -> Iterator[str]:
        definition = self._types[number].definition
        assert isinstance(definition, VariantDef), definition
        for one in sorted(definition.variants, key=lambda one: one.index):
            fields = f"({self._fields(one.fields)})" if one.fields else ""
            yield f"{one.index} `{one.name}{fields}`: {words(one.docs)}"

    def _entry(self, entry: Any) -> str:
        optional = "?" if entry.modifier is Modifier.OPTIONAL else ""
        if not isinstance(entry.type, MapEntry):
            return f"`{entry.name}`: `{self.kind(entry.type.value)}{optional}`. {words(entry.docs)}"
        key, value = self.kind(entry.type.key), self.kind(entry.type.value)
        return f"`{entry.name}[{key}]`: `{value}{optional}`. {words(entry.docs)}"

    def _constant(self, one: Constant) -> str:
        value = self.value(one.type, one.value)
        return f"`{one.name}`: `{self.kind(one.type)}` = `{value}`. {words(one.docs)}"

    def _fields(self, fields: Iterable[Field]) -> str:
        return ", ".join(
            self.kind(one.type) if one.name is None else f"{one.name}: {self.kind(one.type)}"
            for one in fields
        )

    def kind(self, number: int) -> str:
        """Name a type by the last part of its path, or by what it is made of."""
        info = self._types[number]
        if info.path:
            inner = [self.kind(one.type) for one in info.params if one.type is not None]
            return info.path[-1] + (f"<{', '.join(inner)}>" if inner else "")
        match info.definition:
            case PrimitiveDef(kind):
                return kind.name.lower()
            case CompactDef(of):
                return f"Compact<{self.kind(of)}>"
            case SequenceDef(of):
                return "Bytes" if self._is_byte(of) else f"Vec<{self.kind(of)}>"
            case ArrayDef(size, of):
                return f"[{self.kind(of)}; {size}]"
            case TupleDef(parts):
                return f"({', '.join(map(self.kind, parts))})"
            case _:
                raise AssertionError(f"a type without a path: {info}")

    def value(self, number: int, raw: bytes) -> str:
        """Return an encoded value in words.

        Raises:
            AssertionError: it is of a kind that no constant had so far, or longer than its type.
        """
        text, end = self._read(number, raw, 0)
        assert end == len(raw), f"{len(raw) - end} bytes too many for {self.kind(number)}"
        return text if len(text) <= VALUE_CHARACTERS else f"{text[:VALUE_CHARACTERS]} …"

    def _read(self, number: int, raw: bytes, at: int) -> tuple[str, int]:
        match self._types[number].definition:
            case PrimitiveDef(PrimitiveKind.BOOL):
                return ("true" if raw[at] else "false"), at + 1
            case PrimitiveDef(PrimitiveKind.STR):
                count, start = decode_compact(raw, at)
                return raw[start : start + count].decode(), start + count
            case PrimitiveDef(kind) if kind.name in SIZES:
                end = at + SIZES[kind.name]
                return f"{int.from_bytes(raw[at:end], 'little')}", end
            case CompactDef(_):
                found, end = decode_compact(raw, at)
                return str(found), end
            case ArrayDef(size, of) if self._is_byte(of):
                return "0x" + raw[at : at + size].hex(), at + size
            case ArrayDef(size, of):
                return self._row([of] * size, raw, at)
            case SequenceDef(of):
                count, start = decode_compact(raw, at)
                if self._is_byte(of):
                    return "0x" + raw[start : start + count].hex(), start + count
                return self._row([of] * count, raw, start)
            case TupleDef(parts):
                return self._row(parts, raw, at)
            case CompositeDef((field,)):
                return self._read(field.type, raw, at)
            case CompositeDef(fields):
                return self._row([field.type for field in fields], raw, at)
            case other:
                return self._chosen(other, raw, at)

    def _chosen(self, definition: Any, raw: bytes, at: int) -> tuple[str, int]:
        assert isinstance(definition, VariantDef), f"no constant was of {definition} so far"
        (one,) = (one for one in definition.variants if one.index == raw[at])
        inner, end = self._row([field.type for field in one.fields], raw, at + 1)
        return (f"{one.name}{inner}" if one.fields else one.name), end

    def _row(self, kinds: Iterable[int], raw: bytes, at: int) -> tuple[str, int]:
        found = []
        for kind in kinds:
            text, at = self._read(kind, raw, at)
            found.append(text)
        return f"({', '.join(found)})", at

    def _is_byte(self, number: int) -> bool:
        return self._types[number].definition == PrimitiveDef(PrimitiveKind.U8)


def listed(title: str, entries: Iterable[str]) -> Iterator[str]:
    """Yield a list under a title, or nothing if it is empty."""
    found = list(entries)
    if found:
        yield from ("", f"**{title}**", "")
        yield from (f"- {entry}" for entry in found)


def words(docs: Iterable[str]) -> str:
    """Join lines of documentation, with what Markdown would take for HTML kept as it is."""
    return " ".join(" ".join(docs).split()).replace("<", "&lt;")


def page() -> str:
    """Return the whole page."""
    return Pages().text()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
